"""A row for every setting: figures with intervals, and how far it is from the best one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainers.claims.verdict import interval
from trainers.compare.collected import Group
from trainers.compare.paired import Difference, difference
from trainers.reports.pages.facts import RunFacts

# Of each example there is another figure, that moves as it does.
_OF_EXAMPLES = {
    "excess_ratio": "loss",
    "excess_loss": "loss",
    "bits_per_character": "loss",
    "perplexity": "loss",
}


@dataclass(frozen=True)
class Value:
    """A figure of a group.

    Args:
        mean: over its seeds.
        low, high: its 95 % interval, not numbers where it is not known: over seeds by Student's t
            where there are several, else over the test examples.
    """

    mean: float
    low: float = math.nan
    high: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Whether both ends are numbers."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True)
class Row:
    """A group with its figures.

    Args:
        group: of runs.
        validation: by name.
        test: by name.
        seconds: mean over its runs.
        steps: updates of its first run.
        beside: how it differs from the first row; None for that, a reason where it is not known.
    """

    group: Group
    validation: dict[str, Value]
    test: dict[str, Value]
    seconds: float | None
    steps: int | None
    beside: Difference | str | None = None


@dataclass(frozen=True)
class Comparison:
    """All rows, the best first.

    Args:
        rows: by the validation figure.
        figure: which decides.
        higher: whether more of it is better.
        names: further figures that every row has.
    """

    rows: list[Row]
    figure: str
    higher: bool
    names: list[str]


def compared(groups: Sequence[Group], figure: str | None = None) -> Comparison:
    """Return groups in the order of their validation figure, each set against the best.

    The order is by validation, as a choice by test figures would make these too good.

    Args:
        groups: one or more.
        figure: that decides; None is the headline of the first run, if all have it, else the loss.
    """
    first = groups[0].runs[0]
    ended = [run for group in groups for run in group.runs if run.summary]
    every = [set(run.figures("validation")) for run in ended]
    shared = set.intersection(*every) if every else set()
    name = figure or (first.headline if first.headline in shared else "loss")
    higher = name in first.higher
    rows = [_row(group) for group in groups]

    def order(row: Row) -> tuple[bool, float]:
        value = row.validation.get(name)
        mean = math.nan if value is None else value.mean
        unknown = not math.isfinite(mean)
        return unknown, 0.0 if unknown else (-mean if higher else mean)

    rows.sort(key=order)
    own = _OF_EXAMPLES.get(name, name)
    rows = [rows[0]] + [
        replace(row, beside=difference(row.group, rows[0].group, own)) for row in rows[1:]
    ]
    names = [each for each in first.shown_figures("test") if each in shared and each != name]
    return Comparison(rows, name, higher, names)


def _row(group: Group) -> Row:
    ended = [run for run in group.runs if run.summary]
    seconds = [sum(run.summary["seconds"].values()) for run in ended]
    return Row(
        group,
        _values(ended, "validation"),
        _values(ended, "test"),
        statistics.fmean(seconds) if seconds else None,
        ended[0].summary["steps"] if ended else None,
    )


def _values(runs: Sequence[RunFacts], split: str) -> dict[str, Value]:
    if not runs:
        return {}
    names = [name for name in runs[0].figures(split) if all(name in r.figures(split) for r in runs)]
    result = {}
    for name in names:
        values = [run.figures(split)[name] for run in runs]
        mean = statistics.fmean(values)
        known = interval(values) if len(runs) > 1 else None
        if len(runs) == 1 and split == "test":
            known = runs[0].interval(name)
        result[name] = Value(mean, *(known or ()))
    return result
