"""Whether an exported model answers as the original, and what 8-bit numbers cost."""

from __future__ import annotations

from typing import Any

import numpy as np

import datasets

TOLERANCE = 1e-5
# By the kind of answers, what 8-bit numbers are measured by.
FIGURES = {"classes": "accuracy", "symbols": "accuracy", "numbers": "mean absolute error"}


def difference(
    kind: str | None, answers: dict[str, np.ndarray], wanted: dict[str, np.ndarray]
) -> float:
    """Return the largest difference from the wanted answers: of numbers, as a share of the largest.

    Args:
        kind: of the answers, see `zoo.preparation.answers`; probabilities are compared as they are.
        answers: by name; those that the original does not give are left out.
        wanted: by name.
    """
    worst = 0.0
    for name, values in wanted.items():
        apart = np.abs(np.asarray(answers[name], np.float64) - np.asarray(values, np.float64))
        if np.isnan(apart).any():
            return float("inf")
        if kind not in ("classes", "symbols"):
            apart /= max(1.0, float(np.abs(values).max()))
        worst = max(worst, float(apart.max(initial=0.0)))
    return worst


def score(
    preparation: dict[str, Any], answers: dict[str, np.ndarray], split: datasets.Split, rows: Any
) -> tuple[float, float]:
    """Return the sum of a figure over rows of a split, see `FIGURES`, and the sum of weights."""
    outputs = preparation["outputs"]
    kind = outputs["kind"]
    targets = np.asarray(split.targets[rows])
    weights = np.asarray(split.weights[rows], np.float64)
    if kind == "numbers":
        deviation, mean = outputs.get("deviation"), outputs.get("mean")
        own = targets if deviation is None else targets * np.asarray(deviation)
        own = own if mean is None else own + np.asarray(mean)
        values = np.abs(np.asarray(answers["values"]) - own).mean(axis=-1)
    else:
        found = np.asarray(answers["probabilities"]).argmax(axis=-1)
        if kind == "symbols":
            steps = min(found.shape[1], targets.shape[1])
            found, targets, weights = found[:, :steps], targets[:, :steps], weights[:, :steps]
        values = found == targets
    return float((values * weights).sum()), float(weights.sum())
