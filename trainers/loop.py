"""The loop: many updates inside one compiled call; Python never sits between two of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from trainers import replicas
from trainers.steps import Batch, Step

Compiled = Callable[..., tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


def compiled(function: Callable, mode: str) -> Callable:
    """Compile a function: "xla", "graph", or "eager" for Python one operation at a time."""
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla", reduce_retracing=False)


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


class Loop:
    """Run a step over a stretch of an order of examples.

    Args:
        step: what one update does.
        mode: "xla", "graph" or "eager".
    """

    def __init__(self, step: Step, mode: str) -> None:
        self.step, self.mode = step, mode
        # One trace per batch size: an epoch has full batches and perhaps one smaller last one.
        self._compiled: dict[int, Compiled] = {}

    def run(
        self, data: Batch, order: tf.Tensor, batch_size: int, first: int, count: int
    ) -> tuple[tf.Tensor, tf.Tensor, int]:
        """Do `count` updates; update i takes `order[i * batch_size : (i + 1) * batch_size]`.

        Args:
            data: the examples, resident on the device.
            order: int32 `[examples]`, indices into `data`.
            first: the first update's number, counted from the start of `order`.

        Returns:
            Weighted sums `[figures]`, total weight `[]`, and the number of the first update whose
            loss was not finite (counted like `first`), or -1.
        """
        if batch_size not in self._compiled:
            self._compiled[batch_size] = compiled(self._updates(batch_size), self.mode)
        function = self._compiled[batch_size]
        sums, weight, bad = function(data, order, tf.constant(first), tf.constant(count))
        return sums, weight, int(bad)

    def _updates(self, batch_size: int) -> Compiled:
        step = self.step

        def updates(
            data: Batch, order: tf.Tensor, first: tf.Tensor, count: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            sums = tf.zeros([len(step.names)], tf.float64)
            weight = tf.zeros([], tf.float64)
            bad = tf.constant(-1)
            i = first
            # Not `for i in tf.range(...)`: XLA would compile that anew for every `count`.
            while i < first + count:
                indices = tf.slice(order, [i * batch_size], [batch_size])
                step_sums, step_weight = replicas.run(step.update, data, indices)
                sums += step_sums
                weight += step_weight
                finite = tf.math.is_finite(tf.reduce_sum(step_sums))
                bad = tf.where((bad < 0) & ~finite, i, bad)
                i += 1
            return sums, weight, bad

        return updates
