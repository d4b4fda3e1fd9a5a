"""Keras's callbacks that look at epochs, called at a run's validations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import configs
from trainers.engine.callbacks import Callback, CallbackMoment

if TYPE_CHECKING:
    import keras

_OF_BATCHES = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_end",
)
# What each needs is here by another name: a loop that is compiled calls nobody between two updates.
_INSTEAD = {
    "ModelCheckpoint": "a run keeps its newest checkpoints and the best: keep_checkpoints=...",
    "BackupAndRestore": "a run is saved as it goes, and goes on by .resume()",
    "TensorBoard": "a run writes its event files itself: `tensorboard --logdir RUN`",
    "ProgbarLogger": "a run shows its progress itself",
    "LearningRateScheduler": 'give schedule="cosine", "linear" or "exponential"',
    "ReduceLROnPlateau": 'give schedule="cosine", "linear" or "exponential"',
    "SwapEMAWeights": "give ema_momentum=...",
}


def adapted(callbacks: Any) -> tuple[Callback, ...]:
    """Return callbacks, those of Keras as ours.

    Raises:
        ConfigError: one is neither, or needs every batch.
    """
    given = callbacks if isinstance(callbacks, Sequence) else [callbacks]
    result: list[Callback] = []
    of_keras: list[keras.callbacks.Callback] = []
    for each in given:
        if isinstance(each, Callback):
            result.append(each)
            continue
        import keras

        if not isinstance(each, keras.callbacks.Callback):
            raise configs.ConfigError(
                f"callbacks hold {configs.shown(each)}; give objects of trainers.Callback or of "
                "keras.callbacks.Callback"
            )
        _require_epochs_alone(each)
        of_keras.append(each)
    return (*result, *([EpochCallbacks(of_keras)] if of_keras else []))


class EpochCallbacks(Callback):
    """Keras's callbacks: a validation is the end of their epoch.

    `logs` are the newest training figures and, as `val_...`, those of the validation.

    Args:
        callbacks: that override `on_epoch_...` and `on_train_...` alone.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        self._callbacks, self._figures = callbacks, dict[str, float]()

    def on_begin(self, moment: CallbackMoment) -> None:
        """Begin its training."""
        epochs = math.ceil(moment.total_steps / moment.steps_per_epoch)
        moment.model.stop_training = False
        for each in self._callbacks:
            each.set_params({"verbose": 0, "epochs": epochs, "steps": moment.steps_per_epoch})
            each.set_model(moment.model)
            each.on_train_begin({})
        self._begin_epoch(int(moment.epoch))

    def on_logged(self, moment: CallbackMoment) -> None:
        """Keep the figures for the end of its epoch."""
        self._figures = dict(moment.figures)

    def on_validated(self, moment: CallbackMoment) -> None:
        """End its epoch, and begin the next."""
        logs = {**self._figures, **{f"val_{name}": v for name, v in moment.figures.items()}}
        epoch = math.ceil(moment.epoch)
        for each in self._callbacks:
            each.on_epoch_end(max(epoch - 1, 0), dict(logs))
        if moment.model.stop_training:
            moment.stop()
        elif moment.step < moment.total_steps:
            self._begin_epoch(epoch)

    def on_end(self, moment: CallbackMoment) -> None:
        """End its training; what it does to the weights then changes nothing that was saved."""
        for each in self._callbacks:
            each.on_train_end(dict(self._figures))

    def _begin_epoch(self, epoch: int) -> None:
        for each in self._callbacks:
            each.on_epoch_begin(epoch, {})


def _require_epochs_alone(callback: keras.callbacks.Callback) -> None:
    name = type(callback).__name__
    if name in _INSTEAD:
        raise configs.ConfigError(f"callback {name} does not apply; {_INSTEAD[name]}")
    # At a loss that is not finite the loop stops by itself.
    if name != "TerminateOnNaN" and (own := _overridden(callback)):
        raise configs.ConfigError(
            f"callback {name} has {own}, and many updates run in one compiled call; use "
            "on_epoch_end, or on_logged of trainers.Callback with log_every_steps=..."
        )


def _overridden(callback: Any) -> str | None:
    import keras

    for name in _OF_BATCHES:
        usual = getattr(keras.callbacks.Callback, name)
        if getattr(getattr(callback, name), "__func__", None) is not usual:
            return name
    return None
