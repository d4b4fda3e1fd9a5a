"""How far a quadratic model is trusted: the Levenberg-Marquardt rule for its damping.

Source: Levenberg 1944; Marquardt 1963; in this form Martens, "Deep learning via Hessian-free
optimization", ICML 2010, section 4.1.
"""

from __future__ import annotations

import tensorflow as tf

_FACTOR = 1.5


def reduction_ratio(change: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
    """Return rho = (f(w + s) - f(w)) / (q(s) - q(0)): 1 where the quadratic model q is exact."""
    return change / predicted


def levenberg_marquardt(damping: tf.Tensor, rho: tf.Tensor) -> tf.Tensor:
    """Return 3/2 lambda if rho < 1/4, 2/3 lambda if rho > 3/4, else lambda.

    Args:
        damping: lambda, at least 0; 0 stays 0.
        rho: the reduction ratio; a NaN, from a step into overflow, counts as a bad one.
    """
    bad = ~(rho >= 0.25)
    return tf.where(bad, damping * _FACTOR, tf.where(rho > 0.75, damping / _FACTOR, damping))
