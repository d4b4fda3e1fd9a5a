"""How far off a figure of a test split may be: intervals of 95 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    """Return the 95 % interval of a mean, of its values on k equal parts of the examples.

    Student's t with k - 1 degrees of freedom, around the value on the whole:

        whole -+ t s / sqrt(k), where s is the deviation of the parts' values.

    Args:
        values: on each part, two or more.
        whole: the mean on all examples.
    """
    from scipy.stats import t

    count = len(values)
    mean = sum(values) / count
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    half = float(t.ppf(0.975, count - 1)) * deviation / math.sqrt(count)
    return whole - half, whole + half
