"""What an experiment is made of: its recipe, its outcome, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import configs

# Called with a line of text as the work goes on.
Report = Callable[[str], None]

_FOLDER = Path(configs.__file__).parent / "experiments"
# The user's own: name to recipe and module.
_added: dict[str, tuple[Path, str]] = {}
_KEYS = {"claim", "source", "settings", "short", "expected"}


@dataclass(frozen=True)
class Recipe:
    """A claim that can be tested.

    Args:
        name: of the experiment.
        module: has `run(settings, report)` and `draw(outcome, figure)`.
        claim: one sentence.
        source: who says so, and where.
        settings: what `run` is given.
        short: settings that replace others in the shortened form that tests run.
        expected: figure name to the closed range [low, high] in which the claim holds; null is
            an open end.
    """

    name: str
    module: str
    claim: str
    source: str
    settings: dict[str, Any]
    short: dict[str, Any]
    expected: dict[str, tuple[float, float]]


@dataclass
class Outcome:
    """What a run found.

    Args:
        samples: figure name to its value for every seed (one value where chance has no part).
        curves: anything `draw` needs, as plain lists and numbers, so that it can be stored.
    """

    samples: dict[str, list[float]] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, float]:
        """Mean over the seeds of every figure."""
        return {name: float(np.mean(values)) for name, values in self.samples.items()}

    @property
    def deviations(self) -> dict[str, float]:
        """Sample standard deviation over the seeds; 0 for a single one."""
        return {
            name: float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
            for name, values in self.samples.items()
        }


@dataclass(frozen=True)
class Check:
    """One figure against its range."""

    figure: str
    value: float
    deviation: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        """Whether the value is a number inside the range; a NaN never is."""
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        verdict = "holds" if self.held else "FAILS"
        spread = f" +- {self.deviation:.2g}" if self.deviation else ""
        return (
            f"{verdict}  {self.figure} = {self.value:.4g}{spread}, "
            f"expected {self.low:.4g} to {self.high:.4g}"
        )


def register_experiment(name: str, recipe: Path, module: str) -> None:
    """Add an experiment of the user's own.

    Args:
        name: of the experiment.
        recipe: a YAML file of the keys that the shipped ones have.
        module: an importable module with `run(settings, report)` and `draw(outcome, figure)`.

    Raises:
        ConfigError: the name is taken.
    """
    if name in names():
        raise configs.ConfigError(f"the experiment name {name!r} is taken; choose another")
    _added[name] = recipe, module


def names() -> list[str]:
    """Return the names of all experiments."""
    return sorted([*(path.stem for path in _FOLDER.glob("*.yaml")), *_added])


def load(name: str) -> Recipe:
    """Read an experiment's recipe.

    Raises:
        ConfigError: no such experiment, or its recipe has another form.
    """
    if name not in names():
        raise configs.ConfigError(
            f"unknown experiment {name!r}{configs.instead(name, ['all', *names()])}"
        )
    shipped = _FOLDER / f"{name}.yaml", f"trainers.experiments.{name}"
    path, module = _added.get(name, shipped)
    values = configs.load_recipe(path)
    if set(values) != _KEYS:
        raise configs.ConfigError(f"recipe {path} has keys {sorted(values)}, needs {sorted(_KEYS)}")
    unknown = set(values["short"]) - set(values["settings"])
    if unknown:
        raise configs.ConfigError(f"recipe {path}: `short` names no settings {sorted(unknown)}")
    expected = {
        figure: (
            -math.inf if low is None else float(low),
            math.inf if high is None else float(high),
        )
        for figure, (low, high) in values["expected"].items()
    }
    return Recipe(
        name,
        module,
        values["claim"],
        values["source"],
        values["settings"],
        values["short"],
        expected,
    )


def verdict(recipe: Recipe, outcome: Outcome) -> list[Check]:
    """Compare every expected figure with what was found.

    Raises:
        KeyError: the experiment did not measure a figure that its recipe expects.
    """
    figures, deviations = outcome.figures, outcome.deviations
    return [
        Check(name, figures[name], deviations[name], low, high)
        for name, (low, high) in recipe.expected.items()
    ]
