"""Distances between many points, by matrix products."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Rows of the matrix of distances at a time: 1,000 rows of 10,000 columns are 80 MB.
_ROWS = 1000


def squared_distances(points: np.ndarray, centres: np.ndarray) -> Iterator[np.ndarray]:
    """Yield blocks of rows of |a - b|^2 = |a|^2 + |b|^2 - 2 a b, up to 1,000 points' at a time.

    They are right to the last bits of |a|^2 + |b|^2 only: equal points may be a little apart, or at
    a negative distance.

    Args:
        points, centres: a and b, `[points, ...]` and `[centres, ...]`.

    Yields:
        float64 `[rows, centres]`.
    """
    points = points.reshape(len(points), -1).astype(np.float64)
    centres = centres.reshape(len(centres), -1).astype(np.float64)
    squares = np.square(centres).sum(axis=1)
    for start in range(0, len(points), _ROWS):
        rows = points[start : start + _ROWS]
        yield np.square(rows).sum(axis=1)[:, None] + squares - 2 * rows @ centres.T
