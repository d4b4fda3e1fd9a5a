"""By how much one model is better than another on the same test examples: a paired bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainers.compare.collected import Group
from trainers.predictions.example_record import ExampleRecord

_RESAMPLES = 10_000
_BLOCK = 4_000_000
_SEED = 1993


@dataclass(frozen=True)
class Difference:
    """A figure of one model minus that of another, on the same examples.

    Args:
        figure: which.
        value: the difference of the means.
        low, high: its 95 % interval.
        sign: how likely resamples are to have the other sign, two-sided.
        gained, lost: of a classifier, the examples that the one has right and the other wrong, and
            the reverse; None of other figures, and of means over seeds.
    """

    figure: str
    value: float
    low: float
    high: float
    sign: float
    gained: int | None = None
    lost: int | None = None


def bootstrap(
    first: np.ndarray, second: np.ndarray, weights: np.ndarray, resamples: int = _RESAMPLES
) -> tuple[float, float, float, float]:
    """Return the difference of two weighted means over the same examples, its interval and sign.

    Efron & Tibshirani 1993, "An introduction to the bootstrap", sections 8.3 and 13.3: examples are
    drawn with replacement, as pairs, so that what is hard for both falls out. With d_i = x_i - y_i
    and c_i how often example i was drawn, a resample's difference is

        sum c_i w_i d_i / sum c_i w_i,

    the interval from its 2.5 % to its 97.5 % point, and the sign's chance 2 min(P(<= 0), P(>= 0)).

    Args:
        first: x, `[examples]`.
        second: y, `[examples]`.
        weights: w, `[examples]`.
        resamples: how many.
    """
    random = np.random.default_rng(_SEED)
    # Examples that are alike need not be told apart: of right and wrong there are three kinds.
    kinds, often = np.unique(np.stack([first - second, weights]), axis=1, return_counts=True)
    differences, weighted = kinds
    pairs, count = differences * weighted, len(weights)
    found, block = [], max(1, _BLOCK // len(often))
    for done in range(0, resamples, block):
        size = min(block, resamples - done)
        drawn = random.multinomial(count, often / count, size)
        found.append(drawn @ pairs / (drawn @ weighted))
    values = np.concatenate(found)
    low, high = np.quantile(values, (0.025, 0.975))
    sign = 2 * min(float((values <= 0).mean()), float((values >= 0).mean()))
    return float(often @ pairs / (often @ weighted)), float(low), float(high), min(1.0, sign)


def difference(group: Group, base: Group, figure: str) -> Difference | str:
    """Return by how much a group differs from another, or in a few words why that is not known.

    Of several seeds an example's figure is the mean over them: the interval is that of other
    examples, with these very weights.

    Args:
        group: the one.
        base: the other.
        figure: that its examples have, as in "accuracy".
    """
    ours, theirs = _records(group), _records(base)
    if ours is None or theirs is None:
        return "a run kept no test examples"
    content = {record.about["fingerprint"].rpartition("-")[2] for record in (*ours, *theirs)}
    rows = ours[0].rows
    if len(content) > 1 or any(
        not np.array_equal(record.rows, rows) for record in (*ours, *theirs)
    ):
        return "other test examples"
    if any(figure not in record.figures for record in (*ours, *theirs)):
        return f"no {figure} of each example"
    first, second = (_mean(records, figure) for records in (ours, theirs))
    found = bootstrap(first, second, ours[0].weights)
    if figure != "accuracy" or len(ours) > 1 or len(theirs) > 1:
        return Difference(figure, *found)
    gained, lost = int((first > second).sum()), int((first < second).sum())
    return Difference(figure, *found, gained, lost)


def _records(group: Group) -> Sequence[ExampleRecord] | None:
    records = [run.record for run in group.runs if run.record is not None]
    return records if len(records) == len(group.runs) else None


def _mean(records: Sequence[ExampleRecord], figure: str) -> np.ndarray:
    return np.mean([record.figures[figure] for record in records], axis=0)
