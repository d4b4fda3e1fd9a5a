"""A run's learning curves as one picture."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.errors import CheckpointError
from trainers.objectives import metrics
from trainers.output.figure import save_figure
from trainers.output.theme import Theme, colour
from trainers.reports.panels import UNITS, Line, Panel, figure_of_panels, moving
from trainers.runs.folder import read_saved_config
from trainers.runs.logs.history import SPLITS
from trainers.runs.logs.metrics import read

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Points = list[tuple[float, float]]
# What runs to the right: the column of metrics.csv, how it is called, and its scale.
AXES = {
    "epoch": ("epoch", "epoch", "linear"),
    "step": ("step", "update", "linear"),
    "log-step": ("step", "update", "log"),
}


def curves(run_dir: Path, column: str = "epoch") -> dict[tuple[str, str], Points]:
    """Return (epoch or step, value) points by (split, name), as metrics.csv has them.

    Raises:
        CheckpointError: it has no validation.
    """
    found = read(run_dir / "metrics.csv")
    rows = found.rows if found else []
    if not any(row.split == "validation" for row in rows):
        raise CheckpointError(
            f"{run_dir / 'metrics.csv'} has no validation to draw; continue the run with --resume, "
            "which mends the file if it is damaged"
        )
    if found and (found.unreadable or not found.has_header):
        print(
            f"warning: {run_dir / 'metrics.csv'} is damaged: lines of it are left out; continuing "
            "the run with --resume mends it",
            file=sys.stderr,
        )
    result: dict[tuple[str, str], Points] = {}
    for row in rows:
        point = float(row.epoch) if column == "epoch" else float(row.step), float(row.value)
        result.setdefault((row.split, row.name), []).append(point)
    return result


def oracle_loss(run_dir: Path) -> float | None:
    """Return the best possible validation loss, None where a run's summary does not tell it."""
    path = run_dir / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        oracle = summary["final"]["validation"].get("oracle_loss")
        return None if oracle is None else float(oracle)
    except FileNotFoundError:
        return None  # the run is not finished
    except (ValueError, KeyError, TypeError, AttributeError):
        print(f"warning: {path} is damaged and left out", file=sys.stderr)
        return None


def draw(run_dir: Path, output: Path, axis: str = "epoch", theme: Theme = "light") -> None:
    """Write `figure_of` a run as a picture, in a folder that is there."""
    save_figure(figure_of(run_dir, axis, theme), output)


def figure_of(run_dir: Path, axis: str = "epoch", theme: Theme = "light") -> Figure:
    """Return loss, metric and further validation figures over one of `AXES`, drawn.

    What never changed is left out.
    """
    column, label, scale = AXES[axis]
    config = read_saved_config(run_dir)
    panels = moving(panels_of(curves(run_dir, column), oracle_loss(run_dir), theme))
    title = f"{config['model']['name']} on {config['dataset']['name']}"
    return figure_of_panels(panels, title, label, x_scale=scale, theme=theme)


def panels_of(
    points: Mapping[tuple[str, str], Points], oracle: float | None, theme: Theme = "light"
) -> list[Panel]:
    """Return a chart for every figure that was validated.

    Where the best possible loss is known, the loss is drawn as its distance from it, on a
    logarithmic axis: on a linear one every good model is a flat line.

    Args:
        points: by (split, figure), as `curves` gives them.
        oracle: the best possible validation loss, or None.
        theme: of the lines' colours.
    """
    names = [n for split, n in points if split == "validation" and not metrics.is_detail(n)]
    panels = []
    for name in names:
        above = oracle if name == "loss" and oracle is not None else 0.0
        lines = []
        for split in SPLITS:
            # The oracle's loss is that of the validation strings, so only they are set against it.
            if (split, name) in points and not (above and split != "validation"):
                heights = [(x, value - above) for x, value in points[split, name]]
                lines.append(Line(split, heights, colour(split, theme)))
        title, unit = name.replace("_", " "), UNITS.get(name, "")
        if above:
            title, unit = "loss above the oracle's", f"nats above {above:.4f}"
        panels.append(Panel(title, unit, lines, logarithmic=bool(above)))
    return panels
