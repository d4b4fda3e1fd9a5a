"""Trained weights of the zoo that Python holds, used as a run is: `trainers.open("cnn:mnist")`."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import configs
import zoo
from trainers.api.own_keras import own_keras
from trainers.assembly.resolve import resolve
from trainers.pretrained.weights import lacking, saved_config_of
from zoo.process.shell import typed_path

if TYPE_CHECKING:
    import keras

    from trainers.predictions.predictor import Predictor

_SPLITS = ("train", "validation", "test")


class Pretrained:
    """Trained weights and what can be done with them.

    There is no run behind them that could go on, and no curve: `card.command` makes one.

    Args:
        card: of the weights.
    """

    def __init__(self, card: zoo.WeightsCard) -> None:
        self.card = card

    @functools.cached_property
    def model(self) -> keras.Model:
        """The model to use, from raw inputs to answers."""
        with own_keras():
            return zoo.load_model(self.card.name)

    @functools.cached_property
    def _predictor(self) -> Predictor:
        from trainers.predictions.predictor import Predictor

        return Predictor.of(self.model)

    @property
    def names(self) -> list[str]:
        """What the numbers of an answer stand for: classes, symbols or targets."""
        return self._predictor.names

    def predict(self, inputs: Any, batch_size: int = 256) -> np.ndarray:
        """Return the model's answers to raw inputs, one row each, as `trainers.Run.predict` does.

        Args:
            inputs: an array, pictures, sequences, a text or several, or paths.
            batch_size: how many are in memory at once.

        Raises:
            DataError: the model does not take them.
        """
        from trainers.api.raw_inputs import answers

        return answers(self._predictor, inputs, batch_size)

    def evaluate(
        self, data: Any = "test", *, data_dir: str | os.PathLike[str] | None = None
    ) -> dict[str, float]:
        """Return the figures of a split of the weights' own data, or of other data, by name.

        Args:
            data: "train", "validation" or "test"; or what `trainers.Run.evaluate` takes.
            data_dir: where their own data are prepared, if TensorFlow Datasets has them.

        Raises:
            DataError: the data are not there, or the model does not take them.
        """
        from trainers.api.other_data import other_data

        where = (
            {} if data_dir is None else {"dataset.data_dir": str(typed_path(data_dir, "data_dir"))}
        )
        plan = resolve(saved_config_of(self.card, where))
        if isinstance(data, str) and data in _SPLITS:
            with own_keras():
                from trainers.pretrained.opened import opened_either

                run = opened_either(self.card, plan)
                return run.parts.evaluation.measure(run.parts.dataset.splits[data])
        if isinstance(data, str) and configs.nearest(data, _SPLITS) and not Path(data).exists():
            raise configs.ConfigError(f"there is no split {data!r}{configs.instead(data, _SPLITS)}")
        with own_keras(), other_data(data, None) as other:
            from trainers.predictions.other_data import opened_on

            measured = opened_on(self.card, plan, other)
            return measured.run.parts.evaluation.measure(measured.split)

    def export(
        self,
        format: str = "keras",
        output: str | os.PathLike[str] | None = None,
        quantize: str | None = None,
    ) -> Path:
        """Write the model in a format, compare it with the original, and return its path.

        Args:
            format: "keras", "saved_model", "onnx" or "litert".
            output: where to; None means a file here, named after the weights.
            quantize: None, or "int8".

        Raises:
            ConfigError: what the format cannot hold, or a package that it needs is missing.
        """
        with own_keras():
            from trainers.exporting.export import export_run

            where = None if output is None else typed_path(output, "output")
            return export_run(self.card, format, where, quantize)

    def resume(self, **_: Any) -> NoReturn:
        """Raise `ConfigError`: `card.command` trains a run that could go on."""
        raise lacking(self.card, "a run that could go on")

    def plot(self, axis: str = "epoch") -> NoReturn:
        """Raise `ConfigError`: `card.command` trains a run that has curves."""
        raise lacking(self.card, "learning curves")

    def __fspath__(self) -> str:
        """Return the name, so that they may stand for it, as in `init_from=weights`."""
        return self.card.name

    def __repr__(self) -> str:
        return f"<trained weights {self.card.name}>"
