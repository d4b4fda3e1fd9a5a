"""What a row's runs say of its figures: the source's statistic, the honest figure, the verdict.

A figure is *reproduced* where the source's own statistic, of runs with the source's settings, lies
inside what counts; it is *better, by a better setting* where only runs with another setting bring
it there; else it is *missed*. A row is the worst of its figures.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import configs
from trainers.claims.verdict import interval
from trainers.published.row import Figure, Reading, Row
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.published.statistics.of_one_run import STATISTICS
from trainers.published.statistics.over_runs import ends, over_seeds

REPRODUCED, BETTER, MISSED = "reproduced", "better, by a better setting", "missed"
_WORST = (REPRODUCED, BETTER, MISSED)
_AT_BEST = "at_best_validation"

# By variant: the runs of its seeds, and of a grid those of the point that was chosen.
Runs = Mapping[str, Sequence[MeasuredRun]]


@dataclass(frozen=True)
class Found:
    """One figure as it was found, in the unit that it is shown in.

    Args:
        figure: what was printed.
        value: with the source's settings; None where there are none.
        values: of every seed, before they became one.
        better_value: with the better setting; None where there is none.
    """

    figure: Figure
    value: float | None
    values: tuple[float, ...]
    better_value: float | None

    @property
    def verdict(self) -> str | None:
        """One of the three, or None where nothing counts."""
        if self.figure.counts is None:
            return None
        if _inside(self.value, self.figure.counts):
            return REPRODUCED
        return BETTER if _inside(self.better_value, self.figure.counts) else MISSED


@dataclass(frozen=True)
class Honest:
    """What a variant is worth: a figure of weights that validation chose, over seeds.

    Args:
        figure: which, in words.
        unit: in which the values are.
        values: one for every seed.
    """

    figure: str
    unit: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return math.fsum(self.values) / len(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean."""
        return interval(list(self.values))


def found(row: Row, runs: Runs) -> list[Found]:
    """Return every figure of a row, as its runs give it."""
    return [_found(row, figure, runs) for figure in row.figures.values()]


def verdict(figures: Sequence[Found]) -> str:
    """Return a row's verdict: the worst of its figures."""
    verdicts = [each.verdict for each in figures if each.verdict is not None]
    return max(verdicts, key=_WORST.index)


def honest(row: Row, runs: Runs) -> dict[str, Honest]:
    """Return by variant what it is worth."""
    return {variant: _honest(row, each) for variant, each in runs.items()}


def chosen(row: Row, runs: Sequence[tuple[str, MeasuredRun]]) -> dict[str, list[MeasuredRun]]:
    """Return the runs of every variant, of a grid those of its best point.

    Args:
        row: whose.
        runs: all, with their variants.
    """
    points: dict[str, dict[str, list[MeasuredRun]]] = {}
    for variant, run in runs:
        points.setdefault(variant, {}).setdefault(run.variant, []).append(run)
    result = {}
    for variant, of_point in points.items():
        best, *others = of_point.values()
        for each in others:
            if _is_better(row, each, best):
                best = each
        result[variant] = best
    return result


def _is_better(row: Row, runs: Sequence[MeasuredRun], than: Sequence[MeasuredRun]) -> bool:
    """Return whether one point of a grid is; one that diverged is worse than any."""
    if row.choose is None:
        raise ValueError(f"row {row.name} has a grid and does not say how a point is chosen")
    value, other = (_read(row.choose, each, "")[0] for each in (runs, than))
    if math.isnan(value) or math.isnan(other):
        return math.isnan(other) and not math.isnan(value)
    return value > other if row.choose_highest else value < other


def _found(row: Row, figure: Figure, runs: Runs) -> Found:
    value: float | None = None
    values: tuple[float, ...] = ()
    if figure.of is not None:
        value, values = _value(row, figure, figure.of, runs)
    better = figure.better_setting
    better_value = None if better is None else _value(row, figure, better.of, runs)[0]
    return Found(figure, value, values, better_value)


def _value(row: Row, figure: Figure, variant: str, runs: Runs) -> tuple[float, tuple[float, ...]]:
    """Return a figure of a variant, less or over another's, and what its seeds gave."""

    def of(name: str, unit: str) -> tuple[float, tuple[float, ...]]:
        return _read(with_points(row, figure.reading, name), runs[name], unit)

    unit = "" if figure.over else figure.unit
    value, values = of(variant, unit)
    if figure.minus is not None:
        value -= of(figure.minus, unit)[0]
    if figure.over is not None:
        divisor = of(figure.over, unit)[0]
        value = value / divisor if divisor else math.nan
    return value, values


def with_points(row: Row, reading: Reading, variant: str) -> Reading:
    """Return how a number is read, `points: picture` replaced by a variant's own points.

    Raises:
        ConfigError: the row's picture has none of it.
    """
    if reading.options.get("points") != "picture":
        return reading
    points = row.picture.points.get(variant) if row.picture else None
    if points is None:
        raise configs.ConfigError(
            f"row {row.name}: `points: picture`, but the picture has no points of {variant!r}"
        )
    options = {**reading.options, "points": points}
    return Reading(reading.statistic, options, reading.over_seeds, reading.within)


def _read(
    reading: Reading, runs: Sequence[MeasuredRun], unit: str
) -> tuple[float, tuple[float, ...]]:
    """Return one number of several runs, and the number of each."""
    function, factor = statistic(reading.statistic), 100.0 if unit == "%" else 1.0
    if reading.over_seeds == "together":
        ended = [run for run in runs if not run.diverged]
        return factor * function(ended, **reading.options) if ended else math.nan, ()
    values = tuple(function(run, **reading.options) for run in runs)
    if reading.over_seeds == "share":  # the unit is the share's, not that of what it is a share of
        return factor * over_seeds("share", reading.within, values, runs), values
    values = tuple(factor * value for value in values)
    return over_seeds(reading.over_seeds, reading.within, values, runs), values


def statistic(name: str) -> Callable[..., float]:
    """Return a statistic of one run.

    Args:
        name: of `of_one_run.STATISTICS`, or the dotted name of a function that takes a
            `MeasuredRun` and options and returns a number.

    Raises:
        ConfigError: there is none.
    """
    if name in STATISTICS:
        return STATISTICS[name]
    module, _, function = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise configs.ConfigError(
            f"there is no statistic {name!r}{configs.instead(name, list(STATISTICS))}; one of your "
            "own is a function by its dotted name"
        ) from error


def _honest(row: Row, runs: Sequence[MeasuredRun]) -> Honest:
    reading, unit = row.honest, row.honest_unit
    if reading is None:
        ended = next((run for run in runs if not run.diverged), None)
        figure = ended.headline if ended else ""
        unit = "%" if figure == "accuracy" else ""
        reading = Reading(_AT_BEST, {"split": "test", "figure": figure})
    words = reading.options.get("figure", "").replace("_", " ")
    if reading.statistic == _AT_BEST:
        words = f"{reading.options.get('split', 'test')} {words} at the best validation"
    else:
        words = f"{reading.statistic.rpartition('.')[2].replace('_', ' ')} {words}".strip()
    return Honest(words, unit, _read(reading, runs, unit)[1])


def _inside(value: float | None, counts: tuple[float | None, float | None]) -> bool:
    low, high = ends(counts)
    return value is not None and low <= value <= high
