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


def resident(split: datasets.Split) -> Batch:
    """Return a split on the device: of a CPU in the memory where it is, else a copy."""
    return Batch(*map(datasets.as_tensor, (split.inputs, split.targets, split.weights)))
