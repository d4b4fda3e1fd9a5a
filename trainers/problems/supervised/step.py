"""Supervised learning: predict targets from inputs, and lower the mean loss of the predictions."""

from __future__ import annotations

import contextlib

import keras
import tensorflow as tf

from trainers.augmentation.augmentation import Vary
from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.engine.gradients import Gradients, dense, sums
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.supervised.right_in_a_row import RightInARow
from zoo.layers.batch_normalization import counting_no_rows
from zoo.layers.padding import needing


class SupervisedStep:
    """Minimize the empirical risk of a model's predictions; see `EmpiricalRisk`.

    Reported losses are without its penalty.

    Args:
        model: outputs `[batch, ..., outputs]`.
        weights: the model's, and how they move.
        risk: the loss, the metric and the penalty.
        micro_batch_size: examples per forward pass; a larger batch accumulates its gradient.
        compile_gradients: compile each replica's forward and backward pass with XLA.
        vary: from training pictures and their words of an epoch to what the model sees of them.
        cut: compute no step behind a batch's longest sequence; only for a causal model.
        divisor: the mean weight of an example, by which batches are divided instead of their own.
            Where a batch holds sequences of like length, its own would make every prediction of
            short ones count for more.
        right: counts what was right in training, or None.
    """

    def __init__(
        self,
        model: keras.Model,
        weights: OptimizedWeights,
        risk: EmpiricalRisk,
        *,
        micro_batch_size: int,
        compile_gradients: bool = False,
        vary: Vary | None = None,
        cut: bool = False,
        divisor: float | None = None,
        right: RightInARow | None = None,
    ) -> None:
        self.model = self.inspected = model
        self.weights, self.risk = weights, risk
        self.names: tuple[str, ...] = ("loss", risk.metric_name, *risk.more)
        self.monitors = ("loss", risk.metric_name)
        self._micro_batch_size = micro_batch_size
        self._compile_gradients, self._vary = compile_gradients, vary
        self._cut, self._divisor, self._right = cut, divisor, right

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Everything an exact resume needs; a model's variables include its random seeds."""
        groups = {"model": self.model.variables, "optimizer": self.weights.optimizer.variables}
        if self.weights.preconditioner is not None:
            groups["preconditioner"] = self.weights.preconditioner.variables
        if self._right is not None:
            groups["right"] = self._right.variables
        return groups

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Return the gradient of mean loss and penalty on the examples of `data` at `indices`."""
        rows = replicas.own(indices)
        weight = replicas.total(tf.reduce_sum(tf.gather(data.weights, rows)))
        size = indices.shape[0]
        divisor = weight
        if self._divisor is not None:
            divisor = tf.constant(size * self._divisor, weight.dtype)
        function = self._sum_over_micro_batches
        if self._compile_gradients:
            # Under a strategy XLA takes the computation between two all-reduces, not the loop.
            function = compiled(function, "xla")
        gradients, totals = function(data, rows, divisor, replicas.largest_share(size))
        gradients, totals = replicas.total(gradients), replicas.total(totals)
        scale = self.weights.scale_loss(tf.ones([]))
        gradients = self.risk.penalty.add_gradient(gradients, scale)
        return Gradients(gradients, totals, tf.cast(weight, tf.float64))

    def _sum_over_micro_batches(
        self, data: Batch, rows: tf.Tensor, divisor: tf.Tensor, largest: int
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        size, micro = rows.shape[0], self._micro_batch_size
        if largest <= micro:
            return self._part_gradients(data, rows, divisor)
        # Every micro-batch divides by what the whole batch is divided by, so that plain addition
        # gives the whole batch's mean however unevenly the weights fall.
        gradients = [tf.zeros(v.shape, v.dtype) for v in self.model.trainable_variables]
        totals = tf.zeros([len(self.names)], tf.float64)

        def add(
            i: tf.Tensor, gradients: list[tf.Tensor], totals: tf.Tensor
        ) -> tuple[tf.Tensor, list[tf.Tensor], tf.Tensor]:
            part = data.rows(tf.slice(rows, [i * micro], [micro]))
            more, part_totals = self._micro_gradients(part, divisor)
            gradients = [a + b for a, b in zip(gradients, more, strict=True)]
            return i + 1, gradients, totals + part_totals

        _, gradients, totals = tf.while_loop(
            lambda i, *_: i < size // micro, add, (0, gradients, totals), parallel_iterations=1
        )
        # All replicas make as many passes as the one with the largest share, so that their
        # dropout draws equally often, and the one state that a checkpoint holds is that of all.
        if largest > size - size % micro:
            more, part_totals = self._part_gradients(data, rows[size - size % micro :], divisor)
            gradients = [a + b for a, b in zip(gradients, more, strict=True)]
            totals += part_totals
        return gradients, totals

    def _part_gradients(
        self, data: Batch, rows: tf.Tensor, divisor: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        if rows.shape[0] == 0:
            return self._empty_share(data, divisor)
        return self._micro_gradients(data.rows(rows), divisor)

    def _empty_share(self, data: Batch, divisor: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return no gradient, having taken part in every exchange between replicas.

        A row of no weight stands in for none, of which TensorFlow's convolutions on CPUs make a
        wrong shape. It draws random numbers too, so that all replicas' seeds stay in step.
        """
        row = data.rows(tf.zeros([1], tf.int32))
        with counting_no_rows():
            return self._micro_gradients(row._replace(weights=tf.zeros_like(row.weights)), divisor)

    def _micro_gradients(
        self, batch: Batch, divisor: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        inputs = batch.inputs if self._vary is None else self._vary(batch.inputs, batch.words)
        with tf.GradientTape() as tape:
            with self._bounded(batch):
                outputs = self.model(inputs, training=True)
            losses = self.risk.loss(batch.targets, outputs) * batch.weights
            # The division belongs inside: scaling the loss costs one operation, scaling the
            # gradients afterwards one per weight.
            objective = self.weights.scale_loss(tf.reduce_sum(losses) / divisor)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        if self._right is not None:
            self._right.count(batch, outputs, losses)
        values = _weighted(self.risk.metric(batch.targets, outputs), batch.weights)
        return gradients, sums((losses, values, *self._more(batch, outputs)))

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums and weight of `gradients` without training."""
        with self._bounded(batch):
            outputs = self.model(batch.inputs, training=False)
        with tf.name_scope("loss"):
            losses = self.risk.loss(batch.targets, outputs) * batch.weights
        with tf.name_scope("metric"):
            values = _weighted(self.risk.metric(batch.targets, outputs), batch.weights)
        with tf.name_scope("sums"):
            figures = sums((losses, values, *self._more(batch, outputs)))
            return figures, tf.reduce_sum(tf.cast(batch.weights, tf.float64))

    def _bounded(self, batch: Batch) -> contextlib.AbstractContextManager[None]:
        return needing(batch.longest() if self._cut else None)

    def _more(self, batch: Batch, outputs: tf.Tensor) -> list[tf.Tensor]:
        """Return the values of the metrics that the user has given beside the usual one."""
        return [
            _weighted(metric(batch.targets, outputs), batch.weights)
            for metric in self.risk.more.values()
        ]

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means themselves."""
        return means

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of mean loss and penalty over `batch`; no variable changes."""
        with tf.GradientTape() as tape:
            outputs = self.model(batch.inputs, training=False)
            losses = self.risk.loss(batch.targets, outputs) * batch.weights
            objective = tf.reduce_sum(losses) / tf.reduce_sum(batch.weights)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        return self.risk.penalty.add_gradient(gradients, tf.ones([]))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return the batch's inputs."""
        return batch.inputs


def _weighted(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return values times weights, in the weights' type: Keras's accuracy is always float32."""
    return tf.cast(values, weights.dtype) * weights
