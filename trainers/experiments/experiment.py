"""What an experiment is made of: its recipe and its outcome."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import configs
from trainers.claims.verdict import Range

# Called with a line of text as the work goes on.
Report = Callable[[str], None]

_FOLDER = Path(configs.__file__).parent / "experiments"
# The user's own: name to recipe and module.
_added: dict[str, tuple[Path, str]] = {}
_KEYS = {"claim", "source", "settings", "short", "expected"}
_OPTIONAL_KEYS = {"remark", "ranges"}
BASES = {
    "by theory": "a theorem or a formula gives both ends, but for rounding",
    "by the claim": "the end is what the claim's own words say, such as fewer or a threshold",
    "with the first result": "written together with the first measurement, perhaps after seeing it",
    "after the result": "written or changed after the figure was seen",
}
"""How the ends of a range came to be."""


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
        expected: figure name to the range in which the claim holds.
        remark: a sentence to read beside the verdict, such as why the claim does not hold.
        ranges: figure name to how its range came to be, one of `BASES`.
        is_short: whether it is the shortened form.
    """

    name: str
    module: str
    claim: str
    source: str
    settings: dict[str, Any]
    short: dict[str, Any]
    expected: dict[str, Range]
    remark: str = ""
    ranges: dict[str, str] = field(default_factory=dict)
    is_short: bool = False

    def shortened(self) -> Recipe:
        """Return the form that tests run, where each seed's value must lie inside its range.

        So few seeds have no interval worth the name.
        """
        settings = {**self.settings, **self.short}
        expected = {
            figure: dataclasses.replace(each, every_seed=True)
            for figure, each in self.expected.items()
        }
        return dataclasses.replace(self, settings=settings, expected=expected, is_short=True)


@dataclass
class Outcome:
    """What a run found.

    Args:
        samples: figure name to its value for every seed (one value where chance has no part).
        curves: anything `draw` needs, as plain lists and numbers, so that it can be stored.
    """

    samples: dict[str, list[float]] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)


def register_experiment(name: str, recipe: Path, module: str) -> None:
    """Add an experiment of the user's own.

    Args:
        name: of the experiment.
        recipe: a YAML file of the keys that the shipped ones have.
        module: an importable module with `run(settings, report)` and `draw(outcome, figure)`.

    Raises:
        ConfigError: the name is taken.
    """
    if name in ("all", *names()):
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
    if not _KEYS <= set(values) <= _KEYS | _OPTIONAL_KEYS:
        raise configs.ConfigError(
            f"recipe {path} has keys {sorted(values)}, needs {sorted(_KEYS)} and may have "
            f"{sorted(_OPTIONAL_KEYS)}"
        )
    for key in ("settings", "short", "expected"):
        if not isinstance(values[key], dict):
            raise configs.ConfigError(
                f"recipe {path}: `{key}` is {configs.shown(values[key])}, not `name: value` lines"
            )
    unknown = set(values["short"]) - set(values["settings"])
    if unknown:
        raise configs.ConfigError(f"recipe {path}: `short` names no settings {sorted(unknown)}")
    return Recipe(
        name,
        module,
        values["claim"],
        values["source"],
        values["settings"],
        values["short"],
        {figure: _range(path, figure, ends) for figure, ends in values["expected"].items()},
        values.get("remark", ""),
        _bases(path, values.get("ranges") or {}, values["expected"]),
    )


def _bases(path: Path, written: Any, expected: Collection[str]) -> dict[str, str]:
    """Return by figure how its range came to be, as a recipe lists figures by that."""
    found: dict[str, str] = {}
    for basis, figures in (written if isinstance(written, dict) else {"": None}).items():
        if basis not in BASES or not isinstance(figures, list):
            raise configs.ConfigError(
                f"recipe {path}: `ranges` has {basis!r}: {figures}; give figures by how their "
                f"range came to be: {', '.join(BASES)}"
            )
        for figure in figures:
            if figure not in expected or figure in found:
                raise configs.ConfigError(
                    f"recipe {path}: `ranges` has {figure!r} twice, or `expected` does not have it"
                )
            found[figure] = basis
    return found


def _range(path: Path, figure: str, written: Any) -> Range:
    """Return the range that a recipe gives as `[low, high]`, or as `every_seed: [low, high]`."""
    every_seed = isinstance(written, dict) and set(written) == {"every_seed"}
    ends = written["every_seed"] if every_seed else written
    try:
        low, high = ends
        return Range(
            -math.inf if low is None else float(low),
            math.inf if high is None else float(high),
            every_seed,
        )
    except (TypeError, ValueError) as error:
        raise configs.ConfigError(
            f"recipe {path}: `expected` has {figure}: {written}; give [low, high] for the interval "
            "of the mean or {every_seed: [low, high]}, with low below high and null for an open "
            f"end of one side ({error})"
        ) from error
