"""Sums over a batch in parts that fit into memory."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from trainers.engine.batch import Batch


def total(
    data: Batch, indices: tf.Tensor, micro_batch_size: int, function: Callable[[Batch], tf.Tensor]
) -> tf.Tensor:
    """Return `function` summed over the batch's micro-batches, one in memory at a time.

    Args:
        indices: int32 `[batch]`, of static length, into `data`.
        micro_batch_size: examples per call of `function`; the last takes what is left.
        function: from a micro-batch to a tensor whose shape does not depend on its size.
    """
    size = indices.shape[0]
    if size <= micro_batch_size:
        return function(data.rows(indices))
    remainder = size % micro_batch_size
    # The remainder comes first: the sum starts from its result, which has the right shape.
    first = remainder or micro_batch_size
    start = function(data.rows(indices[:first]))

    def add(i: tf.Tensor, so_far: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        part = tf.slice(indices, [first + i * micro_batch_size], [micro_batch_size])
        return i + 1, so_far + function(data.rows(part))

    count = (size - first) // micro_batch_size
    return tf.while_loop(lambda i, _: i < count, add, (0, start), parallel_iterations=1)[1]
