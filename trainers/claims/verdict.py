"""The verdict: what was measured, against the range in which a claim holds.

A theorem is claimed of every seed. Anything else is claimed of the mean over all seeds that there
are, of which a few were tried: the whole 95 % interval must lie inside the range, mean +-
t s / sqrt(n) with s the sample deviation and t Student's quantile at 0.975 of n - 1 degrees of
freedom (Student 1908). A range's ends are outside it, so that equality never meets a claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Range:
    """Where a figure must lie for a claim to hold: strictly between two ends.

    Args:
        low, high: the ends, either of them infinite where that side is open.
        every_seed: whether each seed's own value must lie inside, or the mean's interval.

    Raises:
        ValueError: nothing lies strictly between the ends, or everything does.
    """

    low: float
    high: float
    every_seed: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"no number lies strictly between {self.low:g} and {self.high:g}")
        if math.isinf(self.low) and math.isinf(self.high):
            raise ValueError("a range without ends claims nothing")

    def holds(self, values: Iterable[float]) -> bool:
        """Return whether all of `values` lie strictly inside; a NaN never does."""
        return all(self.low < value < self.high for value in values)

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"above {self.low:.4g}"
        if math.isinf(self.low):
            return f"below {self.high:.4g}"
        return f"{self.low:.4g} to {self.high:.4g}"


def interval(values: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean that `values` are samples of.

    A single value tells nothing of its deviation: its interval is all numbers. Where a value is
    not finite, neither end is a number.
    """
    if not np.isfinite(values).all():
        return math.nan, math.nan
    if len(values) < 2:
        return -math.inf, math.inf
    from scipy.special import stdtrit

    quantile = float(stdtrit(len(values) - 1, (1 + _CONFIDENCE) / 2))
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = quantile * deviation / math.sqrt(len(values))
    return mean - half, mean + half


@dataclass(frozen=True)
class Check:
    """One figure against its range.

    Args:
        figure: its name.
        values: one for every seed, at least one.
        range: where they, or their mean's interval, must lie.
    """

    figure: str
    values: tuple[float, ...]
    range: Range

    @property
    def held(self) -> bool:
        """Whether what was measured lies inside the range."""
        if self.range.every_seed:
            return self.range.holds(self.values)
        return self.range.holds(interval(list(self.values)))

    @property
    def found(self) -> str:
        """What was measured, in a few words."""
        values = list(self.values)
        if self.range.every_seed:
            if len(values) == 1:
                return f"{values[0]:.4g}"
            # NaN has no place in an order: it is what `min` and `max` of NumPy give.
            return f"{np.min(values):.4g} to {np.max(values):.4g} over {len(values)} values"
        if len(values) == 1:
            return f"{values[0]:.4g}, of one seed and so without an interval"
        low, high = interval(values)
        return f"{np.mean(values):.4g}, interval {low:.4g} to {high:.4g} over {len(values)} seeds"

    def __str__(self) -> str:
        verdict = "holds" if self.held else "DOES NOT HOLD"
        each = "each " if self.range.every_seed and len(self.values) > 1 else ""
        return f"{verdict}  {self.figure} = {self.found}, {each}expected {self.range}"


def judge(expected: Mapping[str, Range], samples: Mapping[str, list[float]]) -> list[Check]:
    """Compare every expected figure with what was found.

    Raises:
        KeyError: the experiment did not measure a figure that its recipe expects.
        ValueError: it measured a figure for no seed.
    """
    for name in expected:
        if not samples[name]:
            raise ValueError(f"the experiment has no value of {name!r}; give it a seed")
    return [Check(name, tuple(samples[name]), each) for name, each in expected.items()]
