"""Statistics over runs: from one number for every seed to the number that a source prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from trainers.published.statistics.measured_run import MeasuredRun

WAYS = {
    "mean": "the mean over {}",
    "median": "the median over {}",
    "highest": "the highest of {}",
    "lowest": "the lowest of {}",
    "deviation": "the standard deviation over {}",
    "best_validated": "of {} the one with the best validation",
    "share": "the share of {} inside a range",
    "together": "of {} together",
}
"""How values of several seeds become one, and how that is told; "together" reads no value of one
run: the statistic is given the list of all that did not diverge."""


def over_seeds(
    way: str, within: Any, values: Sequence[float], runs: Sequence[MeasuredRun]
) -> float:
    """Return one number for several runs; those that diverged count in `share` alone.

    Args:
        way: of `WAYS`.
        within: for `share`: the two ends, None for an open one; they belong to it.
        values: one for every run.
        runs: in the same order.
    """
    if way == "share":
        low, high = ends(within)
        return sum(low <= value <= high for value in values) / len(values)
    kept = [(value, run) for value, run in zip(values, runs, strict=True) if not math.isnan(value)]
    if not kept:
        return math.nan
    numbers = [value for value, _ in kept]
    if way == "best_validated":
        return max(kept, key=lambda pair: _validated(pair[1]))[0]
    if way == "deviation":
        return float(np.std(numbers, ddof=1)) if len(numbers) > 1 else math.nan
    if way in ("highest", "lowest"):
        return max(numbers) if way == "highest" else min(numbers)
    return float(np.mean(numbers) if way == "mean" else np.median(numbers))


def ends(written: Sequence[float | None]) -> tuple[float, float]:
    """Return a range's two ends, None being an open one."""
    low, high = written
    return (
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
    )


def _validated(run: MeasuredRun) -> float:
    """Return how good a run's best validation was: the higher the better."""
    figures = run.summary["best"]["validation"]
    name = "loss" if run.config.get("best_by", "loss") == "loss" and "loss" in figures else None
    name = name or run.headline
    return figures[name] if name in run.higher_is_better else -figures[name]
