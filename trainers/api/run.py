"""A run that Python holds: its curves, its figures, its model, its answers."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import configs
import datasets
import zoo
from trainers.api.keras_callbacks import adapted
from trainers.api.own_keras import own_keras
from trainers.api.training import Given, carried_out
from trainers.assembly.resolve import resolve
from trainers.cli import keyword_arguments
from trainers.cli.run_arguments import saved_config
from trainers.errors import CheckpointError
from trainers.objectives.metrics import is_detail
from trainers.runs.folder import read_saved_config, require_run
from trainers.runs.logs.metrics import read as read_metrics
from zoo.errors import reason_of
from zoo.process.shell import typed_path

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from trainers.predictions.predictor import Predictor

# Before a figure's name, as in Keras.
_SPLITS = {"train": "", "validation": "val_", "test": "test_"}
# Several threads may ask a run at once; the first one loads its model.
_LOADING = threading.Lock()


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
        self._predictor: Predictor | None = None

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

        Those of `epoch`, `val_epoch` and `test_epoch` say when; NaN is one not logged then.
        """
        found, result = read_metrics(self.path / "metrics.csv"), dict[str, list[float]]()
        for row in found.rows if found else []:
            if is_detail(row.name):
                continue
            prefix = _SPLITS[row.split]
            epochs = result.setdefault(f"{prefix}epoch", [])
            if not epochs or epochs[-1] != float(row.epoch):
                epochs.append(float(row.epoch))
            values = result.setdefault(prefix + row.name, [])
            values += [np.nan] * (len(epochs) - 1 - len(values)) + [float(row.value)]
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
            with _LOADING, own_keras():
                try:
                    self._model = self._model or zoo.load_model(path)
                except zoo.ModelFileError as error:
                    if self._given.model is None:
                        raise
                    self._model = self._in_memory()
                    print(
                        f"warning: {path.name} holds a class that Keras cannot build again "
                        f"({reason_of(error.__cause__ or error, 120)}); the model here is the one "
                        "in memory",
                        file=sys.stderr,
                    )
        return self._model

    def _in_memory(self) -> keras.Model:
        """Return what `model.keras` holds, of the very weights of the user's model."""
        from trainers.assembly.deployed import deployed
        from trainers.runs.opened import opened

        run = opened(self.path, self._given.plan(self.config, None, saved=True))
        parts = run.parts
        return deployed(run.plan.config, parts.dataset, parts.problem, parts.step.model)

    def predict(self, inputs: Any, batch_size: int = 256) -> np.ndarray:
        """Return the model's answers to raw inputs, one row each.

        They are probabilities `[inputs, classes]`, numbers `[inputs, targets]` in the data's own
        units, or the next symbol's probabilities.

        Args:
            inputs: an array; a `tf.data.Dataset` of batches; a list of pictures of any sizes, or of
                sequences; a data frame or a dictionary of columns; a text or several; or paths.
            batch_size: how many are in memory at once.

        Raises:
            DataError: the model does not take them.
        """
        from trainers.api.raw_inputs import answers

        return answers(self._answering(), inputs, batch_size)

    @property
    def names(self) -> list[str]:
        """What the numbers of an answer stand for: classes, symbols or targets."""
        return self._answering().names

    def _answering(self) -> Predictor:
        """Return the model as what answers; its graph is made once."""
        from trainers.predictions.predictor import Predictor

        if self._predictor is None:
            self._predictor = Predictor.of(self.model)
        return self._predictor

    def evaluate(
        self, data: Any = "test", *, checkpoint: str = "best", target: str | None = None
    ) -> dict[str, float]:
        """Return the figures of a split, or of other data, by name.

        Args:
            data: "train", "validation" or "test"; or, as `fit` takes them, a dataset's name, a
                path, (x, y), or a data frame.
            checkpoint: the weights: "best" on validation, or "newest".
            target: of a table whose column to predict is called otherwise than the run's.

        Raises:
            ConfigError: neither a split nor data.
            DataError: data that the model does not take.
        """
        known = not isinstance(data, str) or data in (*_SPLITS, *datasets.list_datasets())
        if not known and configs.nearest(data, _SPLITS) and not Path(data).exists():
            raise configs.ConfigError(f"there is no split {data!r}{configs.instead(data, _SPLITS)}")
        if not isinstance(data, str) or data not in _SPLITS:
            return self._evaluate_on(data, checkpoint, target)
        split = data
        with own_keras(), self._weights_kept():
            from trainers.runs.opened import opened

            plan = self._given.plan(self.config, None, saved=True)
            run = opened(self.path, plan, checkpoint=checkpoint)
            return run.parts.evaluation.measure(run.parts.dataset.splits[split])

    def _evaluate_on(self, data: Any, checkpoint: str, target: str | None) -> dict[str, float]:
        from trainers.api.other_data import other_data

        with own_keras(), self._weights_kept(), other_data(data, target) as other:
            from trainers.predictions.other_data import opened_on

            plan = dataclasses.replace(
                resolve(self.config),
                model=self._given.model,
                loss=self._given.loss,
                metrics=self._given.metrics,
            )
            measured = opened_on(self.path, plan, other, checkpoint=checkpoint)
            return measured.run.parts.evaluation.measure(measured.split)

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
        with own_keras():
            carried_out(invocation, self._given, adapted(callbacks), told=verbose)
        self._model = self._predictor = None
        self.__dict__.pop("config", None)
        return self

    def plot(self, axis: str = "epoch") -> Figure:
        """Return the learning curves as a figure of matplotlib.

        Args:
            axis: what runs to the right: "epoch", "step" or "log-step".
        """
        from trainers.api.shown import showing_itself
        from trainers.reports.curves import figure_of

        return showing_itself(figure_of(self.path, axis))

    def report(self) -> Path:
        """Write the page that tells the run, `report.html` in its folder, and return its path."""
        from trainers.reports.pages.run_page import FILE, write_report

        write_report(self.path)
        return self.path / FILE

    def export(
        self,
        format: str = "keras",
        output: str | os.PathLike[str] | None = None,
        quantize: str | None = None,
    ) -> Path:
        """Write the model in a format, compare it with the original, and return its path.

        Args:
            format: "keras", "saved_model", "onnx" or "litert".
            output: where to; None means the run's folder.
            quantize: None, or "int8".

        Raises:
            ConfigError: what the format cannot hold, or a package that it needs is missing.
        """
        with own_keras():
            from trainers.exporting.export import export_run

            where = None if output is None else typed_path(output, "output")
            return export_run(self.path, format, where, quantize, dataset=self._given.dataset)

    @contextlib.contextmanager
    def _weights_kept(self) -> Iterator[None]:
        """Leave a model of the user's own as it is, whose weights are put in to be measured."""
        variables = self._given.model.variables if self._given.model is not None else []
        before = [variable.numpy() for variable in variables]
        try:
            yield
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)

    def __fspath__(self) -> str:
        """Return the folder, so that a run may stand for it, as in `init_from=run`."""
        return str(self.path)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the figures of the best weights, and the curves."""
        from trainers.api.shown import page

        ended = (self.path / "summary.json").is_file()
        best = self.summary["best"] if ended else {}
        has_curves = any(name.startswith("val_") for name in self.history)
        return page(repr(self).strip("<>"), best, self.plot() if has_curves else None)

    def __repr__(self) -> str:
        return f"<run of {self.config.model.name} on {self.config.dataset.name} in {self.path}>"
