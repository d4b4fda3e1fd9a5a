"""What stands behind a run's headline figures: each class, each target by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import datasets
from trainers.assembly.assemble import Assembly
from trainers.objectives.own_units import in_own_units
from trainers.predictions.class_figures import ClassFigures, Confusion, plain_count
from trainers.predictions.number_figures import NumberFigures
from trainers.predictions.outputs import classes_of, outputs_of


@dataclass(frozen=True)
class ClassDetails:
    """Of a classification.

    Args:
        names: of the classes.
        figures: of each.
        confusion: which were taken for which.
    """

    names: tuple[str, ...]
    figures: ClassFigures
    confusion: Confusion

    def as_json(self) -> dict[str, Any]:
        """Return plain values: figures by class, and true -> predicted -> count."""
        figures, pairs = self.figures, self.confusion
        counts: dict[str, dict[str, float]] = {}
        for true, predicted, count in zip(pairs.true, pairs.predicted, pairs.counts, strict=True):
            counts.setdefault(self.names[true], {})[self.names[predicted]] = plain_count(count)
        return {
            "classes": {
                name: {
                    "precision": float(figures.precision[number]),
                    "recall": float(figures.recall[number]),
                    "f1": float(figures.f1[number]),
                    "support": plain_count(figures.support[number]),
                }
                for number, name in enumerate(self.names)
            },
            "macro": figures.means(),
            "confusion": counts,
        }


@dataclass(frozen=True)
class NumberDetails:
    """Of a regression: the names of its targets, and figures of each."""

    names: tuple[str, ...]
    figures: NumberFigures

    def as_json(self) -> dict[str, Any]:
        """Return plain values by target."""
        figures = self.figures
        return {
            "targets": {
                name: {
                    "mean_absolute_error": float(figures.mean_absolute_error[number]),
                    "root_mean_squared_error": float(figures.root_mean_squared_error[number]),
                    "r2": float(figures.r2[number]),
                }
                for number, name in enumerate(self.names)
            }
        }


def details(parts: Assembly, split: datasets.Split) -> ClassDetails | NumberDetails | None:
    """Return the details of a split by the weights that a run's step holds; None if it has none.

    Predictions of symbols and characters, pictures and policies have none.
    """
    data, predicts = parts.dataset, parts.problem.predicts
    if predicts not in ("classes", "numbers") or split.weights.ndim > 1:
        return None
    model = parts.step.model
    if predicts == "classes":
        names = data.class_names or tuple(map(str, range(data.num_classes)))
        with parts.step.weights.averaged():
            said = classes_of(model, split, len(names))
        if said is None:
            return None
        pairs = Confusion.of(split.targets, said, split.weights, len(names))
        return ClassDetails(names, ClassFigures.of(pairs), pairs)
    with parts.step.weights.averaged():
        outputs = outputs_of(model, split)
    if outputs.shape != split.targets.shape:
        return None
    figures = NumberFigures.of(
        in_own_units(split.targets, data.preparation),
        in_own_units(outputs, data.preparation),
        split.weights,
    )
    return NumberDetails(target_names(data, outputs.shape[1]), figures)


def target_names(data: datasets.Dataset, count: int) -> tuple[str, ...]:
    """Return the names of a regression's targets, numbered where the data name none."""
    numbered = tuple(f"target {number}" for number in range(1, count + 1))
    told = data.target_names or tuple(data.preparation.get("outputs", {}).get("names") or ())
    return told or (numbered if count > 1 else ("target",))
