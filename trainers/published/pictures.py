"""A row's picture: its curves over the source's own points."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainers.output.figure import save_figure
from trainers.output.theme import SERIES, drawn
from trainers.published.findings import Runs
from trainers.published.row import Picture, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(row: Row, runs: Runs, path: Path) -> None:
    """Write the picture of a row that has one.

    Args:
        row: which.
        runs: by variant.
        path: of the picture.
    """
    if row.picture is None:
        return
    from matplotlib.figure import Figure  # which chooses no backend, unlike `matplotlib.pyplot`

    with drawn():
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        if row.picture.axis == "variant":
            _points_of_variants(axes, row.picture, runs)
        else:
            _curves(axes, row.picture, runs)
        unit = f", {row.picture.unit}" if row.picture.unit else ""
        axes.set(
            xlabel=row.picture.label or row.picture.axis,
            ylabel=f"{row.picture.split} {row.picture.figure.replace('_', ' ')}{unit}",
            xscale=row.picture.scale,
            yscale=row.picture.value_scale,
            title=textwrap.fill(f"{row.name}: {row.source}", 100),
        )
        axes.title.set_fontsize("small")
        axes.legend(fontsize="small")
        save_figure(figure, path, dpi=100)


def _curves(axes: Axes, picture: Picture, runs: Runs) -> None:
    """Draw a line for every variant, the mean over its seeds, and a thin one for each seed."""
    factor = _factor(picture)
    for index, (variant, each) in enumerate(runs.items()):
        color = SERIES[index % len(SERIES)]
        curves = [run.curve(picture.split, picture.figure) for run in each if not run.diverged]
        for points in curves:
            x = [point.epoch if picture.axis == "epoch" else point.step for point in points]
            y = [factor * point.value for point in points]
            axes.plot(x, y, color=color, alpha=0.3, linewidth=0.8)
        if curves:
            length = min(len(points) for points in curves)
            x = [point.epoch if picture.axis == "epoch" else point.step for point in curves[0]]
            mean = np.mean([[point.value for point in points[:length]] for points in curves], 0)
            several = f", mean of {len(curves)}" if len(curves) > 1 else ""
            label = variant.replace("_", " ") + several
            axes.plot(x[:length], factor * mean, color=color, label=label)
        if variant in picture.points:
            places = [place for place, _ in picture.points[variant]]
            shown = [factor * value for _, value in picture.points[variant]]
            label = f"{variant.replace('_', ' ')}, the source"
            axes.plot(
                places, shown, "o", color=color, markersize=4, markeredgecolor="ink", label=label
            )


def _points_of_variants(axes: Axes, picture: Picture, runs: Runs) -> None:
    """Draw the last value of every variant at its place, a point for each seed."""
    factor, places, means = _factor(picture), [], []
    for variant, place in picture.at.items():
        ended = [run for run in runs[variant] if not run.diverged]
        values = [run.curve(picture.split, picture.figure)[-1].value for run in ended]
        axes.plot([place] * len(values), [factor * each for each in values], ".", color="series-1")
        if values:
            places.append(place)
            means.append(factor * float(np.mean(values)))
    axes.plot(places, means, color="series-1", label="here, mean over seeds")
    if "all" in picture.points:
        x, y = zip(*picture.points["all"], strict=True)
        axes.plot(x, [factor * value for value in y], "o", color="series-2", label="the source")


def _factor(picture: Picture) -> float:
    return 100.0 if picture.unit == "%" else 1.0
