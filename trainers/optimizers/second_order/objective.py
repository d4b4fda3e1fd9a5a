"""What training minimizes on a batch, as a function of a shift of the weights."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from trainers.engine import micro_batches
from trainers.engine.batch import Batch
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order.flat import FlatView


class Objective:
    """f(w) = (1 / sum_i w_i) sum_i w_i loss_i(w) + R(w), R the L2 penalty.

    Args:
        model: without dropout or other variables that a forward pass changes.
        loss: (targets, outputs) to one value per prediction.
        penalty: R.
        micro_batch_size: examples per forward pass; larger batches are summed in parts.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        penalty: L2Penalty,
        micro_batch_size: int,
    ) -> None:
        self.view = FlatView(model.trainable_variables)
        self._model, self._loss, self._penalty = model, loss, penalty
        self._micro_batch_size = micro_batch_size

    def value(self, data: Batch, indices: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
        """Return f(w + shift) on the examples at `indices`, float64 `[]`; w itself stays.

        Args:
            shift: `[size]`, in the order of the trainable variables.
        """
        weights = [
            variable.value + part
            for variable, part in zip(
                self._model.trainable_variables, self.view.unflatten(shift), strict=True
            )
        ]
        others = [variable.value for variable in self._model.non_trainable_variables]

        def part(batch: Batch) -> tf.Tensor:
            outputs, _ = self._model.stateless_call(weights, others, batch.inputs, training=True)
            # Differences of f decide, so its sum is more exact than its terms.
            losses = self._loss(batch.targets, outputs) * batch.weights
            return tf.reduce_sum(tf.cast(losses, tf.float64))

        total = micro_batches.total(data, indices, self._micro_batch_size, part)
        weight = tf.reduce_sum(tf.cast(tf.gather(data.weights, indices), tf.float64))
        return total / weight + self._penalty.value(weights)
