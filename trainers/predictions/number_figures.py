"""How right predicted numbers are, target by target, in the targets' own units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NumberFigures:
    """Figures of every target, each `[targets]`, over examples of weight w.

        MAE = sum w |y - p| / sum w
        RMSE = sqrt(sum w (y - p)^2 / sum w)
        R^2 = 1 - sum w (y - p)^2 / sum w (y - m)^2,  m = sum w y / sum w

    R^2 of a target that does not vary is 1 where every prediction is exact, else 0.
    """

    mean_absolute_error: np.ndarray
    root_mean_squared_error: np.ndarray
    r2: np.ndarray

    @classmethod
    def of(cls, targets: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> NumberFigures:
        """Return the figures of `[examples, targets]` numbers, true and predicted."""
        true, errors = targets.astype(np.float64), predicted.astype(np.float64) - targets
        mean = np.average(true, axis=0, weights=weights)
        squares = np.average(errors**2, axis=0, weights=weights)
        variance = np.average((true - mean) ** 2, axis=0, weights=weights)
        varies = variance > 0
        r2 = np.where(varies, 1 - squares / np.where(varies, variance, 1), squares == 0)
        return cls(
            np.average(np.abs(errors), axis=0, weights=weights), np.sqrt(squares), r2.astype(float)
        )
