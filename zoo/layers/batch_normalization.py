"""Batch normalization whose batch is the global one, however many replicas share it.

Source: Ioffe & Szegedy, "Batch Normalization", ICML 2015, algorithm 1. Where a
`tf.distribute` strategy splits a batch over replicas, the mean and variance of algorithm 1 are
those of the whole batch: sums and counts are added over the replicas, so that unequal and empty
shares are exact. Keras's own `synchronized=True` cannot leave out the row that must stand in for an
empty share, because TensorFlow's convolutions on CPUs give a wrong shape for no rows.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

# A strategy traces every replica in a thread of its own.
_tracing = threading.local()


@contextlib.contextmanager
def counting_no_rows() -> Iterator[None]:
    """Leave the rows of this replica out of every batch's moments meanwhile."""
    _tracing.no_rows = True
    try:
        yield
    finally:
        _tracing.no_rows = False


@keras.saving.register_keras_serializable(package="zoo")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, with the moments of the global batch; alone it is Keras's layer.

    Over several replicas a mask is not supported, and `call` exchanges two sums in training.
    """

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return super()._moments(inputs, mask)
        if mask is not None:
            raise ValueError("batch normalization over replicas takes no mask; leave it out")
        axes = self._reduction_axes
        count = tf.cast(tf.reduce_prod(tf.gather(tf.shape(inputs), axes)), inputs.dtype)
        counted = 0.0 if getattr(_tracing, "no_rows", False) else 1.0
        total, count = _over_replicas([counted * tf.reduce_sum(inputs, axes), counted * count])
        mean = total / count
        shape = [1] * inputs.shape.rank
        shape[self.axis] = inputs.shape[self.axis]
        # Around the mean, not from a sum of squares, which would cancel.
        squares = tf.math.squared_difference(inputs, tf.reshape(mean, shape))
        (spread,) = _over_replicas([counted * tf.reduce_sum(squares, axes)])
        return mean, spread / count


def _over_replicas(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)
