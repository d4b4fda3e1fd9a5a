"""Linear conjugate gradient, stopped by progress and by negative curvature.

Sources: Hestenes & Stiefel, J. Res. Nat. Bur. Standards 49(6), 1952; the stopping rule: Martens,
"Deep learning via Hessian-free optimization", ICML 2010, section 4.4; the truncation at negative
curvature: Steihaug, SIAM J. Numer. Anal. 20(3), 1983, without a trust-region boundary, as in
Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Solution(NamedTuple):
    """Where conjugate gradient stopped.

    x: `[size]`; value: phi(x) `[]`; iterations: products with A, int32 `[]`;
    negative_curvature: whether a direction p with p^T A p <= 0 stopped it, bool `[]`.
    """

    x: tf.Tensor
    value: tf.Tensor
    iterations: tf.Tensor
    negative_curvature: tf.Tensor


def solve(
    product: Callable[[tf.Tensor], tf.Tensor],
    b: tf.Tensor,
    *,
    iterations: int,
    tolerance: float = 5e-4,
) -> Solution:
    """Minimize phi(x) = 1/2 x^T A x - b^T x from x = 0; for A positive definite, solve A x = b.

    It stops after i iterations when the last k = max(10, floor(i / 10)) of them brought less than
    `tolerance` per iteration of the progress made:

        i > k,  phi(x_i) < 0  and  (phi(x_i) - phi(x_(i-k))) / phi(x_i) < k tolerance,

    when the residual has reached rounding, or at a direction of negative curvature. The result
    is then the last x, or b where the very first direction is such a one. In every case
    b^T x > 0 unless b = 0: with b = -gradient, x leads downhill.

    Args:
        product: x -> A x for a symmetric A.
        b: `[size]`.
        iterations: most products with A, at least 1.
        tolerance: relative progress per iteration, at least 0; 0 stops only at rounding.
    """
    limits = np.finfo(b.dtype.as_numpy_dtype)
    smallest = tf.reduce_sum(b * b) * limits.eps**2

    def unfinished(i: tf.Tensor, *state: tf.Tensor) -> tf.Tensor:
        return (i < iterations) & ~state[-1]

    def iterate(
        i: tf.Tensor,
        x: tf.Tensor,
        residual: tf.Tensor,
        p: tf.Tensor,
        values: tf.Tensor,
        negative: tf.Tensor,
        _: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        squares = tf.reduce_sum(residual * residual)
        product_p = product(p)
        curvature = tf.reduce_sum(p * product_p)
        negative = (curvature <= 0) & (squares > 0)
        ordinary = squares / tf.where(curvature > 0, curvature, tf.ones_like(curvature))
        # The first direction is b itself, so that a step of 1 along it returns b.
        fallback = tf.cast(tf.equal(i, 0), b.dtype)
        step = tf.where(negative, fallback, ordinary)
        x += step * p
        residual -= step * product_p
        new_squares = tf.reduce_sum(residual * residual)
        p = residual + new_squares / tf.maximum(squares, limits.tiny) * p
        # phi(x) = 1/2 x^T A x - b^T x, with A x = b - residual.
        value = -0.5 * tf.reduce_sum(x * (b + residual))
        i += 1
        values = tf.tensor_scatter_nd_update(values, [[i]], [value])
        k = tf.maximum(10, i // 10)
        earlier = values[tf.maximum(i - k, 0)]
        slow = (i > k) & (value < 0) & (value - earlier > tf.cast(k, b.dtype) * tolerance * value)
        return i, x, residual, p, values, negative, negative | slow | (new_squares <= smallest)

    start = (
        tf.constant(0),
        tf.zeros_like(b),
        b,
        b,
        tf.zeros([iterations + 1], b.dtype),
        tf.constant(False),
        tf.constant(False),
    )
    i, x, _, _, values, negative, _ = tf.while_loop(unfinished, iterate, start)
    return Solution(x, values[i], i, negative)
