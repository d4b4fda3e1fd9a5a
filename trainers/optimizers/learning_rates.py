"""Learning rates that change over a run: Keras's own, after an optional linear rise.

With t the number of updates done, T the run's length, W the warmup and eta the full rate:
constant eta; cosine eta (1 + cos(pi s)) / 2 (Loshchilov & Hutter 2017, eq. 5, no restarts); linear
eta (1 - s); exponential eta 0.01^s, where s = (t - W) / (T - W). Before t = W the rate is
eta (t + 1) / W: a gradual warmup (Goyal et al. 2017, section 2.2) whose first update moves weights
and whose last has the full rate. No update of a run, t = 0 ... T - 1, has the rate 0.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

import configs

_FINAL_SHARE = 0.01


@keras.saving.register_keras_serializable(package="trainers")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly to `peak` over `steps` updates, then follow `after` from its start."""

    def __init__(
        self,
        peak: float,
        steps: int,
        after: keras.optimizers.schedules.LearningRateSchedule | None,
    ) -> None:
        self._peak, self._steps, self._after = peak, steps, after

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the rate of the update after `step` updates."""
        step = tf.cast(step, tf.float32)
        after = self._peak if self._after is None else self._after(step - self._steps)
        return tf.where(step < self._steps, self._peak * (step + 1) / self._steps, after)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {"peak": self._peak, "steps": self._steps, "after": self._after}


def learning_rate(
    config: configs.OptimizerConfig, peak: float, total_steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return the rate, or the schedule, of a run of `total_steps` updates.

    Raises:
        ConfigError: the warmup leaves no step for the rest.
    """
    warmup = config.warmup_steps
    if warmup >= total_steps:
        raise configs.ConfigError(
            f"optimizer.warmup_steps is {warmup}, the whole run {total_steps} steps; "
            "give --optimizer.warmup-steps a smaller number"
        )
    after = _after(config.schedule, peak, total_steps - warmup)
    if warmup:
        return Warmup(peak, warmup, after)
    return peak if after is None else after


def _after(
    name: str, peak: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule | None:
    schedules = keras.optimizers.schedules
    if name == "cosine":
        return schedules.CosineDecay(peak, steps)
    if name == "linear":
        return schedules.PolynomialDecay(peak, steps, end_learning_rate=0.0, power=1.0)
    if name == "exponential":
        return schedules.ExponentialDecay(peak, steps, _FINAL_SHARE)
    return None
