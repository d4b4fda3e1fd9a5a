"""How right predicted classes are, class by class: confusion counts, precision, recall, F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confusion:
    """How often each class was predicted as each; only pairs that occur, of a thousand classes too.

    Args:
        true: `[pairs]` class numbers, ascending, and
        predicted: `[pairs]` what such examples were taken for.
        counts: `[pairs]` float64, the sum of the examples' weights.
        classes: how many there are.
    """

    true: np.ndarray
    predicted: np.ndarray
    counts: np.ndarray
    classes: int

    @classmethod
    def of(
        cls, true: np.ndarray, predicted: np.ndarray, weights: np.ndarray, classes: int
    ) -> Confusion:
        """Return the counts of examples with true and predicted classes, all `[examples]`."""
        codes = true.astype(np.int64) * classes + predicted
        pairs, place = np.unique(codes, return_inverse=True)
        counts = np.bincount(place, weights.astype(np.float64), minlength=len(pairs))
        kept = counts > 0
        return cls(pairs[kept] // classes, pairs[kept] % classes, counts[kept], classes)

    def total(self, of: np.ndarray, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the sum of the chosen counts for each class in `of`, `[classes]`."""
        sums = np.bincount(of[chosen], self.counts[chosen], minlength=self.classes)
        return sums.astype(np.float64)  # of no pairs they are integers

    def mistakes(self) -> list[tuple[int, int, float]]:
        """Return (true, predicted, count) of every pair of different classes, commonest first."""
        wrong = np.flatnonzero(self.true != self.predicted)
        order = wrong[np.argsort(-self.counts[wrong], kind="stable")]
        rows = zip(self.true[order], self.predicted[order], self.counts[order], strict=True)
        return [(int(true), int(predicted), float(count)) for true, predicted, count in rows]


@dataclass(frozen=True)
class ClassFigures:
    """Figures of every class, each `[classes]`.

    Of the examples of a class k, TP are predicted as k, FN as another; FP examples of others are
    predicted as k. Then

        precision = TP / (TP + FP)
        recall = TP / (TP + FN)
        F1 = 2 TP / (2 TP + FP + FN)
        support = TP + FN

    where 0 / 0 is 0.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    predicted: np.ndarray

    @classmethod
    def of(cls, confusion: Confusion) -> ClassFigures:
        """Return the figures of a confusion."""
        hits = confusion.total(confusion.true, confusion.true == confusion.predicted)
        support = confusion.total(confusion.true)
        predicted = confusion.total(confusion.predicted)
        return cls(
            _share(hits, predicted),
            _share(hits, support),
            _share(2 * hits, support + predicted),
            support,
            predicted,
        )

    def means(self) -> dict[str, float]:
        """Return the plain mean of each figure over the classes that occur or were predicted."""
        seen = (self.support > 0) | (self.predicted > 0)
        return {
            "precision": float(self.precision[seen].mean()),
            "recall": float(self.recall[seen].mean()),
            "f1": float(self.f1[seen].mean()),
        }


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def plain_count(weight: float) -> float:
    """Return a sum of weights, an int where it is whole, as a count is."""
    return int(weight) if float(weight).is_integer() else float(weight)
