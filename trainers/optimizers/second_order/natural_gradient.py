"""Natural gradient descent: steepest descent where distance is between predicted distributions.

Source: Amari, "Natural Gradient Works Efficiently in Learning", Neural Computation 10(2), 1998,
equation 18; the equality with the generalized Gauss-Newton matrix and the damping: Martens &
Grosse, "Optimizing Neural Networks with Kronecker-factored Approximate Curvature", ICML 2015,
sections 2 and 6; the bound on the step: Martens, JMLR 21, 2020, section 6.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from trainers.engine.batch import Batch
from trainers.optimizers.second_order.damped_solve import DampedSolver
from trainers.optimizers.second_order.flat import FlatView


def trust_region_scale(norm: tf.Tensor, radius: float) -> tf.Tensor:
    """min(1, sqrt(2 delta / (s^T F s))): the factor that makes 1/2 s^T F s <= delta.

    To second order 1/2 s^T F s is the Kullback-Leibler divergence, in nats per example, between
    the predictions before and after the step s.

    Args:
        norm: s^T F s, at least 0 up to rounding.
        radius: delta in nats per example; 0 bounds nothing.
    """
    if not radius:
        return tf.ones_like(norm)
    return tf.where(norm > 2.0 * radius, tf.sqrt(2.0 * radius / norm), tf.ones_like(norm))


class NaturalGradient:
    """w <- w + c eta d,  (F + lambda I) d = -g,  on each batch.

    F is the Fisher information of the model's predictive distribution, its expectation over the
    target taken exactly and over the inputs by the batch's mean, plus the penalty's Hessian.
    c <= 1 is the trust region's.

    Args:
        view: of the model's trainable variables.
        solver: knows F.
        optimizer: its learning rate is eta.
        damping: lambda, at least 0; with 0 and a full-rank F the path of the predictions does
            not depend on how the inputs or weights are scaled or mixed.
        trust_region: delta, the largest 1/2 s^T F s of a step s; 0 for none.
    """

    def __init__(
        self,
        view: FlatView,
        solver: DampedSolver,
        optimizer: keras.optimizers.Optimizer,
        *,
        damping: float,
        trust_region: float,
    ) -> None:
        self._view, self._solver, self._optimizer = view, solver, optimizer
        self._trust_region = trust_region
        self.damping = keras.Variable(damping, dtype="float64", trainable=False, name="damping")
        self.products = keras.Variable(0, dtype="int64", trainable=False, name="products")

    @property
    def variables(self) -> list[keras.Variable]:
        """lambda, and the number of curvature products so far."""
        return [self.damping, self.products]

    def __call__(
        self, data: Batch, indices: tf.Tensor, gradients: list[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Return -c d, which the optimizer multiplies by eta and subtracts.

        Args:
            gradients: of the objective over the examples at `indices`, one per variable.
        """
        gradient = self._view.flatten(gradients)
        found = self._solver.direction(data, indices, gradient, self.damping.value)
        rate = tf.cast(self._optimizer.learning_rate, tf.float64)
        scale = trust_region_scale(rate**2 * found.norm, self._trust_region)
        self.products.assign_add(found.products)
        return self._view.unflatten(-tf.cast(scale, self._view.dtype) * found.vector)
