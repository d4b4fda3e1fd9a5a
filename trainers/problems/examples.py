"""What a model is worth on every example by itself: what intervals and comparisons are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import datasets
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.engine.step import Step

# So many are enough for an interval of a few percent of the figure's deviation.
MOST = 2_000
_EXAMPLES_PER_CALL = 512


class ExampleFigures(NamedTuple):
    """Figures of examples, in the order of a split.

    rows: `[examples]` int64, which of the split's they are.
    weights: `[examples]` float64, the sum of the weights of an example's predictions.
    figures: by name `[examples]` float64, the weighted mean over an example's predictions.
    outputs: `[examples, ...]`, what the model returned; None where it is not kept.
    """

    rows: np.ndarray
    weights: np.ndarray
    figures: dict[str, np.ndarray]
    outputs: np.ndarray | None = None


LooksAtExamples = Callable[[datasets.Split], ExampleFigures]
"""Measures examples of a split with the weights that a step holds then."""


Measure = Callable[[Batch], tuple[tf.Tensor, tf.Tensor]]
"""From a batch to sums `[batch, names]` and weights `[batch]` of each example, float64."""


def of_batches(step: Step, measure: Measure) -> LooksAtExamples:
    """Return what measures each example among others, at most `MOST` of a split.

    Args:
        step: whose `names` the sums are of.
        measure: without training.
    """

    def each(split: datasets.Split) -> ExampleFigures:
        rows, call = some_rows(split), compiled(measure, "graph")
        with step.weights.averaged():
            found = [
                [np.asarray(part) for part in call(Batch(*chunk))]
                for chunk in datasets.chunks(split, rows, _EXAMPLES_PER_CALL)
            ]
        sums, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return ExampleFigures(rows, weights, means(step.names, sums, weights))

    return each


def one_by_one(step: Step) -> LooksAtExamples:
    """Return what measures each example as a batch of its own, at most `MOST` of a split."""
    return of_batches(step, partial(_each, step))


def means(names: Sequence[str], sums: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return sums `[examples, names]` over weights `[examples]`, by name; 0 where a weight is."""
    divided = sums / np.maximum(weights, np.finfo(np.float64).tiny)[:, None]
    return dict(zip(names, divided.T, strict=True))


def some_rows(split: datasets.Split) -> np.ndarray:
    """Return the numbers of at most `MOST` examples of a split, spread over it, ascending."""
    if split.size <= MOST:
        return np.arange(split.size)
    return np.sort(datasets.sample_rows(split.size, MOST)).astype(np.int64)


def _each(step: Step, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
    count = tf.shape(batch.weights)[0]
    sums = tf.TensorArray(tf.float64, count, element_shape=[len(step.names)])
    weights = tf.TensorArray(tf.float64, count, element_shape=[])

    def measure(i: tf.Tensor, sums: tf.TensorArray, weights: tf.TensorArray) -> tuple:
        one, weight = step.evaluate(batch.rows(tf.reshape(i, [1])))
        return i + 1, sums.write(i, one), weights.write(i, weight)

    _, sums, weights = tf.while_loop(lambda i, *_: i < count, measure, (0, sums, weights))
    return sums.stack(), weights.stack()
