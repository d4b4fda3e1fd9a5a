"""What several models say together: a vote of them, and the mean of what they say.

With p_m the probabilities that member m gives an example, m = 1 ... M:

    vote: the class that most members find most probable; of equally many votes the class with the
          highest sum_m p_m, and of equal sums the first
    mean: the class of highest (1 / M) sum_m p_m

Of numbers there is the mean alone, (1 / M) sum_m f_m. Hansen & Salamon 1990; LeCun et al. and
Nielsen print the vote, Breiman 1996 calls both bagging where the members' data were drawn anew.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import configs
import datasets
from trainers.assembly.assemble import Assembly
from trainers.objectives.own_units import in_own_units
from trainers.predictions.number_figures import NumberFigures
from trainers.predictions.outputs import outputs_of


@dataclass
class Ensemble:
    """Adds up what members say of one split, a member at a time, so that one is in memory.

    Args:
        shown: what is said of each member, with its own figures.
    """

    shown: list[dict[str, Any]] = field(default_factory=list)
    _first: _Question | None = None
    _sum: np.ndarray | float = 0.0
    _votes: np.ndarray | float = 0

    def add(self, name: str, at_step: int, parts: Assembly, split: datasets.Split) -> None:
        """Add a member.

        Args:
            name: as it was given.
            at_step: of its weights.
            parts: with its weights in the step.
            split: as the member's own preparation made it.

        Raises:
            ConfigError: it does not answer the question that the first member does.
        """
        question = _Question.of(name, parts, split)
        self._first = self._first or question
        question.require_same(self._first)
        with parts.step.weights.averaged():
            outputs = outputs_of(parts.step.model, split).astype(np.float64)
        if outputs.shape != (split.size, question.width):
            raise configs.ConfigError(
                f"{name} has outputs {list(outputs.shape[1:])} an example, not "
                f"{question.width}; an ensemble needs one answer for each example"
            )
        said = _answers(outputs, parts)
        self._sum = self._sum + said
        chosen = said.argmax(axis=1)
        if question.predicts == "classes":
            self._votes = self._votes + np.eye(question.width, dtype=np.int32)[chosen]
        figures = _figures(question, said, chosen)
        self.shown.append({"run": name, "step": at_step, **figures})

    def together(self) -> dict[str, dict[str, float]]:
        """Return the figures of the "vote", of classes, and of the "mean"."""
        if self._first is None:
            raise ValueError("an ensemble without members says nothing; add one")
        mean = np.asarray(self._sum) / len(self.shown)
        found = {"mean": _figures(self._first, mean, mean.argmax(axis=1))}
        if self._first.predicts == "classes":
            classes = voted(np.asarray(self._votes), mean)
            found = {"vote": _hits(self._first, classes), **found}
        return found


@dataclass(frozen=True)
class _Question:
    """What a member was asked, and the right answers."""

    name: str
    predicts: str
    names: tuple[str, ...]
    width: int
    targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, name: str, parts: Assembly, split: datasets.Split) -> _Question:
        data, predicts = parts.dataset, parts.problem.predicts
        if predicts not in ("classes", "numbers") or split.weights.ndim > 1:
            raise configs.ConfigError(
                f"{name} learns {parts.problem.dataset_task.replace('_', ' ')}; an ensemble is of "
                "models that predict a class or numbers for each example"
            )
        targets, weights = np.array(split.targets), np.array(split.weights)
        if predicts == "classes":
            names = data.class_names or tuple(map(str, range(data.num_classes)))
            return cls(name, predicts, names, len(names), targets, weights)
        targets = in_own_units(targets.astype(np.float64), data.preparation)
        names = data.target_names or ("target",) * targets.shape[1]
        return cls(name, predicts, tuple(names), targets.shape[1], targets, weights)

    def require_same(self, first: _Question) -> None:
        what = None
        if self.predicts != first.predicts:
            what = f"predicts {self.predicts}, and {first.name} {first.predicts}"
        elif self.names != first.names:
            what = f"has the {self._kind} {self._shown}, and {first.name} {first._shown}"
        elif not _same(self.targets, first.targets) or not _same(self.weights, first.weights):
            what = f"is measured on other examples than {first.name}"
        if what is not None:
            raise configs.ConfigError(
                f"{self.name} {what}; the runs of an ensemble answer the same question of the same "
                "data, split alike"
            )

    @property
    def _kind(self) -> str:
        return "classes" if self.predicts == "classes" else "targets"

    @property
    def _shown(self) -> str:
        return ", ".join(self.names[:5]) + (", ..." if self.names[5:] else "")


def voted(votes: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the class `[examples]` of most votes, of equally many the most probable.

    Args:
        votes: `[examples, classes]` how many members found a class most probable.
        mean: `[examples, classes]` the mean of their probabilities.
    """
    most = votes == votes.max(axis=1, keepdims=True)
    return np.where(most, mean, -np.inf).argmax(axis=1)


def _answers(outputs: np.ndarray, parts: Assembly) -> np.ndarray:
    """Return probabilities, or numbers in the data's own units, float64."""
    if parts.problem.predicts == "numbers":
        return in_own_units(outputs, parts.dataset.preparation)
    if parts.output_activation != "linear":
        return outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _figures(question: _Question, said: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    if question.predicts == "classes":
        return _hits(question, classes)
    figures = dataclasses.asdict(NumberFigures.of(question.targets, said, question.weights))
    return {name: float(np.mean(values)) for name, values in figures.items()}


def _hits(question: _Question, classes: np.ndarray) -> dict[str, float]:
    wrong = classes != question.targets
    error = float(np.average(wrong, weights=question.weights))
    return {"accuracy": 1 - error, "errors": int(np.sum(wrong & (question.weights > 0)))}


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-5))
