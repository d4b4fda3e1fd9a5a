"""What a run remembers from one update to the next, and over every resume."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from trainers.runs.logs.history import History, Recorded


@dataclass
class RunMemory:
    """The best figure so far, and where the time went.

    Args:
        best_step: after which the best validation was measured, None before the first.
        best_value: its figure.
        earlier_seconds: wall time of the starts before this one.
        step_seconds: of the compiled calls alone.
        examples: that the updates have seen.
        recorded: what the checkpoint knew of the logged figures, None where it did not.
        history: these figures, once the logs are open.
        initial_weights: what the run took from another, see `trainers.warm_start`; None if nothing.
        owes_validation: whether one is due after the last update and not done yet: a run that is
            stopped in the middle of it is saved so.
    """

    best_step: int | None = None
    best_value: float | None = None
    earlier_seconds: float = 0.0
    step_seconds: float = 0.0
    examples: int = 0
    recorded: Recorded | None = None
    history: History | None = None
    owes_validation: bool = False
    initial_weights: dict[str, Any] | None = None
    _started: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, saved: dict[str, Any]) -> RunMemory:
        """Return what a checkpoint's run knew, as `saved` by `to_dict`."""
        return cls(
            saved["best_step"],
            saved["best_value"],
            saved["train_seconds"],
            saved["step_seconds"],
            saved["examples"],
            Recorded.of(saved.get("history")),
            owes_validation=saved.get("owes_validation", False),
            initial_weights=saved.get("initial_weights"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        recorded = self.history.recorded() if self.history else self.recorded
        return {
            "best_step": self.best_step,
            "best_value": self.best_value,
            "train_seconds": self.train_seconds,
            "step_seconds": self.step_seconds,
            "examples": self.examples,
            **({"history": recorded.to_dict()} if recorded else {}),
            "owes_validation": self.owes_validation,
            **({"initial_weights": self.initial_weights} if self.initial_weights else {}),
        }

    @property
    def train_seconds(self) -> float:
        """Wall time so far over all resumes, with logging, validation and saving."""
        return self.earlier_seconds + time.perf_counter() - self._started

    def count(self, examples: int, seconds: float) -> None:
        """Count the examples and seconds of one compiled call."""
        self.examples += examples
        self.step_seconds += seconds

    def note(self, step: int, value: float, higher_is_better: bool) -> None:
        """Note a validation's figure, and whether it is the best so far."""
        self.owes_validation = False
        sign = 1 if higher_is_better else -1
        if self.best_value is None or sign * value > sign * self.best_value:
            self.best_step, self.best_value = step, value
