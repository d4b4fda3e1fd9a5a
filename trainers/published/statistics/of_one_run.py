"""Statistics of one run: what is read off its curves and its end.

Every function takes a `MeasuredRun` and the options that a row gives it, and returns one number,
NaN where the run diverged; what never happened is infinitely late.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import configs
from trainers.published.statistics.measured_run import MeasuredRun

Statistic = Callable[..., float]


def final(run: MeasuredRun, *, split: str, figure: str) -> float:
    """Return a figure after the last update."""
    if split == "train":
        points = run.curve(split, figure)
        return points[-1].value if points else math.nan
    return run.ended_with("final", split, figure)


def at_best_validation(run: MeasuredRun, *, split: str = "test", figure: str) -> float:
    """Return a figure of the weights that were best on validation."""
    return run.ended_with("best", split, figure)


def highest(run: MeasuredRun, *, split: str, figure: str) -> float:
    """Return the maximum of a figure over all validations; on test it is no honest figure."""
    return max((point.value for point in run.curve(split, figure)), default=math.nan)


def lowest(run: MeasuredRun, *, split: str, figure: str) -> float:
    """Return the minimum of a figure over all validations; on test it is no honest figure."""
    return min((point.value for point in run.curve(split, figure)), default=math.nan)


def updates_until(
    run: MeasuredRun,
    *,
    split: str,
    figure: str,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return after how many updates a figure was first inside two ends; infinity for never."""
    low = -math.inf if at_least is None else at_least
    high = math.inf if at_most is None else at_most
    inside = (point.step for point in run.curve(split, figure) if low <= point.value <= high)
    return float(next(inside, math.inf))


def updates_until_right(run: MeasuredRun) -> float:
    """Return the update at which `stop_when_right` ended a run; infinity where it was not reached.

    Raises:
        ConfigError: the run was not to stop then.
    """
    if run.diverged:
        return math.nan
    if "stopped_when_right" not in run.summary:
        raise configs.ConfigError(
            f"the run in {run.path} was not to stop when it is right; give `stop_when_right: N`"
        )
    return float(run.summary["steps"]) if run.summary["stopped_when_right"]["reached"] else math.inf


def epochs_until_right(run: MeasuredRun) -> float:
    """Return the same in passes over the training set: updates over those of one pass."""
    updates = updates_until_right(run)
    if run.diverged:
        return updates
    batch, examples = run.config["batch_size"], run.summary["training_examples"]
    return updates / (1 if batch == "full" else math.ceil(examples / batch))


def at_epoch(run: MeasuredRun, *, split: str, figure: str, epoch: float) -> float:
    """Return a figure at an epoch, on the straight line between the points beside it."""
    points = run.curve(split, figure)
    if not points:
        return math.nan
    epochs, values = zip(*((point.epoch, point.value) for point in points), strict=True)
    return float(np.interp(epoch, epochs, values))


def curve_distance(
    run: MeasuredRun,
    *,
    split: str,
    figure: str,
    points: Sequence[Sequence[float]],
    from_epoch: float = 0.0,
) -> float:
    """Return the largest distance of a curve from a source's own points.

    Args:
        run: whose curve.
        split, figure: which.
        points: (epoch, value) pairs.
        from_epoch: points before it are not compared.
    """
    compared = [(epoch, value) for epoch, value in points if epoch >= from_epoch]
    return max(
        abs(at_epoch(run, split=split, figure=figure, epoch=epoch) - value)
        for epoch, value in compared
    )


def summary(run: MeasuredRun, *, key: str) -> float:
    """Return a number of summary.json; `key` is dotted, as in `seconds.train` or `parameters`."""
    if run.diverged:
        return math.nan
    value: Any = run.summary
    for name in key.split("."):
        value = value[name]
    return float(value)


STATISTICS: dict[str, Statistic] = {
    each.__name__: each
    for each in (
        final,
        at_best_validation,
        highest,
        lowest,
        updates_until,
        updates_until_right,
        epochs_until_right,
        at_epoch,
        curve_distance,
        summary,
    )
}
"""By the name that a row gives."""
