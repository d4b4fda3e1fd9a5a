"""`trainers.fit` and `trainers.open`: a run from Python, by the engine of the command line."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import configs
from trainers.api.data import in_memory, is_given_by_name, named
from trainers.api.keras_callbacks import adapted
from trainers.api.models import loss_settings, metrics_of, model_settings
from trainers.api.optimizers import optimizer_settings
from trainers.api.own_keras import own_keras
from trainers.api.pretrained import Pretrained
from trainers.api.run import Run
from trainers.api.training import Given, carried_out
from trainers.cli import keyword_arguments
from trainers.cli.run_arguments import Invocation, saved_config
from trainers.pretrained.weights import typed_run
from trainers.runs.folder import read_saved_config, require_run
from zoo.catalogue.extensions import bring
from zoo.process import chatter

_OWN = ("data", "validation", "metrics", "callbacks", "class_names", "verbose")


def fit(
    model: Any,
    data: Any,
    validation: Any = None,
    *,
    optimizer: Any = None,
    loss: Any = None,
    metrics: Sequence[Any] = (),
    epochs: int | None = None,
    callbacks: Sequence[Any] = (),
    class_names: Sequence[str] = (),
    run_dir: str | os.PathLike[str] | None = None,
    verbose: bool = True,
    **settings: Any,
) -> Run:
    """Train a model and return its run; equal settings give the command line's weights, bit by bit.

    Args:
        model: a registered name, whose recipe is the beginning of the settings, or any
            `keras.Model` of one input and one output, which is trained from the weights it has and
            ends with the best.
        data: a dataset's name; a path: a folder of pictures, a table, an .npz file or a text; or
            examples in memory: (x, y) arrays, a `tf.data.Dataset`, a data frame with `target=`.
        validation: the same in memory; None draws them from `data`, as the test examples always
            are, see `validation_fraction` and `split_seed`, or takes the last ones, as Keras's
            `validation_split` does, with `held_out="last"`.
        optimizer: a name, a name and its settings as a dictionary, or one of Keras's objects.
        loss: the same, or a function of (y_true, y_pred) that gives one value per prediction.
        metrics: names, functions or objects of Keras's beside accuracy or mean absolute error.
        epochs: passes over the training set.
        callbacks: of `trainers.Callback`, or Keras's that look at epochs.
        class_names: of classes 0, 1, ... in arrays.
        run_dir: the folder of the run; by default a new one below `runs/`.
        verbose: whether the run says on standard error how it stands.
        **settings: every flag of `python -m trainers.run --help`, with underscores, as in
            `learning_rate=0.1`; options of the model too, as in `units=8`.

    Raises:
        ConfigError, ModelError, DataError, DivergedError, StorageError: one line that says what to
            do.
        KeyboardInterrupt: it was interrupted, and is saved.
    """
    chatter.expect(settings.get("precision"))
    with own_keras():
        watching = adapted(callbacks)
        wanted, own_model, notes = model_settings(model, settings)
        loss_words, loss_row = loss_settings(loss)
        rule = optimizer_settings(optimizer)
        wanted |= {**loss_words, **({} if rule is None else {"optimizer": rule})}
        wanted |= {} if epochs is None else {"epochs": epochs}
        by_name = is_given_by_name(data)
        wanted |= named(data, validation, settings) if by_name else {"dataset": _kind(data)}
        invocation = keyword_arguments.read({**settings, **wanted, "run_dir": run_dir}, others=_OWN)
        config = invocation.config
        dataset = None if by_name else in_memory(data, validation, config, class_names)
        given = Given(dataset, own_model, loss_row, metrics_of(metrics))
        invocation = dataclasses.replace(invocation, notes=[*invocation.notes, *notes])
        path = carried_out(_untyped(invocation, wanted), given, watching, told=verbose)
    return Run(path, given, config.imports)


def open(
    path: str | os.PathLike[str],
    *,
    data: Any = None,
    validation: Any = None,
    model: Any = None,
    loss: Any = None,
    metrics: Sequence[Any] = (),
    class_names: Sequence[str] = (),
    imports: Sequence[str] = (),
) -> Run | Pretrained:
    """Return a run that was made before, by the command line or from Python.

    Args:
        path: its folder, wherever it lies now; or the name of trained weights that come with the
            zoo, as "cnn:mnist", of which nothing else is given.
        data, validation, class_names: the examples in memory that it was made with, if it is to be
            measured or to go on.
        model, loss, metrics: the same, where they were objects or functions.
        imports: modules of the user's own that it was made with, as `--import` names them.

    Raises:
        ConfigError: the folder holds no run.
        UnknownWeightsError: there are no weights of this name.
    """
    bring(list(imports))
    folder = typed_run(os.fspath(path), "path")
    if not isinstance(folder, Path):
        if any(each is not None for each in (data, validation, model, loss)) or metrics:
            raise configs.ConfigError(
                f"trained weights, as {folder.name!r}, have their own data, model and loss; leave "
                "those out: .evaluate(...) takes other data"
            )
        return Pretrained(folder)
    require_run(folder)
    with own_keras():
        config = saved_config(folder, {}, tuple(imports), read_saved_config)
        dataset = None if data is None else in_memory(data, validation, config, class_names)
        own = None if model is None else model_settings(model, {})[1]
        given = Given(dataset, own, loss_settings(loss)[1], metrics_of(metrics))
    return Run(folder, given, tuple(imports))


def _kind(data: Any) -> str:
    from trainers.api.data import is_frame

    return "table" if is_frame(data) else "arrays"


def _untyped(invocation: Invocation, wanted: dict[str, Any]) -> Invocation:
    """Return the invocation in which what was found out, and not given, may be fitted to data."""
    if invocation.typed is None or "output_activation" not in wanted:
        return invocation
    return dataclasses.replace(
        invocation, typed=invocation.typed - {"model.output_activation", "precision"}
    )
