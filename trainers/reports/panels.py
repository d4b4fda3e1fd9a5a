"""Charts side by side: as many rows and columns as fit a slide, one legend, no chart of a constant.

A figure of seven charts in one row is wider than any screen, and a chart of what never moves says
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.output.theme import Theme, drawn

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 4.2, 2.9  # inches of one chart
_SLIDE = 16 / 9
_MOST_COLUMNS = 4
_FEW = 40
# As a share of the value: what rounding alone moves.
_STILL = 1e-9
UNITS = {
    "accuracy": "share that is right",
    "bits_per_character": "bits per character",
    "bound_nats": "nats per image",
    "examples_per_second": "examples per second",
    "kl": "nats per image",
    "mean_return": "reward of an episode",
    "perplexity": "characters",
    "random_return": "reward of an episode",
    "return_deviation": "reward of an episode",
    "smallest_return": "reward of an episode",
}


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Args:
        label: in the legend.
        points: (x, y).
        colour: as in "#2a6fbb".
        band: (x, low, high) around it, or none.
    """

    label: str
    points: Points
    colour: str
    band: Sequence[tuple[float, float, float]] = ()

    @property
    def moves(self) -> bool:
        """Whether its values differ by more than rounding."""
        values = [value for _, value in self.points if math.isfinite(value)]
        return bool(values) and max(values) - min(values) > _STILL * max(map(abs, values))


@dataclass(frozen=True)
class Panel:
    """One chart.

    Args:
        title: above it.
        unit: of its y axis.
        lines: at least one.
        logarithmic: the y axis.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    logarithmic: bool = False

    @property
    def moves(self) -> bool:
        """Whether any of its lines does."""
        return any(line.moves for line in self.lines)


def moving(panels: Sequence[Panel]) -> list[Panel]:
    """Return the charts that are no constants, or the first where all are."""
    return [panel for panel in panels if panel.moves] or list(panels[:1])


def shape(count: int) -> tuple[int, int]:
    """Return rows and columns for so many charts: a picture about as wide as a slide.

    Of all with at most four columns, that whose width over height is nearest to 16 / 9, as a ratio;
    a place that stays empty counts as a tenth of it.
    """

    def far(columns: int) -> float:
        rows = math.ceil(count / columns)
        ratio = columns * _WIDTH / (rows * _HEIGHT) / _SLIDE
        return abs(math.log(ratio)) + 0.1 * (rows * columns - count)

    columns = min(range(1, min(count, _MOST_COLUMNS) + 1), key=far)
    return math.ceil(count / columns), columns


def figure_of_panels(
    panels: Sequence[Panel],
    title: str,
    x_label: str,
    *,
    x_scale: str = "linear",
    theme: Theme = "light",
    legend: bool = True,
) -> Figure:
    """Return charts as one figure.

    Args:
        panels: at least one.
        title: above all.
        x_label: of what runs to the right.
        x_scale: "linear" or "log".
        theme: whose colours the lines have already.
        legend: whether it says which line is which, where there are several.
    """
    from matplotlib.figure import Figure  # which chooses no backend, unlike `matplotlib.pyplot`

    with drawn(theme):
        rows, columns = shape(len(panels))
        # Room for the legend, beside the title.
        size = (max(columns * _WIDTH, 5.6), rows * _HEIGHT + 0.55)
        figure = Figure(figsize=size, layout="constrained")
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        handles: dict[str, Artist] = {}
        for place, panel in zip(places, panels, strict=False):
            handles |= _draw(place, panel)
            place.set(xscale=x_scale)
        # In the order of the chart that has most of them.
        fullest = max(panels, key=lambda panel: len(panel.lines))
        order = [line.label for line in fullest.lines]
        labels = {label: handles[label] for label in dict.fromkeys([*order, *handles])}
        for number, place in enumerate(places):
            if number >= len(panels):
                place.set_axis_off()
            elif number + columns >= len(panels):  # nothing stands below it
                place.set_xlabel(x_label)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        if legend and len(labels) > 1:
            figure.legend(
                list(labels.values()),
                list(labels),
                loc="outside lower left" if len(labels) > 3 else "outside upper right",
                ncols=min(len(labels), 4),
            )
    return figure


def _draw(place: Axes, panel: Panel) -> dict[str, Artist]:
    handles: dict[str, Artist] = {}
    for number, line in enumerate(panel.lines):
        # The first lies over the others.
        order = 3 - number / len(panel.lines)
        x, y = zip(*line.points, strict=True)
        (handles[line.label],) = place.plot(
            x,
            y,
            color=line.colour,
            marker="." if len(x) < _FEW else "",
            zorder=order,
        )
        if line.band:
            at, low, high = zip(*line.band, strict=True)
            place.fill_between(at, low, high, color=line.colour, alpha=0.18, linewidth=0)
    place.set_title(panel.title, loc="left")
    place.set_ylabel(panel.unit)
    if panel.logarithmic:
        place.set_yscale("log")
    return handles
