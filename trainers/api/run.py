"""A run that Python holds: its curves, its figures, its model, its answers."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import configs
import zoo
from trainers.api.own_keras import own_keras
from trainers.api.training import Given, carried_out
from trainers.cli import keyword_arguments
from trainers.cli.run_arguments import saved_config
from trainers.errors import CheckpointError
from trainers.objectives.metrics import is_detail
from trainers.runs.folder import read_saved_config, require_run
from trainers.runs.logs.metrics import read as read_metrics

if TYPE_CHECKING:
    import keras
    import numpy as np
    from matplotlib.figure import Figure

_SPLITS = ("train", "validation", "test")


class Run:
    """A run and its folder.

    Args:
        path: the folder.
        given: what it was made with and no file holds; without it such a run is asked for it again
            where it is needed.
        imports: modules of the user's own that it was made with.
    """

    def __init__(
        self, path: Path, given: Given | None = None, imports: tuple[str, ...] = ()
    ) -> None:
        require_run(path)
        self.path, self._given, self._imports = path, given or Given(), imports
        self._model: keras.Model | None = None

    @functools.cached_property
    def config(self) -> configs.Config:
        """The configuration that ran."""
        return saved_config(self.path, {}, self._imports, read_saved_config)

    @property
    def summary(self) -> dict[str, Any]:
        """How the run ended, as summary.json has it.

        Raises:
            CheckpointError: it has not ended.
        """
        try:
            return json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(
                f"the run in {self.path} has not ended; go on with .resume()"
            ) from None
        except ValueError as error:
            raise CheckpointError(
                f"{self.path / 'summary.json'} is damaged ({error}); .resume() writes it anew"
            ) from error

    @property
    def history(self) -> dict[str, list[float]]:
        """The figures as they were logged, under Keras's names: `loss`, `val_loss`, ...

        Those of `epoch` and `val_epoch` say when.
        """
        found = read_metrics(self.path / "metrics.csv")
        result: dict[str, list[float]] = {}
        for row in found.rows if found else []:
            prefix = "" if row.split == "train" else "val_"
            if is_detail(row.name):
                continue
            epochs = result.setdefault(f"{prefix}epoch", [])
            if not epochs or epochs[-1] != float(row.epoch):
                epochs.append(float(row.epoch))
            result.setdefault(prefix + row.name, []).append(float(row.value))
        return result

    @property
    def model(self) -> keras.Model:
        """The model to use, with the best weights, as `model.keras` holds it.

        Raises:
            CheckpointError: the run has not ended.
        """
        if self._model is None:
            path = self.path / "model.keras"
            if not path.is_file():
                raise CheckpointError(
                    f"the run in {self.path} has no model yet; go on with .resume()"
                )
            with own_keras():
                self._model = zoo.load_model(path)
        return self._model

    def predict(self, inputs: Any, batch_size: int = 256) -> np.ndarray:
        """Return the model's answers, one row per input.

        Args:
            inputs: `[batch, ...]` as `model` takes them.
            batch_size: how many are in memory at once.
        """
        return self.model.predict(inputs, batch_size=batch_size, verbose=0)

    def evaluate(self, split: str = "test", *, checkpoint: str = "best") -> dict[str, float]:
        """Return the figures of a split, by name.

        Args:
            split: "train", "validation" or "test".
            checkpoint: the weights: "best" on validation, or "newest".

        Raises:
            ConfigError: another split.
        """
        if split not in _SPLITS:
            raise configs.ConfigError(
                f"there is no split {split!r}{configs.instead(split, _SPLITS)}"
            )
        with own_keras():
            from trainers.assembly.resolve import require_known_data, resolve
            from trainers.runs.opened import opened

            plan = resolve(self.config)
            require_known_data(plan, saved=True)
            run = opened(self.path, plan, checkpoint=checkpoint)
            return run.parts.evaluation.measure(run.parts.dataset.splits[split])

    def resume(self, *, callbacks: Any = (), verbose: bool = True, **settings: Any) -> Run:
        """Go on from the newest checkpoint, bit for bit, and return this run.

        Args:
            callbacks: as `fit` takes them.
            verbose: whether it says how it stands.
            **settings: what may change, as in `epochs=20`.
        """
        invocation = keyword_arguments.read(
            {"imports": self._imports, **settings}, read_saved_config, self.path
        )
        carried_out(invocation, self._given, callbacks, told=verbose)
        self._model = None
        self.__dict__.pop("config", None)
        return self

    def plot(self, axis: str = "epoch") -> Figure:
        """Return the learning curves as a figure of matplotlib.

        Args:
            axis: what runs to the right: "epoch", "step" or "log-step".
        """
        from trainers.reports.curves import figure_of

        return figure_of(self.path, axis)

    def __repr__(self) -> str:
        return f"<run of {self.config.model.name} on {self.config.dataset.name} in {self.path}>"
