"""Supervised learning: predict targets from inputs, and lower the mean loss of the predictions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Protocol

import keras
import tensorflow as tf

import configs
import datasets
from trainers import compile_mode, losses, metrics, optimizers, replicas, second_order
from trainers.clipping import clipped
from trainers.penalty import L2Penalty
from trainers.schedule import batch_size_of
from trainers.steps import Batch, Made, MakeOptimizer, averaged_weights, dense, rate_of, sums
from zoo.batch_normalization import counting_no_rows


class Preconditioner(Protocol):
    """Turns the gradient of a batch into what the optimizer is to subtract instead of it."""

    def __call__(
        self, data: Batch, indices: tf.Tensor, gradients: list[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Return one tensor per trainable variable."""

    @property
    def variables(self) -> list[keras.Variable]:
        """Everything that it carries from one update to the next."""


class SupervisedStep:
    """Minimize the mean loss of a model's predictions, plus an L2 penalty on its kernels.

    Reported losses are without the penalty.

    Args:
        model: outputs `[batch, ..., outputs]`.
        optimizer: a Keras optimizer; built here, so that its state exists before compilation.
        loss, metric: (targets, outputs) to one value per prediction.
        metric_name: how the metric is called in logs.
        micro_batch_size: examples per forward pass; a larger batch accumulates its gradient.
        clip_norm: largest global norm of the accumulated gradient, or None.
        l2: strength of the penalty, see `penalty.L2Penalty`.
        preconditioner: a second-order method, or None.
        compile_gradients: compile each replica's forward and backward pass with XLA.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        metric: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        *,
        metric_name: str,
        micro_batch_size: int,
        clip_norm: float | None = None,
        l2: float = 0.0,
        preconditioner: Preconditioner | None = None,
        compile_gradients: bool = False,
    ) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.optimizer = model, optimizer
        self.names: tuple[str, ...] = ("loss", metric_name)
        self.monitors = ("loss", metric_name)
        self.loss, self.metric = loss, metric
        self._micro_batch_size, self._clip_norm = micro_batch_size, clip_norm
        self._scale_loss = getattr(optimizer, "scale_loss", lambda value: value)
        self._penalty = L2Penalty(model.trainable_variables, l2)
        self._preconditioner = preconditioner
        self._compile_gradients = compile_gradients

    @property
    def inspected(self) -> keras.Model:
        """The model itself."""
        return self.model

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""
        return rate_of(self.optimizer)

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Everything an exact resume needs; a model's variables include its random seeds."""
        groups = {"model": self.model.variables, "optimizer": self.optimizer.variables}
        if self._preconditioner is not None:
            groups["preconditioner"] = self._preconditioner.variables
        return groups

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the running average of the weights meanwhile, if the optimizer keeps one."""
        return averaged_weights(self.optimizer, self.model.trainable_variables)

    def update(self, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Do one update on the examples of `data` at `indices`.

        Args:
            indices: int32 `[batch]`, of static length.

        Returns:
            Weighted sums of `names`, float64 `[2]`, and the sum of the weights, float64 `[]`.
        """
        gradients, totals, weight = self.gradients(data, indices)
        gradients = clipped(self.optimizer, gradients, self._clip_norm)
        if self._preconditioner is not None:
            gradients = self._preconditioner(data, indices, gradients)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        return totals, weight

    def gradients(
        self, data: Batch, indices: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
        """Return the gradient of mean loss and penalty, and the sums as in `update`."""
        rows = replicas.own(indices)
        weight = replicas.total(tf.reduce_sum(tf.gather(data.weights, rows)))
        function = self._sum_over_micro_batches
        if self._compile_gradients:
            # Under a strategy XLA takes the computation between two all-reduces, not the loop.
            function = tf.function(function, jit_compile=True)
        gradients, totals = function(data, rows, weight, replicas.largest_share(indices.shape[0]))
        gradients, totals = replicas.total(gradients), replicas.total(totals)
        scale = self._scale_loss(tf.ones([]))
        return self._penalty.add_gradient(gradients, scale), totals, tf.cast(weight, tf.float64)

    def _sum_over_micro_batches(
        self, data: Batch, rows: tf.Tensor, weight: tf.Tensor, largest: int
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        size, micro = rows.shape[0], self._micro_batch_size
        if largest <= micro:
            return self._part_gradients(data, rows, weight)
        # Every micro-batch divides by the weight of the whole batch, so that plain addition
        # gives the whole batch's mean however unevenly the weights fall.
        gradients = [tf.zeros(v.shape, v.dtype) for v in self.model.trainable_variables]
        totals = tf.zeros([len(self.names)], tf.float64)
        for i in tf.range(size // micro):
            part = data.rows(tf.slice(rows, [i * micro], [micro]))
            more, part_totals = self._micro_gradients(part, weight)
            gradients = [a + b for a, b in zip(gradients, more, strict=True)]
            totals += part_totals
        # All replicas make as many passes as the one with the largest share, so that their
        # dropout draws equally often, and the one state that a checkpoint holds is that of all.
        if largest > size - size % micro:
            more, part_totals = self._part_gradients(data, rows[size - size % micro :], weight)
            gradients = [a + b for a, b in zip(gradients, more, strict=True)]
            totals += part_totals
        return gradients, totals

    def _part_gradients(
        self, data: Batch, rows: tf.Tensor, weight: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        if rows.shape[0] == 0:
            return self._empty_share(data, weight)
        return self._micro_gradients(data.rows(rows), weight)

    def _empty_share(self, data: Batch, weight: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return no gradient, having taken part in every exchange between replicas.

        A row of no weight stands in for none, of which TensorFlow's convolutions on CPUs make a
        wrong shape. It draws random numbers too, so that all replicas' seeds stay in step.
        """
        row = data.rows(tf.zeros([1], tf.int32))
        with counting_no_rows():
            return self._micro_gradients(row._replace(weights=tf.zeros_like(row.weights)), weight)

    def _micro_gradients(
        self, batch: Batch, weight: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        with tf.GradientTape() as tape:
            outputs = self.model(batch.inputs, training=True)
            losses = self.loss(batch.targets, outputs) * batch.weights
            # The division belongs inside: scaling the loss costs one operation, scaling the
            # gradients afterwards one per weight.
            objective = self._scale_loss(tf.reduce_sum(losses) / weight)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        values = self.metric(batch.targets, outputs) * batch.weights
        return gradients, sums((losses, values))

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradient of mean loss and penalty over `batch`; no variable changes."""
        with tf.GradientTape() as tape:
            outputs = self.model(batch.inputs, training=False)
            losses = self.loss(batch.targets, outputs) * batch.weights
            objective = tf.reduce_sum(losses) / tf.reduce_sum(batch.weights)
        gradients = dense(tape.gradient(objective, self.model.trainable_variables))
        return self._penalty.add_gradient(gradients, tf.ones([]))

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return the batch's inputs."""
        return batch.inputs

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return the means themselves."""
        return means

    def measure(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `update` without training."""
        outputs = self.model(batch.inputs, training=False)
        with tf.name_scope("loss"):
            losses = self.loss(batch.targets, outputs) * batch.weights
        with tf.name_scope("metric"):
            values = self.metric(batch.targets, outputs) * batch.weights
        with tf.name_scope("sums"):
            return sums((losses, values)), tf.reduce_sum(tf.cast(batch.weights, tf.float64))


def make(
    config: configs.Config,
    dataset: datasets.Dataset,
    model: keras.Model,
    make_optimizer: MakeOptimizer,
) -> Made:
    """Make the step of a resolved configuration: its loss, its metric, its update rule."""
    activation = config.model.options.get("output_activation", "linear")
    loss = losses.make(config.loss, dataset.task, dataset.num_classes, activation)
    optimizer = make_optimizer()
    step = SupervisedStep(
        model,
        optimizer,
        loss,
        metrics.make(dataset.task),
        metric_name=metrics.name_of(dataset.task),
        micro_batch_size=config.micro_batch_size,
        clip_norm=config.optimizer.clip_norm,
        l2=config.loss.l2,
        preconditioner=second_order.make(config, model, optimizer, loss)
        if optimizers.find(config.optimizer.name).second_order
        else None,
        compile_gradients=_compiles_gradients(config, model, dataset),
    )
    return Made(step, accumulates=True)


def _compiles_gradients(
    config: configs.Config, model: keras.Model, dataset: datasets.Dataset
) -> bool:
    """Return whether XLA takes the part of an update that exchanges nothing between replicas."""
    if not tf.distribute.has_strategy():
        return False
    # Batch normalization exchanges its moments in the middle of the forward pass.
    if compile_mode.batch_normalized(model):
        return False
    size = batch_size_of(config, dataset.splits["train"].size)
    here = min(replicas.largest_share(size), config.micro_batch_size)
    return compile_mode.choose(config.compile, model, here) == "xla"
