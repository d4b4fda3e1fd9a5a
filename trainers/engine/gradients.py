"""What a step finds on one batch, before `update` moves its weights along it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import tensorflow as tf


class Gradients(NamedTuple):
    """A gradient and the figures that were found on the way to it.

    values: one tensor per weight, summed over the replicas, of the loss as it was scaled.
    sums: weighted sums of the step's `names`, float64 `[names]`.
    weight: the batch's weight, float64 `[]`.
    """

    values: list[tf.Tensor]
    sums: tf.Tensor
    weight: tf.Tensor


def dense(gradients: Iterable[tf.Tensor | tf.IndexedSlices]) -> list[tf.Tensor]:
    """Return gradients as tensors: an embedding's come as rows with indices, which do not add."""
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def sums(values: Iterable[tf.Tensor]) -> tf.Tensor:
    """Return the sum of each of `values`, float64 `[values]`."""
    # Counts and losses of a long epoch exceed float32's 24 bits of integer.
    return tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])
