"""What a run remembers from one update to the next, and over every resume."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from trainers.engine.loop import Call
from trainers.runs.logs.extremes import OverValidations
from trainers.runs.logs.history import History, Recorded
from trainers.timing.clock import Clock
from trainers.timing.speed import Speed


@dataclass
class RunMemory:
    """The best figure so far, and where the time went.

    Args:
        best_step: after which the best validation was measured, None before the first.
        best_value: its figure.
        clock: of this start.
        earlier_seconds: of the starts before this one, by part, see `trainers.timing`.
        first_update_seconds: of this start, up to the end of its first compiled call; None before.
        speed: of all compiled calls.
        recorded: what the checkpoint knew of the logged figures, None where it did not.
        history: these figures, once the logs are open.
        initial_weights: what the run took from another, see `trainers.warm_start`; None if nothing.
        owes_validation: whether one is due after the last update and not done yet: a run that is
            stopped in the middle of it is saved so.
        over_validations: the extremes of the test figures, where they are logged.
    """

    best_step: int | None = None
    best_value: float | None = None
    clock: Clock = field(default_factory=Clock)
    earlier_seconds: dict[str, float] = field(default_factory=dict)
    first_update_seconds: float | None = None
    speed: Speed = field(default_factory=Speed)
    recorded: Recorded | None = None
    history: History | None = None
    owes_validation: bool = False
    initial_weights: dict[str, Any] | None = None
    over_validations: OverValidations = field(default_factory=OverValidations)

    @classmethod
    def of(cls, saved: dict[str, Any], clock: Clock) -> RunMemory:
        """Return what a checkpoint's run knew, as `saved` by `to_dict`."""
        if "speed" in saved:
            seconds, speed = dict(saved["seconds"]), Speed(**saved["speed"])
        else:  # of a release without parts
            speed = Speed(saved["examples"], saved["step_seconds"])
            rest = max(0.0, saved["train_seconds"] - speed.steady_seconds)
            seconds = {"train": speed.steady_seconds, "earlier": rest}
        return cls(
            saved["best_step"],
            saved["best_value"],
            clock,
            seconds,
            speed=speed,
            recorded=Recorded.of(saved.get("history")),
            owes_validation=saved.get("owes_validation", False),
            initial_weights=saved.get("initial_weights"),
            over_validations=OverValidations(**saved.get("over_validations", {})),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        recorded = self.history.recorded() if self.history else self.recorded
        return {
            "best_step": self.best_step,
            "best_value": self.best_value,
            "seconds": self._seconds,
            "speed": asdict(self.speed),
            **({"history": recorded.to_dict()} if recorded else {}),
            "owes_validation": self.owes_validation,
            **({"initial_weights": self.initial_weights} if self.initial_weights else {}),
            **self.over_validations.saved("over_validations"),
        }

    @property
    def _seconds(self) -> dict[str, float]:
        now = self.clock.seconds
        names = [*now, *(name for name in self.earlier_seconds if name not in now)]
        return {name: now.get(name, 0.0) + self.earlier_seconds.get(name, 0.0) for name in names}

    @property
    def seconds(self) -> dict[str, float]:
        """All seconds so far over all resumes, by part.

        What first calls would have taken as later ones is counted as training.
        """
        result, steady = self._seconds, self.speed.first_steady_seconds
        result["compile"] -= steady
        result["train"] += steady
        return result

    def count(self, call: Call) -> None:
        """Count one compiled call, the last that the clock has seen as training."""
        self.speed.count(call.examples, call.seconds, call.input_seconds, is_first=call.is_first)
        self.clock.move(call.input_seconds, "train", "input")
        if call.is_first:
            self.clock.move(call.seconds - call.input_seconds, "train", "compile")
        if self.first_update_seconds is None:
            self.first_update_seconds = self.clock.total

    def note(self, step: int, value: float, higher_is_better: bool) -> None:
        """Note a validation's figure, and whether it is the best so far."""
        self.owes_validation = False
        sign = 1 if higher_is_better else -1
        if self.best_value is None or sign * value > sign * self.best_value:
            self.best_step, self.best_value = step, value
