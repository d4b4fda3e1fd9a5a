"""When things happen during a run, in steps; what happens is decided elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import configs
from trainers.engine.length import total_steps

# A run without cadences of its own is logged, validated and saved at most this often.
_MOST_POINTS = 100


@dataclass(frozen=True)
class Cadence:
    """The run's length, and how often each thing is done, all in steps."""

    total: int
    log: int
    evaluate: int
    checkpoint: int
    patience: int | None = None
    profiled: tuple[int, int] | None = None

    @classmethod
    def of(cls, config: configs.Config, steps_per_epoch: int) -> Cadence:
        """Return the cadence of a configuration; what it leaves open is whole epochs."""
        total = total_steps(config, steps_per_epoch)
        usual = steps_per_epoch * math.ceil(total / steps_per_epoch / _MOST_POINTS)
        return cls(
            total,
            config.log_every_steps or usual,
            config.evaluate_every_steps or usual,
            config.checkpoint_every_steps or usual,
            config.early_stopping_patience,
            None if config.profile is None else configs.first_and_last(config.profile),
        )

    def due(self, step: int, every: int) -> bool:
        """Return whether something done every `every` steps is due after `step` updates."""
        return step == self.total or (step > 0 and step % every == 0)

    def ended(self, step: int, best_step: int | None) -> bool:
        """Return whether the run is over: long enough, or without progress (Prechelt 1998).

        That is when `patience` validations have passed since the best one.
        """
        if step >= self.total:
            return True
        if self.patience is None or best_step is None:
            return False
        return step - best_step >= self.patience * self.evaluate

    def until_next(self, step: int) -> int:
        """Return how many updates may run before anything is due, or a profile begins or ends."""
        cadences = (self.log, self.evaluate, self.checkpoint)
        first, last = self.profiled or (1, 0)
        ends = [end - step for end in (first - 1, last) if end > step]
        return min(self.total - step, *(every - step % every for every in cadences), *ends)
