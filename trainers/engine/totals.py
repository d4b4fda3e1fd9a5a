"""Sums over many predictions, and the means they give."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf


@dataclass
class Totals:
    """Weighted sums over some updates; `means` are exact over every prediction in them."""

    names: tuple[str, ...]
    sums: np.ndarray = field(init=False)
    weight: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.sums = np.zeros(len(self.names))

    def add(self, sums: tf.Tensor, weight: tf.Tensor) -> None:
        """Add what one compiled call returned."""
        self.sums = self.sums + np.asarray(sums)
        self.weight += float(weight)

    @property
    def means(self) -> dict[str, float]:
        """Mean of every figure per prediction; NaN before the first one."""
        weight = self.weight or math.nan
        return {
            name: float(total) / weight for name, total in zip(self.names, self.sums, strict=True)
        }
