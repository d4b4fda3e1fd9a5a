"""What a model says of every example of a split."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

import datasets
from trainers.engine.compiling import compiled

_EXAMPLES_PER_CALL = 512


def outputs_of(model: keras.Model, split: datasets.Split) -> np.ndarray:
    """Return the outputs `[examples, outputs]` float32 of a model for a split's inputs."""
    call = compiled(lambda inputs: model(inputs, training=False), "graph")
    order = np.arange(split.size)
    parts = datasets.chunks(split, order, _EXAMPLES_PER_CALL)
    return np.concatenate([np.asarray(call(inputs), np.float32) for inputs, _, _ in parts])


def in_own_units(numbers: np.ndarray, preparation: dict[str, Any]) -> np.ndarray:
    """Return regression targets or outputs `[examples, targets]` in the data's own units.

    Args:
        numbers: as a model learns them: z = (y - mean) / deviation.
        preparation: a `datasets.Dataset`'s.
    """
    scale = preparation.get("outputs", {})
    if scale.get("mean") is None:
        return numbers
    return numbers * np.asarray(scale["deviation"], np.float64) + np.asarray(scale["mean"])
