"""Weights and the optimizer that moves them: the one place where a gradient is applied."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

import zoo
from trainers.engine.batch import Batch
from trainers.optimizers import loss_scale
from trainers.optimizers.clipping import clipped


class Preconditioner(Protocol):
    """Turns the gradient of a batch into what the optimizer is to subtract instead of it."""

    def __call__(
        self, data: Batch, indices: tf.Tensor, gradients: list[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Return one tensor per trainable variable."""

    @property
    def variables(self) -> list[keras.Variable]:
        """Everything that it carries from one update to the next."""


class OptimizedWeights:
    """Some variables and how they move: w <- optimizer(w, preconditioner(clipped(gradient))).

    Args:
        optimizer: a Keras optimizer; built here, so that its state exists before compilation.
            Where it decays weights, it decays the variables that are marked as kernels.
        variables: the weights.
        clip_norm: largest global norm of the gradient, or None.
        preconditioner: a second-order method, or None.

    Raises:
        zoo.ModelError: a variable has no mark, and weights decay.
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer,
        variables: list[keras.Variable],
        *,
        clip_norm: float | None = None,
        preconditioner: Preconditioner | None = None,
    ) -> None:
        rule = _rule(optimizer)
        if rule.weight_decay:
            others = [variable for variable in variables if zoo.role_of(variable) != "kernel"]
            rule.exclude_from_weight_decay(var_list=others)
        optimizer.build(variables)
        self.optimizer, self.variables = optimizer, variables
        self.preconditioner = preconditioner
        self._clip_norm = clip_norm

    def scale_loss(self, objective: tf.Tensor) -> tf.Tensor:
        """Return what to differentiate in the place of `objective`: under 16 bits, a multiple."""
        return getattr(self.optimizer, "scale_loss", lambda value: value)(objective)

    def apply(self, gradients: list[tf.Tensor], data: Batch, indices: tf.Tensor) -> None:
        """Move the weights.

        Args:
            gradients: of the scaled loss of the whole batch, one per variable.
            data: the examples that they were found on, at
            indices: int32 `[batch]`; a preconditioner looks at them again.
        """
        # After the sum over replicas: what the whole batch says is bounded, not each share of it.
        gradients = clipped(self.optimizer, gradients, self._clip_norm)
        if self.preconditioner is not None:
            gradients = self.preconditioner(data, indices, gradients)
        self.optimizer.apply(gradients, self.variables)

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""
        # Through NumPy: Python's float() does not know a variable that lies on several devices.
        return float(np.asarray(keras.ops.convert_to_numpy(_rule(self.optimizer).learning_rate)))

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Hold the running average of the weights meanwhile, if the optimizer keeps one."""
        rule = _rule(self.optimizer)
        if not rule.use_ema or int(rule.iterations.numpy()) == 0:
            yield
            return
        current = [tf.identity(variable.value) for variable in self.variables]
        rule.finalize_variable_values(self.variables)
        try:
            yield
        finally:
            for variable, value in zip(self.variables, current, strict=True):
                variable.assign(value)

    def figures(self, updates: int) -> dict[str, float]:
        """Return the loss scale and the updates it skipped, where it is scaled, after `updates`."""
        return loss_scale.figures(self.optimizer, updates)


def _rule(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer that has the rate and the averages; loss scaling wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)
