"""Solve (B + lambda I) d = -g, by a factorization or by conjugate gradient."""

from __future__ import annotations

from typing import Literal, NamedTuple

import tensorflow as tf

import configs
from trainers.engine.batch import Batch
from trainers.optimizers.second_order import conjugate_gradient
from trainers.optimizers.second_order.curvature import Curvature

DENSE_LIMIT = 3_000
# Measured at a step's peak: the matrix in the making, its copies and its factor are held at once.
_BYTES_PER_ENTRY = 90
# Products spent on looking for negative curvature before a factorization.
_PROBE = 50
_ATTEMPTS = 30


class Direction(NamedTuple):
    """A solution.

    vector: d `[size]`.
    model: phi(d) = 1/2 d^T (B + lambda I) d + g^T d `[]`.
    norm: d^T B d `[]`.
    products: curvature products it took, int64 `[]`.
    """

    vector: tf.Tensor
    model: tf.Tensor
    norm: tf.Tensor
    products: tf.Tensor


def method_for(method: str, size: int) -> Literal["dense", "cg"]:
    """Return how to solve for `size` weights; "auto" is dense up to 3,000.

    Raises:
        ConfigError: "dense" was asked for and the matrix would be too large.
    """
    if method == "dense" and size > DENSE_LIMIT:
        raise configs.ConfigError(
            f"--optimizer.method dense with {size:,} parameters would need "
            f"{_BYTES_PER_ENTRY * size**2 / 2**30:,.1f} GiB and a factorization of {size:,} rows "
            "in every step; "
            f"allowed up to {DENSE_LIMIT:,}: use --optimizer.method cg or auto"
        )
    if method == "auto":
        return "dense" if size <= DENSE_LIMIT else "cg"
    return "dense" if method == "dense" else "cg"


def solve_positive_definite(
    matrix: tf.Tensor, b: tf.Tensor, damping: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return x with (A + tau I) x = b and tau: the first in a series that makes it solvable.

    tau starts at `damping` and goes to max(4 tau, mean |diag A| / 1000) as long as A + tau I is
    not positive definite (Nocedal & Wright 2006, algorithm 3.3). Conjugate gradient looks for
    negative curvature first, since it costs less than a factorization that fails.

    Args:
        matrix: A, symmetric float64 `[size, size]`.
        b: float64 `[size]`.
        damping: at least 0.
    """
    least = tf.reduce_mean(tf.abs(tf.linalg.diag_part(matrix))) * 1e-3
    identity = tf.eye(tf.shape(matrix)[0], dtype=matrix.dtype)

    def factor(tau: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        damped = matrix + tau * identity
        probe = conjugate_gradient.solve(
            lambda v: tf.linalg.matvec(damped, v), b, iterations=_PROBE
        )

        # A factorization that fails is filled with NaN.
        def solution() -> tf.Tensor:
            triangle = tf.linalg.cholesky(damped)
            return tf.linalg.cholesky_solve(triangle, b[:, tf.newaxis])[:, 0]

        x = tf.cond(probe.negative_curvature, lambda: b * float("nan"), solution)
        return x, tf.reduce_all(tf.math.is_finite(x))

    def unfinished(attempt: tf.Tensor, solved: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
        return (attempt < _ATTEMPTS) & ~solved

    def retry(
        attempt: tf.Tensor, _: tf.Tensor, tau: tf.Tensor, x: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        tau = tf.maximum(4 * tau, least)
        x, solved = factor(tau)
        return attempt + 1, solved, tau, x

    x, solved = factor(damping)
    _, _, tau, x = tf.while_loop(unfinished, retry, (tf.constant(1), solved, damping, x))
    return x, tau


class DampedSolver:
    """Finds the minimum of the damped quadratic model of an objective.

    Args:
        curvature: B.
        method: "dense" or "cg".
        iterations: most products with B of conjugate gradient.
    """

    def __init__(self, curvature: Curvature, method: str, iterations: int) -> None:
        self._curvature, self._method, self._iterations = curvature, method, iterations

    def direction(
        self, data: Batch, indices: tf.Tensor, gradient: tf.Tensor, damping: tf.Tensor
    ) -> Direction:
        """Return d for the examples at `indices`; it leads downhill: g^T d <= 0.

        Args:
            gradient: g `[size]`.
            damping: lambda, float64 `[]`, at least 0.
        """
        if self._method == "dense":
            matrix = self._curvature.matrix(data, indices)
            b = -tf.cast(gradient, tf.float64)
            d, tau = solve_positive_definite(matrix, b, damping)
            along = tf.reduce_sum(b * d)
            norm = along - tau * tf.reduce_sum(d * d)
            products = tf.constant(self._curvature.view.size, tf.int64)
            return Direction(tf.cast(d, gradient.dtype), -0.5 * along, norm, products)
        factor = tf.cast(damping, gradient.dtype)

        def damped(v: tf.Tensor) -> tf.Tensor:
            return self._curvature.product(data, indices, v) + factor * v

        found = conjugate_gradient.solve(damped, -gradient, iterations=self._iterations)
        d, model = tf.cast(found.x, tf.float64), tf.cast(found.value, tf.float64)
        # phi(d) = 1/2 d^T (B + lambda I) d + g^T d.
        curvature = 2.0 * (model - tf.reduce_sum(tf.cast(gradient, tf.float64) * d))
        norm = curvature - damping * tf.reduce_sum(d * d)
        return Direction(found.x, model, norm, tf.cast(found.iterations, tf.int64))
