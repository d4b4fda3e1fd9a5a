"""When things happen during a run, in steps; what happens is decided elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import configs

# A run without cadences of its own is logged, validated and saved at most this often.
_MOST_POINTS = 100
# One compiled call aims at this long: short enough for a live progress bar and a prompt stop.
_CALL_SECONDS = 0.5


def batch_size_of(config: configs.Config, train_size: int) -> int:
    """Return the examples of one update, where the training split has `train_size`."""
    return train_size if config.batch_size == "full" else config.batch_size


def total_steps(config: configs.Config, steps_per_epoch: int) -> int:
    """Return the length of a run in updates, given by its steps or its epochs."""
    return config.steps or (config.epochs or 1) * steps_per_epoch


@dataclass(frozen=True)
class Schedule:
    """The run's length and cadences, all in steps."""

    total: int
    log: int
    evaluate: int
    checkpoint: int
    patience: int | None = None

    @classmethod
    def of(cls, config: configs.Config, steps_per_epoch: int) -> Schedule:
        """Return the schedule of a configuration; cadences left open are whole epochs."""
        total = total_steps(config, steps_per_epoch)
        usual = steps_per_epoch * math.ceil(total / steps_per_epoch / _MOST_POINTS)
        return cls(
            total,
            config.log_every_steps or usual,
            config.evaluate_every_steps or usual,
            config.checkpoint_every_steps or usual,
            config.early_stopping_patience,
        )

    def due(self, step: int, every: int) -> bool:
        """Return whether something done every `every` steps is due after `step` updates."""
        return step == self.total or (step > 0 and step % every == 0)

    def stalled(self, step: int, best_step: int | None) -> bool:
        """Return whether `patience` validations have passed since the best one (Prechelt 1998)."""
        if self.patience is None or best_step is None:
            return False
        return step - best_step >= self.patience * self.evaluate

    def until_next(self, step: int) -> int:
        """Return how many updates may run before anything is due."""
        cadences = (self.log, self.evaluate, self.checkpoint)
        return min(self.total - step, *(every - step % every for every in cadences))


class CallLength:
    """How many updates one compiled call does, learnt from how long the last ones took.

    The result of training does not depend on it: the compiled call is the same for any count.
    """

    def __init__(self) -> None:
        self.most = 1

    def learn(self, count: int, seconds: float) -> None:
        """Note that `count` updates took `seconds`."""
        wanted = int(count * _CALL_SECONDS / max(seconds, 1e-9))
        self.most = max(1, min(wanted, self.most * 16))
