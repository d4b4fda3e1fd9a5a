"""Newton's method with damping and line search; matrix-free, it is Hessian-free optimization.

Source: Martens, "Deep learning via Hessian-free optimization", ICML 2010 (algorithm 2, without
its preconditioner and without starting from the last direction); Nocedal & Wright, Numerical
Optimization, 2006, chapters 3 and 7.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from trainers.engine.batch import Batch
from trainers.optimizers.second_order import damping as rules
from trainers.optimizers.second_order.damped_solve import DampedSolver
from trainers.optimizers.second_order.line_search import backtrack
from trainers.optimizers.second_order.objective import Objective


class Newton:
    """w <- w + alpha eta d,  (B + lambda I) d = -g,  on each batch.

    B is the batch's Hessian, or its generalized Gauss-Newton matrix. Where B + lambda I is not
    positive definite, the dense method adds as much to its diagonal as it takes, and conjugate
    gradient stops before the direction of negative curvature: d leads downhill in any case.
    alpha in {1, 1/2, 1/4, ...} passes Armijo's condition. After the step, lambda follows the
    reduction ratio at alpha = 1, unless the change is too small to be told from rounding.

    Args:
        objective: mean loss plus penalty over a batch.
        solver: knows B.
        optimizer: its learning rate is eta, the first multiple of d that is tried.
        damping: first lambda, at least 0; 0 stays 0.
    """

    def __init__(
        self,
        objective: Objective,
        solver: DampedSolver,
        optimizer: keras.optimizers.Optimizer,
        damping: float,
    ) -> None:
        self._objective, self._solver, self._optimizer = objective, solver, optimizer
        self.damping = keras.Variable(damping, dtype="float64", trainable=False, name="damping")
        self.products = keras.Variable(0, dtype="int64", trainable=False, name="products")

    @property
    def variables(self) -> list[keras.Variable]:
        """lambda, and the number of curvature products so far."""
        return [self.damping, self.products]

    def __call__(
        self, data: Batch, indices: tf.Tensor, gradients: list[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Return -alpha d, which the optimizer multiplies by eta and subtracts.

        Args:
            gradients: of the objective over the examples at `indices`, one per variable.
        """
        view = self._objective.view
        gradient = view.flatten(gradients)
        found = self._solver.direction(data, indices, gradient, self.damping.value)
        rate = tf.cast(self._optimizer.learning_rate, tf.float64)
        slope = rate * tf.reduce_sum(tf.cast(gradient * found.vector, tf.float64))

        def value(alpha: tf.Tensor) -> tf.Tensor:
            shift = tf.cast(alpha * rate, view.dtype) * found.vector
            return self._objective.value(data, indices, shift)

        start = self._objective.value(data, indices, tf.zeros_like(gradient))
        step = backtrack(value, start, slope, view.rounding)
        # q(eta d) - q(0) = eta g^T d + 1/2 eta^2 d^T (B + lambda I) d.
        predicted = slope + rate * (rate * found.model - slope)
        rho = rules.reduction_ratio(step.first_value - start, predicted)
        adapted = rules.levenberg_marquardt(self.damping.value, rho)
        visible = -predicted > view.rounding * tf.abs(start)
        self.damping.assign(tf.where(visible, adapted, self.damping.value))
        self.products.assign_add(found.products)
        return view.unflatten(-tf.cast(step.alpha, view.dtype) * found.vector)
