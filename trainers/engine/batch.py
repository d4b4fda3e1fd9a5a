"""Examples as tensors: one batch, or a whole split that batches are taken from."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

import datasets


class Batch(NamedTuple):
    """Examples as tensors whose first axis is the example; a whole split has the same form.

    inputs: `[examples, ...]`; targets: `[examples, ...]`;
    weights: `[examples]` or `[examples, time]`, 0 where a prediction does not count.
    numbers: int32 `[examples]`, where an example stands in its split, if that is not its place
        here and if the examples continue each other; else nothing.
    words: int32 `[examples, WORDS]`, what varies each example in the epoch that they are read for,
        if anything does, see `trainers.augmentation`; else nothing.
    """

    inputs: tf.Tensor
    targets: tf.Tensor
    weights: tf.Tensor
    numbers: tf.Tensor | tuple[()] = ()
    words: tf.Tensor | tuple[()] = ()

    def rows(self, indices: tf.Tensor) -> Batch:
        """Return the examples at `indices`, in that order."""
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, indices), self)

    def longest(self) -> tf.Tensor:
        """Return the steps up to the last real one of any sequence, int32 `[]`.

        Real are steps of a weight where every step has one, else those that are not all NaN.
        """
        if self.weights.shape.rank == 2:
            real = tf.reduce_any(self.weights > 0, axis=0)
        else:
            real = tf.reduce_any(~tf.math.is_nan(self.inputs), axis=(0, 2))
        return tf.reduce_max(tf.where(real, tf.range(1, tf.size(real) + 1), 0))


def resident(split: datasets.Split) -> Batch:
    """Return a split on the device: of a CPU in the memory where it is, else a copy."""
    return Batch(*map(datasets.as_tensor, (split.inputs, split.targets, split.weights)))
