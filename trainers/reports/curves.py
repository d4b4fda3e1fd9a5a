"""A run's learning curves as one picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.errors import CheckpointError
from trainers.objectives import metrics
from trainers.output.figure import save_figure
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


def draw(run_dir: Path, output: Path, axis: str = "epoch") -> None:
    """Write `figure_of` a run as a picture, in a folder that is there."""
    save_figure(figure_of(run_dir, axis), output)


def figure_of(run_dir: Path, axis: str = "epoch") -> Figure:
    """Return loss, metric and further validation figures over one of `AXES`, drawn.

    Where the best possible loss is known, the loss is drawn as its distance from it, on a
    logarithmic axis: on a linear one every good model is a flat line.
    """
    from matplotlib.figure import Figure  # which chooses no backend, unlike `matplotlib.pyplot`

    column, label, scale = AXES[axis]
    points = curves(run_dir, column)
    config = read_saved_config(run_dir)
    names = [n for split, n in points if split == "validation" and not metrics.is_detail(n)]
    oracle = oracle_loss(run_dir)
    figure = Figure(figsize=(4.2 * len(names), 3.4), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)
    for plot, name in zip(axes[0], names, strict=True):
        above = oracle if name == "loss" and oracle is not None else 0.0
        for split in SPLITS:
            # The oracle's loss is that of the validation strings, so only they are set against it.
            if (split, name) in points and not (above and split != "validation"):
                x, y = zip(*points[split, name], strict=True)
                heights = [value - above for value in y]
                plot.plot(x, heights, marker="." if len(x) < 40 else "", label=split)
        plot.set(xlabel=label, xscale=scale)
        plot.set_title(name.replace("_", " "))
        if above:
            plot.set_yscale("log")
            plot.set_title(f"loss above the oracle's {above:.4f} nats")
        plot.grid(alpha=0.3)
        plot.legend()
    figure.suptitle(f"{config['model']['name']} on {config['dataset']['name']}")
    return figure
