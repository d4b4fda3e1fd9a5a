"""The L2 penalty on kernels, which prefers small weights (Hoerl & Kennard 1970; Tikhonov 1963)."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

import zoo

_PENALIZED = ("kernel", "kernel_length")


class L2Penalty:
    """R(w) = 1/2 l2 sum_j w_j^2 over the entries of every kernel; biases are free.

    Kernels are the variables that are marked so, see `zoo.layers.roles`: of dense, convolutional
    and recurrent layers; embeddings and biases are not among them. Under weight normalization a
    kernel is w = g v / ||v||, whose entries' squares sum to those of g, so g is penalized instead
    of v. R is added to the mean loss in training, and to no reported loss.

    Args:
        variables: the model's trainable variables.
        l2: strength, at least 0; 0 costs nothing.

    Raises:
        zoo.ModelError: a variable has no mark.
    """

    def __init__(self, variables: Sequence[keras.Variable], l2: float) -> None:
        self.l2 = l2
        self._variables = variables
        self._is_kernel = [bool(l2) and zoo.role_of(v) in _PENALIZED for v in variables]

    def value(self, tensors: Sequence[tf.Tensor]) -> tf.Tensor:
        """Return R `[]`, float64, at the weights `tensors`, one per variable."""
        total = tf.zeros([], tf.float64)
        for tensor, is_kernel in zip(tensors, self._is_kernel, strict=True):
            if is_kernel and self.l2:
                total += self.l2 * tf.cast(tf.nn.l2_loss(tensor), tf.float64)
        return total

    def add_gradient(self, gradients: Sequence[tf.Tensor], scale: tf.Tensor) -> list[tf.Tensor]:
        """Return `gradients` plus `scale` times the gradient l2 w of R at the present weights."""
        weights = [tf.convert_to_tensor(variable) for variable in self._variables]
        return self.add_product(gradients, weights, scale)

    def add_product(
        self, products: Sequence[tf.Tensor], direction: Sequence[tf.Tensor], scale: tf.Tensor = 1.0
    ) -> list[tf.Tensor]:
        """Return `products` plus `scale` times l2 v: R's Hessian times v, the same at any w."""
        if not self.l2:
            return list(products)
        return [
            product + self.l2 * tf.cast(scale, v.dtype) * v if is_kernel else product
            for product, v, is_kernel in zip(products, direction, self._is_kernel, strict=True)
        ]
