"""A run as statistics read it: its curves and how it ended, from its folder."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import configs
from trainers.objectives.metrics import is_detail
from trainers.problems import catalogue as problems
from trainers.runs.folder import read_saved_config
from trainers.runs.logs.metrics import read as read_metrics

# A figure that no run logs, and of which it is one less.
_DERIVED = {"error": "accuracy"}
DIVERGED = "diverged.txt"
"""What lies in the folder of a run whose loss stopped being a number, with the message."""


class Point(NamedTuple):
    """One logged figure: after how many updates and epochs, and its value."""

    step: int
    epoch: float
    value: float


@dataclass(frozen=True)
class MeasuredRun:
    """One run of a row.

    Args:
        path: its folder.
        variant: which of the row's settings it had.
        seed: its own.
    """

    path: Path
    variant: str
    seed: int

    @property
    def diverged(self) -> bool:
        """Whether its loss stopped being a number; it has no figures then."""
        return (self.path / DIVERGED).is_file()

    @functools.cached_property
    def summary(self) -> dict[str, Any]:
        """How it ended, as summary.json has it; nothing where it diverged."""
        path = self.path / "summary.json"
        if self.diverged and not path.is_file():
            return {}
        return json.loads(path.read_text(encoding="utf-8"))

    @functools.cached_property
    def config(self) -> dict[str, Any]:
        """The configuration that ran, as nested values."""
        return read_saved_config(self.path)

    def curve(self, split: str, figure: str) -> list[Point]:
        """Return a figure as it was logged, in order; those of `error` are 1 - accuracy.

        Args:
            split: "train", "validation", or "test" where the run has `log_test`.
            figure: its name, as in metrics.csv.

        Raises:
            ConfigError: it was not logged.
        """
        if self.diverged:
            return []
        found, name = read_metrics(self.path / "metrics.csv"), _DERIVED.get(figure, figure)
        rows = found.rows if found else []
        points = [
            Point(int(row.step), float(row.epoch), _derived(figure, float(row.value)))
            for row in rows
            if (row.split, row.name) == (split, name)
        ]
        if not points:
            logged = sorted({f"{row.split} {row.name}" for row in rows if not is_detail(row.name)})
            raise configs.ConfigError(
                f"the run in {self.path} logged no {figure!r} of {split!r}; it logged "
                f"{', '.join(logged) or 'nothing'}; test figures need `log_test: true`"
            )
        return points

    def ended_with(self, weights: str, split: str, figure: str) -> float:
        """Return a figure of the summary.

        Args:
            weights: "final", or "best" on validation.
            split: "validation" or "test".
            figure: its name.

        Raises:
            ConfigError: there is none of that name.
        """
        if self.diverged:
            return math.nan
        figures, name = self.summary[weights][split], _DERIVED.get(figure, figure)
        if name not in figures:
            shown = [each for each in figures if not is_detail(each)]
            raise configs.ConfigError(
                f"the run in {self.path} has no figure {figure!r}{configs.instead(figure, shown)}"
            )
        return _derived(figure, float(figures[name]))

    @property
    def headline(self) -> str:
        """The figure that stands for it: its problem's, or the first beside the loss."""
        figures = self.summary["best"]["validation"]
        name = problems.of_model(self.config["model"]["name"]).headline
        return name if name in figures else next(each for each in figures if each != "loss")

    @property
    def higher_is_better(self) -> frozenset[str]:
        """The figures of its learning problem that are better the higher they are."""
        return frozenset(problems.of_model(self.config["model"]["name"]).higher_is_better)


def _derived(figure: str, value: float) -> float:
    return 1.0 - value if figure in _DERIVED else value
