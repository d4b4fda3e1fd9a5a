"""Ends a trial early that falls behind the others, by its validations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainers.engine.callbacks import Callback, CallbackMoment

if TYPE_CHECKING:
    import optuna


class Pruning(Callback):
    """Reports a trial's validations and stops it where the study's pruner says so.

    Trials are compared at the same number of validations, whatever an epoch's updates are.

    Args:
        trial: in the study.
        monitor: the figure that decides.
    """

    def __init__(self, trial: optuna.Trial, monitor: str) -> None:
        self._trial, self._monitor = trial, monitor
        self.pruned = False

    def on_validated(self, moment: CallbackMoment) -> None:
        """Report the figure, and end the trial if it is behind."""
        interval = moment.config.evaluate_every_steps or moment.steps_per_epoch
        number = max(1, round(moment.step / interval))
        known = self._trial.study.get_trials(deepcopy=False)[self._trial.number]
        # What a killed process has reported, its run does once more.
        if number not in known.intermediate_values:
            self._trial.report(moment.figures[self._monitor], number)
        is_over = moment.step >= moment.total_steps
        if not is_over and self._trial.should_prune():
            self.pruned = True
            moment.stop()
