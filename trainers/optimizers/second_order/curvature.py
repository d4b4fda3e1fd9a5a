"""Curvature of a training objective, as products with a vector and as a dense matrix.

Sources: Pearlmutter, "Fast Exact Multiplication by the Hessian", Neural Computation 6(1), 1994;
Schraudolph, "Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent", Neural
Computation 14(7), 2002.

Both products differentiate twice in reverse mode, the Jacobian's product J v being the derivative
of J^T u in u: on this machine that costs as much as one gradient, in the compiled graph half of
what TensorFlow's forward mode takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from trainers.engine import micro_batches
from trainers.engine.batch import Batch
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order.cudnn import without_cudnn
from trainers.optimizers.second_order.flat import FlatView

Vector = Sequence[tf.Tensor]
# From a batch and a direction to a sum over the batch's examples, both one tensor per variable.
BatchProduct = Callable[[Batch, Vector], list[tf.Tensor]]
# (batch, outputs, u) to the product of the per-example curvature in the outputs with u.
OutputProduct = Callable[[Batch, tf.Tensor, tf.Tensor], tf.Tensor]
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# Columns of a dense matrix that are computed at once; bounds the memory of their backward passes.
_COLUMNS = 64


def hessian_product(model: keras.Model, loss: Loss, *, training: bool = True) -> BatchProduct:
    """Return the function v -> sum_i w_i H_i v, H_i the Hessian of example i's loss (exact).

    Args:
        training: whether the forward pass is one of training, with dropout and batch statistics.
    """
    variables = [variable.value for variable in model.trainable_variables]

    def product(batch: Batch, direction: Vector) -> list[tf.Tensor]:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                with without_cudnn(model):
                    outputs = model(batch.inputs, training=training)
                objective = tf.reduce_sum(loss(batch.targets, outputs) * batch.weights)
            gradients = _dense(inner.gradient(objective, variables, unconnected_gradients="zero"))
        return _dense(
            outer.gradient(
                gradients,
                variables,
                output_gradients=list(direction),
                unconnected_gradients="zero",
            )
        )

    return product


def gauss_newton_product(model: keras.Model, output_product: OutputProduct) -> BatchProduct:
    """Return the function v -> sum_i w_i J_i^T C_i J_i v.

    J_i is the Jacobian of example i's outputs in the weights, C_i the curvature in the outputs:
    the loss's Hessian (generalized Gauss-Newton) or the Fisher matrix of the distribution that
    the outputs stand for (natural gradient).
    """
    variables = [variable.value for variable in model.trainable_variables]

    def product(batch: Batch, direction: Vector) -> list[tf.Tensor]:
        with tf.GradientTape() as outer:
            with tf.GradientTape(persistent=True) as inner, without_cudnn(model):
                outputs = model(batch.inputs, training=True)
            # J^T u is linear in u, so that the point of differentiation does not matter.
            u = tf.zeros_like(outputs)
            outer.watch(u)
            pulled = _dense(inner.gradient(outputs, variables, u, unconnected_gradients="zero"))
        pushed = outer.gradient(pulled, u, output_gradients=list(direction))
        curved = output_product(batch, outputs, pushed) * batch.weights[..., tf.newaxis]
        return _dense(inner.gradient(outputs, variables, curved, unconnected_gradients="zero"))

    return product


def output_hessian(loss: Loss) -> OutputProduct:
    """Return the function u -> (Hessian of each example's loss in its outputs) u."""

    def product(batch: Batch, outputs: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as outer:
            outer.watch(outputs)
            with tf.GradientTape() as inner:
                inner.watch(outputs)
                total = tf.reduce_sum(loss(batch.targets, outputs))
            gradient = inner.gradient(total, outputs)
        return outer.gradient(gradient, outputs, output_gradients=u, unconnected_gradients="zero")

    return product


class Curvature:
    """B = (1 / sum_i w_i) sum_i w_i B_i + (the L2 penalty's Hessian), over any batch.

    Args:
        view: of the model's trainable variables.
        product: w_i B_i v summed over a micro-batch.
        penalty: the objective's.
        micro_batch_size: examples per product in memory; larger batches are summed in parts.
    """

    def __init__(
        self, view: FlatView, product: BatchProduct, penalty: L2Penalty, micro_batch_size: int
    ) -> None:
        self.view = view
        self._product, self._penalty = product, penalty
        self._micro_batch_size = micro_batch_size

    def product(self, data: Batch, indices: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
        """Return B v `[size]` over the examples at `indices`, for v `[size]`."""
        direction = self.view.unflatten(vector)
        weight = tf.reduce_sum(tf.gather(data.weights, indices))

        def part(batch: Batch) -> tf.Tensor:
            return self.view.flatten(self._product(batch, direction))

        mean = micro_batches.total(data, indices, self._micro_batch_size, part) / weight
        return self.view.flatten(self._penalty.add_product(self.view.unflatten(mean), direction))

    def matrix(self, data: Batch, indices: tf.Tensor) -> tf.Tensor:
        """Return B as float64 `[size, size]`, symmetrized."""
        size = self.view.size
        weight = tf.cast(tf.reduce_sum(tf.gather(data.weights, indices)), tf.float64)

        def part(batch: Batch) -> tf.Tensor:
            def row(vector: tf.Tensor) -> tf.Tensor:
                return self.view.flatten(self._product(batch, self.view.unflatten(vector)))

            def rows(first: tf.Tensor) -> tf.Tensor:
                basis = tf.one_hot(first + tf.range(_COLUMNS), size, dtype=self.view.dtype)
                return tf.vectorized_map(row, basis)

            starts = tf.range(0, size, _COLUMNS)
            blocks = tf.map_fn(rows, starts, fn_output_signature=self.view.dtype)
            return tf.cast(tf.reshape(blocks, [-1, size])[:size], tf.float64)

        mean = micro_batches.total(data, indices, self._micro_batch_size, part) / weight
        ones = self.view.unflatten(tf.ones([size], tf.float64))
        zeros = [tf.zeros_like(tensor) for tensor in ones]
        mean += tf.linalg.diag(self.view.flatten(self._penalty.add_product(zeros, ones)))
        return 0.5 * (mean + tf.transpose(mean))


def _dense(tensors: Sequence[tf.Tensor | tf.IndexedSlices]) -> list[tf.Tensor]:
    # An embedding's gradient comes as rows with indices; a tape can differentiate the conversion.
    return [tf.convert_to_tensor(tensor) for tensor in tensors]
