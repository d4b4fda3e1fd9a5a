"""Learning rates that change over a run: Keras's own, after an optional linear rise.

With t the number of updates done, T the run's length, W the warmup and eta the full rate:
constant eta; cosine eta (1 + cos(pi s)) / 2 (Loshchilov & Hutter 2017, eq. 5, no restarts); linear
eta (1 - s); exponential eta 0.01^s, where s = (t - W) / (T - W). Before t = W the rate is
eta (t + 1) / W: a gradual warmup (Goyal et al. 2017, section 2.2) whose first update moves weights
and whose last has the full rate. No update of a run, t = 0 ... T - 1, has the rate 0.

Two know nothing of T, so that a longer run begins as a shorter one: inverse_sqrt eta / sqrt(t - W
+ 1), the alpha / sqrt(t) of Kingma & Ba 2015, section 6.1, whose first update is t = 1; and epochs,
where eta is the rate that is listed for the update's epoch, which a warmup does not shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

import configs
from trainers.optimizers import epoch_rates

_FINAL_SHARE = 0.01


@keras.saving.register_keras_serializable(package="trainers")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Fall from `peak` as one over the square root of the update's number."""

    def __init__(self, peak: float) -> None:
        self._peak = peak

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the rate of the update after `step` updates."""
        return self._peak * tf.math.rsqrt(tf.maximum(tf.cast(step, tf.float32), 0.0) + 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {"peak": self._peak}


@keras.saving.register_keras_serializable(package="trainers")
class ByEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """Have the rates that are listed for the epochs, over `warmup` updates a growing share of them.

    Args:
        rates: in their order.
        first_steps: for each the number of updates before its first, ascending from 0.
        warmup: updates.
    """

    def __init__(self, rates: Sequence[float], first_steps: Sequence[int], warmup: int) -> None:
        self._rates, self._first_steps, self._warmup = rates, first_steps, warmup

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the rate of the update after `step` updates."""
        # Whole numbers: float32 cannot tell an epoch's first update from its second after 2**24.
        step = tf.cast(step, tf.int64)
        begun = tf.reduce_sum(
            tf.cast(step[..., None] >= tf.constant(self._first_steps, tf.int64), tf.int32), -1
        )
        rate = tf.gather(tf.constant(self._rates, tf.float32), begun - 1)
        if not self._warmup:
            return rate
        share = tf.cast(step + 1, tf.float32) / self._warmup
        return rate * tf.minimum(share, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {
            "rates": self._rates,
            "first_steps": self._first_steps,
            "warmup": self._warmup,
        }


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
    config: configs.OptimizerConfig, peak: float, total_steps: int, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return the rate, or the schedule, of a run of `total_steps` updates.

    Args:
        config: says which.
        peak: the full rate; of rates that are listed the first, the others in proportion.
        total_steps: updates of the run, and
        steps_per_epoch: of one epoch.

    Raises:
        ConfigError: the warmup leaves no step for the rest.
    """
    warmup = config.warmup_steps
    if warmup >= total_steps:
        raise configs.ConfigError(
            f"optimizer.warmup_steps is {warmup}, the whole run {total_steps} steps; "
            "give --optimizer.warmup-steps a smaller number"
        )
    if rates := epoch_rates.read(config):
        share = peak / rates[0].rate
        return ByEpoch(
            [each.rate * share for each in rates],
            [each.first_epoch * steps_per_epoch for each in rates],
            warmup,
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
    if name == "inverse_sqrt":
        return InverseSquareRoot(peak)
    return None
