"""Of a classifier: which classes are taken for which, the figures of each, and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainers.output.figure import svg
from trainers.output.theme import colour, drawn
from trainers.predictions.class_figures import ClassFigures, Confusion, plain_count
from trainers.predictions.example_record import ExampleRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MATRIX_CLASSES = 20
_TABLE_CLASSES = 50
_BINS = 10


@dataclass(frozen=True)
class Calibration:
    """How often a classifier is right where it is so sure, in bins of equal width.

    Guo et al. 2017, "On calibration of modern neural networks", equations 2 and 3: with B_m the
    examples whose confidence is in ((m - 1) / M, m / M],

        ECE = sum_m |B_m| / n |acc(B_m) - conf(B_m)|

    Args:
        confidence: conf(B_m) of the bins that are not empty, `[bins]`.
        accuracy: acc(B_m), `[bins]`.
        share: |B_m| / n, `[bins]`.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    share: np.ndarray

    @classmethod
    def of(
        cls, confidence: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int = _BINS
    ) -> Calibration:
        """Return the calibration of examples, all `[examples]`.

        Args:
            confidence: probability of the likeliest class, in (0, 1].
            right: whether it is the true one.
            weights: of the examples, 0 or more.
            bins: M.
        """
        place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
        weight = np.bincount(place, weights, minlength=bins)
        seen = weight > 0
        sums = [
            np.bincount(place, weights * values, minlength=bins)[seen] / weight[seen]
            for values in (confidence, right.astype(np.float64))
        ]
        return cls(sums[0], sums[1], weight[seen] / weight.sum())

    @property
    def expected_error(self) -> float:
        """The ECE, 0 to 1."""
        return float(np.sum(self.share * np.abs(self.accuracy - self.confidence)))


def classes_section(record: ExampleRecord) -> dict[str, Any] | None:
    """Return what a page shows of a classifier; None of other models."""
    if record.about["kind"] != "classes" or record.targets is None or record.answers is None:
        return None
    names = record.about["names"]
    pairs = Confusion.of(record.targets, record.answers, record.weights, len(names))
    figures = ClassFigures.of(pairs)
    seen = np.flatnonzero((figures.support > 0) | (figures.predicted > 0))
    worst = seen[np.argsort(figures.f1[seen], kind="stable")][:_TABLE_CLASSES]
    chosen = seen if len(seen) <= _TABLE_CLASSES else worst
    return {
        "rows": [
            {
                "name": names[number],
                "precision": figures.precision[number],
                "recall": figures.recall[number],
                "f1": figures.f1[number],
                "support": plain_count(figures.support[number]),
            }
            for number in chosen
        ],
        "left_out": len(seen) - len(chosen),
        "means": figures.means(),
        "matrix": _matrix(pairs, seen, names) if len(seen) <= _MATRIX_CLASSES else None,
        "mistakes": [
            (names[true], names[said], plain_count(count))
            for true, said, count in pairs.mistakes()[:10]
        ],
        "calibration": _calibration(record),
    }


def _matrix(pairs: Confusion, seen: np.ndarray, names: list[str]) -> dict[str, Any]:
    counts = {
        (int(true), int(said)): count
        for true, said, count in zip(pairs.true, pairs.predicted, pairs.counts, strict=True)
    }
    wrong = [count for (true, said), count in counts.items() if true != said]
    totals = {int(true): sum(counts.get((int(true), int(s)), 0) for s in seen) for true in seen}
    rows = []
    for true in map(int, seen):
        cells = []
        for said in map(int, seen):
            count = counts.get((true, said), 0)
            right = true == said
            # Mistakes are few: against the largest of them, or none of them would be seen.
            whole = totals[true] if right else max(wrong, default=1)
            strength = 0.0 if not count else 0.12 + 0.68 * count / max(whole, 1e-12)
            cells.append(
                {
                    "count": f"{plain_count(count):g}" if count else "",
                    "colour": "test" if right else "wrong",
                    "strength": round(100 * strength),
                    "title": f"{names[true]} taken for {names[said]}: {count:g}",
                }
            )
        rows.append({"name": names[true], "cells": cells})
    return {"names": [names[number] for number in seen], "rows": rows}


def _calibration(record: ExampleRecord) -> dict[str, Any] | None:
    if record.confidence is None or record.targets is None or record.answers is None:
        return None
    right = record.answers == record.targets
    found = Calibration.of(record.confidence.astype(np.float64), right, record.weights)
    sure, accuracy = (
        float(np.average(values, weights=record.weights)) for values in (record.confidence, right)
    )
    return {
        "error": found.expected_error,
        "confidence": sure,
        "accuracy": accuracy,
        "picture": _reliability(found),
    }


def _reliability(found: Calibration) -> str:
    from matplotlib.figure import Figure

    with drawn():
        figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        axis: Axes = figure.subplots()
        axis.plot([0, 1], [0, 1], color=colour("muted"), linestyle="--", linewidth=1)
        axis.scatter(
            found.confidence,
            found.accuracy,
            s=20 + 380 * found.share,
            color=colour("test"),
            alpha=0.75,
            zorder=3,
            clip_on=False,
        )
        axis.vlines(found.confidence, found.confidence, found.accuracy, color=colour("wrong"))
        axis.set(xlim=(0, 1.03), ylim=(0, 1.03))
        axis.set_xlabel("confidence: mean probability of the answer")
        axis.set_ylabel("share that is right")
    return svg(figure, "reliability", "How often answers of each confidence are right")
