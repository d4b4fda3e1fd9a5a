"""`trainers.fit` and `trainers.open`: a run from Python, by the engine of the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import zoo
from trainers.api.data import named
from trainers.api.run import Run
from trainers.api.training import Given, carried_out
from trainers.cli import keyword_arguments
from trainers.engine.callbacks import Callback
from zoo.process.shell import typed_path

_OWN = ("data", "validation", "metrics", "callbacks", "verbose")


def fit(
    model: str,
    data: Any,
    *,
    optimizer: Any = None,
    loss: Any = None,
    epochs: int | None = None,
    callbacks: Sequence[Callback] = (),
    run_dir: str | os.PathLike[str] | None = None,
    verbose: bool = True,
    **settings: Any,
) -> Run:
    """Train a model and return its run; equal settings give the command line's weights, bit by bit.

    Args:
        model: a registered name, whose recipe is the beginning of the settings.
        data: a dataset's name, or a path of the user's own data.
        optimizer: a name, or a name and its settings as a dictionary.
        loss: the same.
        epochs: passes over the training set.
        callbacks: called as the run goes, see `trainers.Callback`.
        run_dir: the folder of the run; by default a new one below `runs/`.
        verbose: whether the run says on standard error how it stands.
        **settings: every flag of `python -m trainers.run --help`, with underscores, as in
            `learning_rate=0.1`; options of the model too, as in `units=8`.

    Raises:
        ConfigError, ModelError, DataError, DivergedError, StorageError: one line that says what to
            do.
        KeyboardInterrupt: it was interrupted, and is saved.
    """
    given = {"optimizer": optimizer, "loss": loss, "epochs": epochs}
    wanted = {"model": model, **{k: v for k, v in given.items() if v is not None}, **settings}
    wanted |= named(data, settings.get("dataset"), settings.get("target"))
    invocation = keyword_arguments.read({**wanted, "run_dir": run_dir}, others=_OWN)
    path = carried_out(invocation, Given(), callbacks, told=verbose)
    return Run(path, Given(), invocation.config.imports)


def open(path: str | os.PathLike[str], *, imports: Sequence[str] = ()) -> Run:
    """Return a run that was made before, by the command line or from Python.

    Args:
        path: its folder, wherever it lies now.
        imports: modules of the user's own that it was made with, as `--import` names them.

    Raises:
        ConfigError: the folder holds no run.
    """
    zoo.catalogue.extensions.bring(imports)
    return Run(typed_path(path, "path"), Given(), tuple(imports))
