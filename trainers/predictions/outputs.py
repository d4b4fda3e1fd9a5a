"""What a model says of every example of a split."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

import datasets
from trainers.engine.compiling import compiled

_EXAMPLES_PER_CALL = 512


def outputs_of(model: keras.Model, split: datasets.Split) -> np.ndarray:
    """Return the outputs `[examples, outputs]` of a model for a split's inputs, float32 or 64."""
    return np.concatenate(list(_parts(model, split)))


def classes_of(model: keras.Model, split: datasets.Split, classes: int) -> np.ndarray | None:
    """Return the classes `[examples]` of highest score, or None of a model with other outputs.

    Of equal scores the first counts, as in the metric "accuracy". All scores of a split are never
    in memory.
    """
    found = []
    for outputs in _parts(model, split):
        if outputs.shape[1:] != (classes,):
            return None
        found.append(outputs.argmax(axis=1))
    return np.concatenate(found)


def _parts(model: keras.Model, split: datasets.Split) -> Iterator[np.ndarray]:
    call = compiled(lambda inputs: model(inputs, training=False), "graph")
    for inputs, _, _ in datasets.chunks(split, np.arange(split.size), _EXAMPLES_PER_CALL):
        outputs = np.asarray(call(inputs))
        yield outputs if outputs.dtype == np.float64 else outputs.astype(np.float32)
