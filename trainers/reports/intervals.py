"""How far off a figure of a test split may be: intervals of 95 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainers.claims.verdict import interval

_Z = 1.959963984540054  # the normal distribution's 97.5 % point


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `count` independent examples.

    Wilson 1927, Probable inference, the law of succession, and statistical inference: with p the
    share, n the count and z = 1.96,

        (p + z^2 / (2 n) -+ z sqrt(p (1 - p) / n + z^2 / (4 n^2))) / (1 + z^2 / n).

    Args:
        share: in [0, 1].
        count: 1 or more.
    """
    middle = share + _Z**2 / (2 * count)
    half = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    return (middle - half) / scale, (middle + half) / scale


def of_parts(values: Sequence[float], whole: float) -> tuple[float, float]:
    """Return the 95 % interval of a mean, of its values on equal parts of the examples.

    That of the parts' mean, by Student's t (`trainers.claims.verdict.interval`), is put around the
    value on the whole, of which parts may leave a few examples out.

    Args:
        values: on each part, two or more.
        whole: the mean on all examples.
    """
    low, high = interval(list(values))
    middle = sum(values) / len(values)
    return whole + low - middle, whole + high - middle


def of_examples(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of a weighted mean over independent examples.

    With m = sum w_i x_i / sum w_i and n examples of a weight above 0, its deviation is that of a
    ratio of sums (Cochran 1977, Sampling techniques, equation 6.12),

        s = sqrt(n / (n - 1) sum w_i^2 (x_i - m)^2) / sum w_i,

    and the interval m -+ 1.96 s. Of fewer than two examples it is all numbers.

    Args:
        values: x, `[examples]`.
        weights: w, `[examples]`, 0 or more.
    """
    counted = weights > 0
    x, w = values[counted].astype(np.float64), weights[counted].astype(np.float64)
    if len(x) < 2:
        return -math.inf, math.inf
    mean = float((w * x).sum() / w.sum())
    spread = math.sqrt(len(x) / (len(x) - 1) * float((w**2 * (x - mean) ** 2).sum()))
    half = _Z * spread / float(w.sum())
    return mean - half, mean + half
