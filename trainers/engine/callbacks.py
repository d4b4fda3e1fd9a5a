"""What a user watches of a run: four events, each with where the run stands and its figures.

When they come is the loop's; what is done then is theirs. They may fail: the run is saved, and
their error is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs

if TYPE_CHECKING:
    import keras

    from trainers.engine.step import MovingWeights


class StopAsked:
    """Whether a callback has asked to end the training."""

    def __init__(self) -> None:
        self.yes = False


@dataclass(frozen=True)
class CallbackMoment:
    """Where a run stands.

    Args:
        step: updates done.
        epoch: passes over the training set, as in 2.5.
        total_steps: updates of the whole run.
        steps_per_epoch: updates of one pass.
        figures: loss and others by name: of the training set since the last such moment
            (on_logged), of the validation set (on_validated), of the test set by the best weights
            (on_end); none at the beginning.
        model: with the weights of this moment, at the end with the best; not to be changed.
        folder: of the run.
        config: of the run.
    """

    step: int
    epoch: float
    total_steps: int
    steps_per_epoch: int
    figures: Mapping[str, float]
    model: keras.Model
    folder: Path
    config: configs.Config
    _asked: StopAsked = field(default_factory=StopAsked, repr=False)

    def stop(self) -> None:
        """End the training here, as early stopping does: the best weights are exported."""
        self._asked.yes = True


class Callback:
    """What is called during a run; override what you need. All are called in the chief alone."""

    def on_begin(self, moment: CallbackMoment) -> None:
        """Look at a run that begins, or goes on from `moment.step`."""

    def on_logged(self, moment: CallbackMoment) -> None:
        """Look at the training figures since the last such moment."""

    def on_validated(self, moment: CallbackMoment) -> None:
        """Look at the figures of the validation set."""

    def on_end(self, moment: CallbackMoment) -> None:
        """Look at a run that is over and written."""


class Callbacks:
    """Tells a run's callbacks what has happened, where nothing is lost if one fails.

    Args:
        callbacks: in the order in which they are called.
        model, folder, config: of the run.
        length: updates of the whole run, and of one pass.
    """

    def __init__(
        self,
        callbacks: Sequence[Callback],
        *,
        model: keras.Model,
        folder: Path,
        config: configs.Config,
        length: tuple[int, int],
    ) -> None:
        self._callbacks = callbacks
        self._start = CallbackMoment(0, 0.0, *length, {}, model, folder, config)
        self._waiting: list[tuple[str, Mapping[str, float]]] = [("on_begin", {})]

    @property
    def stopped(self) -> bool:
        """Whether one of them has asked to end the training."""
        return self._start._asked.yes

    def note(self, event: str, figures: Mapping[str, float]) -> None:
        """Keep what has happened until `tell`."""
        self._waiting.append((event, dict(figures)))

    def tell(self, step: int, weights: MovingWeights, save: Callable[[], None]) -> None:
        """Call what waits, with the weights in the model that are validated.

        Args:
            step: updates done.
            weights: the model's.
            save: called before an error of theirs goes on to the caller.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting or not self._callbacks:
            return
        epoch = step / self._start.steps_per_epoch
        try:
            with weights.averaged():
                for event, figures in waiting:
                    moment = replace(self._start, step=step, epoch=epoch, figures=figures)
                    for callback in self._callbacks:
                        getattr(callback, event)(moment)
        except BaseException:
            save()
            raise
