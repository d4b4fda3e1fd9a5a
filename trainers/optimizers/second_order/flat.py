"""A model's weights as one vector, the form in which second-order methods do their algebra."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf


class FlatView:
    """Packs tensors shaped like `variables` into one vector, in their order, and back.

    Args:
        variables: all of one floating-point type.
    """

    def __init__(self, variables: Sequence[keras.Variable]) -> None:
        self.shapes = [tuple(variable.shape) for variable in variables]
        self.sizes = [int(tf.TensorShape(shape).num_elements()) for shape in self.shapes]
        self.size = sum(self.sizes)
        self.dtype = tf.as_dtype(variables[0].dtype)
        # Relative spacing of the weights' type: no figure made of them is more exact.
        self.rounding = float(np.finfo(self.dtype.as_numpy_dtype).eps)

    def flatten(self, tensors: Sequence[tf.Tensor]) -> tf.Tensor:
        """Return `[size]` from one tensor per variable."""
        return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)

    def unflatten(self, vector: tf.Tensor) -> list[tf.Tensor]:
        """Return one tensor per variable from `[size]`."""
        parts = tf.split(vector, self.sizes)
        return [tf.reshape(p, shape) for p, shape in zip(parts, self.shapes, strict=True)]
