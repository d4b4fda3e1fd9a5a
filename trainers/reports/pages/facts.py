"""What a run's folder tells without its data and without TensorFlow."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.errors import CheckpointError
from trainers.objectives.metrics import is_detail
from trainers.predictions.example_record import ExampleRecord
from trainers.problems import catalogue as problems
from trainers.problems.row import Problem
from trainers.reports.intervals import of_examples, wilson
from trainers.runs.folder import read_saved_config, require_run
from trainers.runs.logs.metrics import read
from zoo.process.shell import shown

Points = list[tuple[float, float]]
# Figures that are a multiple of one that every example has.
_MULTIPLES = {"bits_per_character": ("loss", 1.4426950408889634)}


@dataclass(frozen=True)
class RunFacts:
    """A run as its files tell of it.

    Args:
        path: the folder.
        values: the configuration, by dotted key.
        summary: of a run that ended, else empty.
        curves: (split, figure) to (step, value) points.
        record: of the test examples, or None.
    """

    path: Path
    values: dict[str, Any]
    summary: dict[str, Any]
    curves: dict[tuple[str, str], Points]
    record: ExampleRecord | None

    @classmethod
    def read(cls, path: Path) -> RunFacts:
        """Return what a folder tells; what is damaged in it is said and left out.

        Raises:
            ConfigError: it holds no run, or its configuration cannot be read.
        """
        require_run(path)
        values = configs.flattened(read_saved_config(path))
        curves: dict[tuple[str, str], Points] = {}
        found = read(path / "metrics.csv")
        for row in found.rows if found else ():
            point = float(row.step), float(row.value)
            curves.setdefault((row.split, row.name), []).append(point)
        try:
            record = ExampleRecord.read(path)
        except CheckpointError as error:
            print(f"warning: {error}; it is left out", file=sys.stderr)
            record = None
        return cls(path, values, _summary(path), curves, record)

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.values["model.name"])

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return str(self.values["dataset.name"])

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.values.get("seed", 0))

    @property
    def headline(self) -> str:
        """The figure that stands for the run, where its model is known here; else its first."""
        if self.record is not None:
            name = str(self.record.about["headline"])
        else:
            problem = self._problem
            name = "loss" if problem is None else problem.headline
        test = self.figures("test")
        return name if name in test or not test else next(iter(test))

    @property
    def higher(self) -> tuple[str, ...]:
        """The figures of which more is better."""
        if self.record is not None:
            return tuple(self.record.about["higher"])
        problem = self._problem
        return () if problem is None else problem.higher_is_better

    @property
    def _problem(self) -> Problem | None:
        """What the model learns; None of one whose module is not imported here."""
        try:
            return problems.of_model(self.model)
        except (configs.ConfigError, zoo.ModelError):
            return None

    def figures(self, split: str, which: str = "best") -> Mapping[str, float]:
        """Return the figures of a split by the best or final weights, none of an unfinished run."""
        return self.summary.get(which, {}).get(split, {})

    def shown_figures(self, split: str) -> list[str]:
        """Return the names of a split's figures, the headline first, without series of details."""
        names = [name for name in self.figures(split) if not is_detail(name)]
        first = self.headline
        return [first, *(name for name in names if name != first)] if first in names else names

    def interval(self, name: str) -> tuple[float, float] | None:
        """Return the 95 % interval of a test figure, where examples tell it."""
        record, value = self.record, self.figures("test").get(name)
        if record is None or value is None or record.about["step"] != self.summary["best_step"]:
            return None
        source, factor = _MULTIPLES.get(name, (name, 1.0))
        if source not in record.figures:
            return None
        values, weights = record.figures[source], record.weights
        whole = len(values) == record.about["splits"]["test"]
        if source == "accuracy" and whole and (weights == 1).all():
            return wilson(value, len(values))
        low, high = of_examples(values, weights)
        middle = float((values * weights).sum() / weights.sum())
        return value + factor * (low - middle), value + factor * (high - middle)


def _summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
        if isinstance(summary, dict) and {"best", "final", "steps"} <= summary.keys():
            return summary
    except FileNotFoundError:
        return {}
    except (ValueError, UnicodeDecodeError, OSError):
        pass
    print(f"warning: {shown(path / 'summary.json')} is damaged and left out", file=sys.stderr)
    return {}
