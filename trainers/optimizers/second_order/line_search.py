"""Backtracking line search under the sufficient-decrease condition.

Source: Armijo, Pacific J. Math. 16(1), 1966; Nocedal & Wright, Numerical Optimization, 2006,
algorithm 3.1 with c = 1e-4 and a contraction of 1/2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

SUFFICIENT = 1e-4
_TRIALS = 20


class Step(NamedTuple):
    """alpha: the multiple accepted, 0 if none was; first_value: f at alpha 1, the first trial."""

    alpha: tf.Tensor
    first_value: tf.Tensor


def backtrack(
    value: Callable[[tf.Tensor], tf.Tensor], start: tf.Tensor, slope: tf.Tensor, rounding: float
) -> Step:
    """Return the first alpha of 1, 1/2, 1/4, ... with f(alpha) <= f(0) + c alpha f'(0).

    Args:
        value: alpha -> f(alpha), float64 `[]`; a NaN or infinity is refused like any rise.
        start: f(0).
        slope: f'(0), negative for a descent direction.
        rounding: relative error of f; a rise of `rounding` |f(0)| is accepted, since near a
            minimum the true decrease is smaller than that. After 20 trials alpha is 0.
    """
    allowance = rounding * tf.abs(start)

    def accepted(alpha: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
        return at <= start + SUFFICIENT * alpha * slope + allowance

    def unfinished(trial: tf.Tensor, alpha: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
        return (trial < _TRIALS) & ~accepted(alpha, at)

    def halve(trial: tf.Tensor, alpha: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return trial + 1, alpha / 2, value(alpha / 2)

    one = tf.ones([], tf.float64)
    first = value(one)
    _, alpha, at = tf.while_loop(unfinished, halve, (tf.constant(1), one, first))
    return Step(tf.where(accepted(alpha, at), alpha, tf.zeros_like(alpha)), first)
