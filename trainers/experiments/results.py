"""Experiments run, drawn and stored: one row of results for each, and a table of all."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trainers.claims.sealed import is_whole, measured_when, sealed
from trainers.claims.verdict import judge
from trainers.experiments.experiment import BASES, Outcome, Recipe, load, names
from trainers.output.figure import save_figure
from trainers.output.files import replace_file
from trainers.output.theme import THEMES, Theme, drawn
from trainers.runs import provenance

_PACKAGE = "trainers.experiments."
_FIELDS = {
    "claim",
    "remark",
    "is_short",
    "asked",
    "held",
    "checks",
    "seconds",
    "measured",
    "git_revision",
    "code_sha256",
    "seal",
}


def code_sha256(recipe: Recipe) -> str:
    """Return a hash of all code that can decide an experiment's result.

    That is every source of this project, more than an experiment reaches, so that nothing that it
    reaches is forgotten; of a user's experiment, which may import its neighbours, also the
    sources in its folder.
    """
    return provenance.code_sha256(_neighbours(recipe))


def _neighbours(recipe: Recipe) -> tuple[Path, ...]:
    """Return the sources beside a user's experiment."""
    if recipe.module.startswith(_PACKAGE):
        return ()
    spec = importlib.util.find_spec(recipe.module)
    if spec is None or spec.origin is None:
        return ()
    return tuple(Path(spec.origin).parent.glob("*.py"))


def asked(recipe: Recipe) -> dict[str, Any]:
    """Return an experiment's settings and ranges, as they are stored."""
    expected = {name: dataclasses.asdict(each) for name, each in recipe.expected.items()}
    return json.loads(json.dumps({"settings": recipe.settings, "expected": expected}))


def finished(output: Path, recipe: Recipe) -> dict[str, Any] | None:
    """Return an experiment's stored result, if it is of the same code, settings and ranges."""
    row = _rows(output, told=True).get(recipe.name)
    if row is None or row["asked"] != asked(recipe) or _has_stand_in(recipe.module):
        return None
    return row if row["code_sha256"] == code_sha256(recipe) else None


def _has_stand_in(name: str) -> bool:
    """Return whether a module's `run` was replaced in this process: no file tells of that."""
    module = sys.modules.get(name)
    if module is None:
        return False
    code = getattr(module.run, "__code__", None)
    return code is None or code.co_filename != module.__file__


def _rows(output: Path, told: bool = False) -> dict[str, Any]:
    """Return the stored results by name; those of another form than today's count as none.

    A damaged one is never shown: it is left out, and `told` says whether with a warning.
    """
    path = output / "results.json"
    if not path.exists():
        return {}
    try:
        stored = dict(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError, RecursionError):
        stored, damaged = {}, ["all"]
    else:
        stored = {
            name: row
            for name, row in stored.items()
            if isinstance(row, dict) and row.keys() >= _FIELDS
        }
        damaged = [name for name, row in stored.items() if not is_whole(row)]
    if damaged and told:
        named = "" if damaged == ["all"] else f" of {', '.join(damaged)}"
        print(f"warning: {path} is damaged: its results{named} are measured anew", file=sys.stderr)
    return {name: row for name, row in stored.items() if name not in damaged}


def _store(output: Path, rows: dict[str, Any]) -> None:
    replace_file(output / "results.json", (json.dumps(rows, indent=1) + "\n").encode())
    write_table(output)


def run(output: Path, recipe: Recipe) -> dict[str, Any]:
    """Run an experiment, draw it, store what it found under `output`, and return that.

    Whatever error ends it takes the earlier result away.
    """
    try:
        row, curves = _measure(output, recipe)
    except Exception:
        rows = _rows(output)
        if rows.pop(recipe.name, None):
            _store(output, rows)
        raise
    details = {**row, "curves": curves}
    path = output / recipe.name / "outcome.json"
    replace_file(path, (json.dumps(details, indent=1) + "\n").encode())
    # One row at a time, so that an interrupted `all` goes on where it stopped.
    _store(output, {**_rows(output), recipe.name: row})
    return row


def _measure(output: Path, recipe: Recipe) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an experiment's row, and the curves of its picture."""
    from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)

    # Building one loop after another looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    # Before the work, which may take long enough for somebody to edit a file.
    code = {"code_sha256": code_sha256(recipe), "git_revision": provenance.git_revision()}
    module = importlib.import_module(recipe.module)
    # A folder that cannot be written is better known before the work than after.
    folder = output / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    print(f"running {recipe.name}", file=sys.stderr)
    started = time.perf_counter()
    outcome: Outcome = module.run(
        recipe.settings, lambda line: print(f"  {line}", file=sys.stderr, flush=True)
    )
    checks = judge(recipe.expected, outcome.samples)
    for theme in THEMES:
        _draw(module, outcome, folder / f"plot{'' if theme == 'light' else '-dark'}.png", theme)
    row = {
        "claim": recipe.claim,
        "source": recipe.source,
        "remark": recipe.remark,
        "is_short": recipe.is_short,
        "asked": asked(recipe),
        "held": all(check.held for check in checks),
        "checks": [
            {
                "figure": check.figure,
                "found": check.found,
                "expected": str(check.range),
                "every_seed": check.range.every_seed,
                "held": check.held,
                "text": str(check),
            }
            for check in checks
        ],
        "samples": outcome.samples,
        "seconds": time.perf_counter() - started,
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "hardware": provenance.hardware_line(),
        **code,
    }
    return sealed(row), outcome.curves


def _draw(module: Any, outcome: Outcome, path: Path, theme: Theme) -> None:
    from matplotlib.figure import Figure  # which chooses no backend, unlike `matplotlib.pyplot`

    with drawn(theme):
        figure = Figure(layout="constrained", figsize=(9, 3.8))
        module.draw(outcome, figure)
        save_figure(figure, path, dpi=110)


def write_table(output: Path) -> None:
    """Write `results.md`: a row for every experiment that has a result, then every figure."""
    lines = [
        "| experiment | claim | verdict | ranges | measured | time |",
        "|---|---|---|---|---|---:|",
    ]
    figures = [
        "| experiment | figure | found | expected | the range was chosen | |",
        "|---|---|---|---|---|---|",
    ]
    known, now = names(), functools.cache(provenance.code_sha256)  # one hash for all of ours
    for name, row in sorted(_rows(output).items()):
        when = measured_when(row)
        if name in known and row["code_sha256"] != now(_neighbours(load(name))):
            when += ", other code than now"
        ranges = load(name).ranges if name in known else {}
        lines.append(
            f"| `{name}` | {row['claim']} | {verdict_of(row)} | {ranges_text(ranges)} | {when} | "
            f"{row['seconds']:.0f} s |"
        )
        for check in row["checks"]:
            each = "each " if check["every_seed"] else ""
            held = "holds" if check["held"] else "**does not hold**"
            figures.append(
                f"| `{name}` | {check['figure']} | {check['found']} "
                f"| {each}{check['expected']} | {ranges.get(check['figure'], '')} | {held} |"
            )
    replace_file(output / "results.md", "\n".join([*lines, "", *figures, ""]).encode())


def ranges_text(ranges: Mapping[str, str]) -> str:
    """Return how many ranges came to be in which way, and which were chosen after the result."""
    parts = []
    for basis in BASES:
        figures = [figure for figure, each in ranges.items() if each == basis]
        named = f" ({', '.join(figures)})" if basis == "after the result" else ""
        parts += [f"{len(figures)} {basis}{named}"] * bool(figures)
    return ", ".join(parts)


def verdict_of(row: dict[str, Any]) -> str:
    """Return a result's verdict, and its recipe's remark."""
    verdict = "holds" if row["held"] else "**does not hold**"
    if row["is_short"]:
        verdict += " in the shortened form"
    return f"{verdict}: {row['remark']}" if row["remark"] else verdict
