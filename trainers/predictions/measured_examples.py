"""What the weights in a run's model make of each test example."""

from __future__ import annotations

import numpy as np

import datasets
from trainers.assembly.assemble import Assembly
from trainers.objectives.own_units import in_own_units
from trainers.predictions.details import target_names
from trainers.predictions.example_record import ExampleRecord
from trainers.problems.supervised.answers import probabilities

# Shown in a report.
_WORST = 24
_LARGEST_SIDE = 96


def measured_examples(parts: Assembly, step: int) -> ExampleRecord | None:
    """Return what the weights that a run's step holds make of test examples.

    Args:
        parts: of the run.
        step: updates after which the weights were saved.

    Returns:
        None of a problem whose figures are of many examples together, as a generator's.
    """
    if parts.examples is None:
        return None
    data, test = parts.dataset, parts.dataset.splits["test"]
    found = parts.examples(test)
    predicts = parts.problem.predicts
    kind, answers, confidence, targets = "none", None, None, None
    names: tuple[str, ...] = ()
    if found.outputs is not None and found.outputs.ndim == 2 and predicts == "classes":
        kind = "classes"
        names = data.class_names or tuple(map(str, range(data.num_classes)))
        answers, confidence = _answers(found.outputs, parts.output_activation)
        targets = np.asarray(test.targets[found.rows]).astype(np.int64)
    elif found.outputs is not None and found.outputs.shape == test.targets.shape:
        kind = "numbers"
        names = target_names(data, found.outputs.shape[1])
        answers = in_own_units(found.outputs, data.preparation)
        targets = in_own_units(np.asarray(test.targets[found.rows]), data.preparation)
    worst = _worst(found.figures, found.weights, kind, answers, targets)
    about = {
        "fingerprint": data.fingerprint,
        "dataset": f"{data.name}:{data.version}",
        "task": data.task,
        "splits": {name: split.size for name, split in data.splits.items()},
        "kind": kind,
        "names": list(names),
        "step": int(step),
        "higher": list(parts.problem.higher_is_better),
        "headline": parts.problem.headline,
    }
    return ExampleRecord(
        about,
        found.rows,
        found.weights,
        found.figures,
        targets,
        answers,
        confidence,
        worst,
        _pictures(test, found.rows[worst]),
        _labels(data, found.rows),
    )


def _answers(outputs: np.ndarray, activation: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the class of highest score, and its probability where scores are some."""
    said = outputs.argmax(axis=1)
    if activation not in ("linear", "softmax"):  # each score for itself
        return said, None
    scores = probabilities(outputs.astype(np.float64), activation)
    return said, scores[np.arange(len(said)), said]


def _worst(
    figures: dict[str, np.ndarray],
    weights: np.ndarray,
    kind: str,
    answers: np.ndarray | None,
    targets: np.ndarray | None,
) -> np.ndarray:
    if "mean_return" in figures:
        returns = figures["mean_return"]
        order = np.argsort(returns, kind="stable")
        # Episodes that end as most do are no mistakes.
        return order[returns[order] < returns.mean()][:_WORST]
    order = np.argsort(-figures["loss"], kind="stable")
    counted = weights[order] > 0
    if kind == "classes" and answers is not None and targets is not None:
        counted &= (answers != targets)[order]
    return order[counted][:_WORST]


def _pictures(split: datasets.Split, rows: np.ndarray) -> np.ndarray | None:
    """Return examples as pictures, if they are some; thinned out where they are large."""
    shape = split.inputs.shape
    if len(shape) != 4 or shape[-1] not in (1, 3) or not len(rows):
        return None
    images = np.asarray(split.inputs[rows], np.float32)
    low, high = min(0.0, float(images.min())), max(1.0, float(images.max()))
    every = -(-max(shape[1:3]) // _LARGEST_SIDE)
    small = (images[:, ::every, ::every] - low) / (high - low)
    return np.round(255 * small).astype(np.uint8)


def _labels(data: datasets.Dataset, rows: np.ndarray) -> np.ndarray | None:
    named = data.rows.get("test")
    if named is None or len(named) != data.splits["test"].size:
        return None
    labels = np.asarray(named)[rows]
    return labels if labels.dtype.kind in "iu" else labels.astype(str)
