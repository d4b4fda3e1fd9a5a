"""Runs in one picture: their learning curves over each other, and how far they are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainers.compare.collected import Group
from trainers.compare.paired import Difference
from trainers.compare.rows import Comparison
from trainers.objectives.metrics import is_detail
from trainers.output.figure import svg
from trainers.output.theme import SERIES, Theme, colour, drawn, series
from trainers.reports.panels import UNITS, Line, Panel, figure_of_panels, moving

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_PANELS = 8


def colour_of(place: int, theme: Theme = "light") -> str:
    """Return the colour of the row at a place: the best eight have one each, the others none."""
    return series(place, theme) if place < len(SERIES) else colour("muted", theme)


def curves(comparison: Comparison, theme: Theme = "light") -> Figure | None:
    """Return the validation figures of all rows over updates; None where nothing was validated.

    Of several seeds the mean is drawn, and a band from the lowest to the highest.
    """
    groups = [row.group for row in comparison.rows]
    names = list(
        dict.fromkeys(
            name
            for group in groups
            for run in group.runs
            for split, name in run.curves
            if split == "validation" and not is_detail(name)
        )
    )
    names.sort(key=lambda name: name != comparison.figure)
    panels = []
    for name in names[:_MOST_PANELS]:
        lines = [
            line
            for place, group in enumerate(groups)
            if (line := _line(group, name, colour_of(place, theme)))
        ]
        panels.append(Panel(name.replace("_", " "), UNITS.get(name, ""), lines))
    if not panels:
        return None
    legend = len(groups) <= len(SERIES)
    return figure_of_panels(moving(panels), "", "update", theme=theme, legend=legend)


def _line(group: Group, name: str, drawn_in: str) -> Line | None:
    found = [run.curves.get(("validation", name)) for run in group.runs]
    points = [dict(each) for each in found if each]
    if not points:
        return None
    shared = sorted(set.intersection(*map(set, points)))
    if not shared:
        return Line(group.label, sorted(points[0].items()), drawn_in)
    values = np.array([[each[step] for step in shared] for each in points])
    middle = list(zip(shared, values.mean(axis=0).tolist(), strict=True))
    band = list(zip(shared, values.min(axis=0).tolist(), values.max(axis=0).tolist(), strict=True))
    return Line(group.label, middle, drawn_in, band if len(points) > 1 else ())


def differences(comparison: Comparison) -> str | None:
    """Return how far each row is from the first, with its interval, as a drawing for a page."""
    rows = [
        (place, row)
        for place, row in enumerate(comparison.rows)
        if isinstance(row.beside, Difference)
    ]
    if not rows:
        return None
    from matplotlib.figure import Figure

    with drawn():
        figure = Figure(figsize=(8.4, 0.9 + 0.34 * len(rows)), layout="constrained")
        axis = figure.subplots()
        axis.axvline(0, color=colour("muted"), linestyle="--", linewidth=1)
        for height, (place, row) in enumerate(reversed(rows)):
            found = row.beside
            if isinstance(found, Difference):
                axis.hlines(height, found.low, found.high, color=colour_of(place), linewidth=2)
                axis.plot([found.value], [height], "o", color=colour_of(place))
        axis.set_yticks(range(len(rows)), [row.group.label for _, row in reversed(rows)])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        name = next(row.beside.figure for _, row in rows if isinstance(row.beside, Difference))
        axis.set_xlabel(f"test {name.replace('_', ' ')} minus that of {_best(comparison)}")
    return svg(figure, "differences", "Differences from the best row with intervals of 95 %")


def _best(comparison: Comparison) -> str:
    return comparison.rows[0].group.label
