"""Carry out what was asked for in this process, with what only Python can give."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import configs
import datasets
import zoo
from trainers.api.interrupt import Interruption
from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli.run_arguments import Invocation
from trainers.engine.callbacks import Callback
from trainers.errors import PreemptedError
from trainers.problems.plan import Plan
from trainers.runs.folder import NewFolder, refuse_existing
from trainers.timing.clock import Clock

if TYPE_CHECKING:
    import keras

    from trainers.objectives.given import GivenMetric
    from trainers.objectives.losses import Loss

_OF_FILES = ("arrays", "table")


@dataclass(frozen=True)
class Given:
    """What a run has of Python's, and no file can hold.

    Args:
        dataset: of examples in memory, or None where a name or a path says what they are.
        model: of the user's own, or None where a registered one is built.
        loss: the same.
        metrics: beside the usual one, by name.
    """

    dataset: datasets.Dataset | None = None
    model: keras.Model | None = None
    loss: Loss | None = None
    metrics: Mapping[str, GivenMetric] = field(default_factory=dict)

    def plan(self, config: configs.Config, typed: frozenset[str] | None, *, saved: bool) -> Plan:
        """Return the plan of a configuration with these, once it is known that they are enough.

        Args:
            config: not resolved.
            typed: as `resolve` takes it.
            saved: whether a run has done it before.

        Raises:
            ConfigError: the run was made with something that is not given.
        """
        plan = resolve(config, typed)
        if config.model.name == zoo.catalogue.entries.CUSTOM.name and self.model is None:
            raise configs.ConfigError(
                "this run's model was given from Python: give it again, as in "
                "trainers.open(path, model=...); .predict() and .model need nothing"
            )
        in_memory = config.dataset.name in _OF_FILES and config.dataset.data_path is None
        if in_memory and self.dataset is None:
            raise configs.ConfigError(
                "this run's data were in memory: give them again, as in trainers.open(path, "
                "data=(x, y)); .predict() and .model need nothing"
            )
        if self.dataset is None:
            require_known_data(plan, saved=saved)
        return dataclasses.replace(
            plan,
            dataset=self.dataset,
            model=self.model,
            loss=self.loss,
            metrics=self.metrics,
        )


def carried_out(
    invocation: Invocation,
    given: Given,
    callbacks: Sequence[Callback] = (),
    *,
    told: bool = True,
) -> Path:
    """Train as `trainers.run` does, and return the folder of the run; inside `own_keras`.

    Args:
        invocation: what was asked for.
        given: and with what.
        callbacks: called as the run goes.
        told: whether it says on standard error how it stands.

    Raises:
        KeyboardInterrupt: the run was interrupted; it is saved.
    """
    plan = given.plan(invocation.config, invocation.typed, saved=invocation.resume)
    if invocation.run_dir and not invocation.resume:
        refuse_existing(invocation.run_dir)
    plan = dataclasses.replace(plan, callbacks=tuple(callbacks), told=told)
    if told:
        for note in invocation.notes:
            print(f"note: {note}", file=sys.stderr)
    clock = Clock()
    from trainers.distribution.place import place
    from trainers.train import train

    folder = invocation.run_dir or NewFolder(plan.config.model.name)
    try:
        with Interruption() as stop:
            placement = place(plan.config, stop, shares_batches=plan.shares_batches)
            with placement.scope():
                train(plan, folder, stop, placement, resume=invocation.resume, clock=clock)
    except PreemptedError as error:
        saved = str(error).partition(";")[0]
        raise KeyboardInterrupt(
            f"{saved}; go on with trainers.open({str(_path(folder))!r}).resume()"
        ) from None
    return _path(folder)


def _path(folder: Path | NewFolder) -> Path:
    return folder.path if isinstance(folder, NewFolder) else folder
