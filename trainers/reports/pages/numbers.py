"""Of a regression: predicted numbers against the true ones, and each target's figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainers.output.figure import svg
from trainers.output.theme import colour, drawn
from trainers.predictions.example_record import ExampleRecord
from trainers.predictions.number_figures import NumberFigures
from trainers.reports.panels import shape

_MOST_TARGETS = 8
_MOST_POINTS = 2_000


def numbers_section(record: ExampleRecord) -> dict[str, Any] | None:
    """Return what a page shows of a regression; None of other models."""
    if record.about["kind"] != "numbers" or record.targets is None or record.answers is None:
        return None
    figures = NumberFigures.of(record.targets, record.answers, record.weights)
    names = record.about["names"]
    return {
        "rows": [
            {
                "name": name,
                "mae": figures.mean_absolute_error[number],
                "rmse": figures.root_mean_squared_error[number],
                "r2": figures.r2[number],
            }
            for number, name in enumerate(names)
        ],
        "picture": _against(record.targets, record.answers, names),
    }


def _against(targets: np.ndarray, answers: np.ndarray, names: list[str]) -> str:
    from matplotlib.figure import Figure

    count = min(len(names), _MOST_TARGETS)
    rows, columns = shape(2 * count)
    some = np.linspace(0, len(targets) - 1, min(len(targets), _MOST_POINTS)).astype(int)
    with drawn():
        figure = Figure(figsize=(4.2 * columns, 3.2 * rows), layout="constrained")
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        for number in range(count):
            true, said = targets[some, number], answers[some, number]
            ends = [min(true.min(), said.min()), max(true.max(), said.max())]
            against, errors = places[2 * number], places[2 * number + 1]
            against.plot(ends, ends, color=colour("muted"), linestyle="--", linewidth=1)
            against.scatter(true, said, s=10, color=colour("test"), alpha=0.6, linewidths=0)
            against.set(xlabel=f"true {names[number]}", ylabel=f"predicted {names[number]}")
            for axis in (against, errors):
                axis.locator_params(axis="x", nbins=5)  # large numbers would run into each other
            errors.hist(said - true, bins=30, color=colour("test"), alpha=0.75)
            errors.axvline(0, color=colour("muted"), linestyle="--", linewidth=1)
            errors.set(xlabel=f"predicted minus true {names[number]}", ylabel="test examples")
        for place in places[2 * count :]:
            place.set_axis_off()
    return svg(figure, "against", "Predicted numbers against true ones, and their errors")
