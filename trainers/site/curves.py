"""Learning curves of every recipe, for the models' pages: trained, drawn, kept in the tree."""

from __future__ import annotations

import fnmatch
import re
import sys
from pathlib import Path

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.distribution.signals import StopSignals
from trainers.output.figure import svg
from trainers.output.files import replace_file
from trainers.reports.curves import figure_of

_OUTLINE = re.compile(r' (?:d|x|y|transform)="[^"]*"')
_NUMBER = re.compile(r"\d+\.\d+")

RUNS = Path("runs") / "curves"


def chosen(pattern: str) -> list[str]:
    """Return the models whose curves are asked for.

    Raises:
        ConfigError: no model's name matches.
    """
    names = fnmatch.filter(zoo.list_models(), pattern)
    if not names:
        raise configs.ConfigError(
            f"--curves {pattern!r} matches no model{configs.instead(pattern, zoo.list_models())}"
        )
    return names


def write(name: str, folder: Path) -> Path:
    """Draw a model's learning curves, of a run by its recipe, which is made if it is not there.

    Args:
        name: of a registered model.
        folder: of the pictures; made where it is missing.
    """
    run_dir = RUNS / name
    if not (run_dir / "summary.json").is_file():
        from trainers.train import train

        print(f"training {name} in {run_dir}", file=sys.stderr)
        with StopSignals() as stop:
            resume = (run_dir / "config.yaml").is_file()
            train(resolve(configs.recipe(name)), run_dir, stop, resume=resume)
    alt = f"Learning curves of {name}: loss and metric of training and validation"
    drawing = _shortened(svg(figure_of(run_dir), f"curve-{name}", alt), f"c-{name}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    replace_file(path, (drawing.strip() + "\n").encode())
    return path


def _shortened(drawing: str, prefix: str) -> str:
    """Return a drawing in a fifth of its length, which looks the same.

    Places are told to a tenth of a point; names that nothing refers to, remarks, indentation and
    turns by nothing go, and so do the names of fonts that a reader need not have.
    """

    def of(outline: re.Match[str]) -> str:
        return _NUMBER.sub(lambda number: f"{float(number[0]):.1f}", outline[0]).replace("\n", "")

    drawing = _OUTLINE.sub(of, drawing)
    drawing = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", drawing)
    drawing = re.sub(r' transform="rotate\(-0 [^"]*"', "", drawing)
    drawing = drawing.replace("*{", "svg[role=img] *{", 1)  # no element of the page around it
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', drawing))
    drawing = re.sub(r' id="([^"]+)"', lambda each: each[0] * (each[1] in used), drawing)
    drawing = "\n".join(line.strip() for line in drawing.splitlines() if line.strip())
    return _classed(drawing, prefix)


def _classed(drawing: str, prefix: str) -> str:
    """Return a drawing in which each style stands once, and elements name it."""
    styles = dict.fromkeys(re.findall(r' style="([^"]*)"', drawing))
    names = {style: f"{prefix}-{number}" for number, style in enumerate(styles)}
    rules = "".join(f".{name}{{{style}}}\n" for style, name in names.items())
    drawing = re.sub(r' style="([^"]*)"', lambda each: f' class="{names[each[1]]}"', drawing)
    return drawing.replace("</style>", f"\n{rules}</style>", 1)
