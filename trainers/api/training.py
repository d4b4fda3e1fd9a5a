"""Carry out what was asked for in this process, with what only Python can give."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.api.interrupt import Interruption
from trainers.api.own_keras import own_keras
from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli.run_arguments import Invocation
from trainers.engine.callbacks import Callback
from trainers.errors import PreemptedError
from trainers.runs.folder import NewFolder, refuse_existing

if TYPE_CHECKING:
    import keras

    import datasets


@dataclass(frozen=True)
class Given:
    """What a run has of Python's, and no file can hold.

    Args:
        dataset: makes the examples from what was in memory, or None where a name or a path says
            what they are.
        model: of the user's own, or None where a registered one is built.
    """

    dataset: Callable[[], datasets.Dataset] | None = None
    model: keras.Model | None = None


def carried_out(
    invocation: Invocation,
    given: Given,
    callbacks: Sequence[Callback] = (),
    *,
    told: bool = True,
) -> Path:
    """Train as `trainers.run` does, and return the folder of the run.

    Args:
        invocation: what was asked for.
        given: and with what.
        callbacks: called as the run goes.
        told: whether it says on standard error how it stands.

    Raises:
        KeyboardInterrupt: the run was interrupted; it is saved.
    """
    with own_keras():
        plan = resolve(invocation.config, invocation.typed)
        data = given.dataset() if given.dataset else None
        if data is None:
            require_known_data(plan, saved=invocation.resume)
        if invocation.run_dir and not invocation.resume:
            refuse_existing(invocation.run_dir)
        plan = dataclasses.replace(
            plan, dataset=data, model=given.model, callbacks=tuple(callbacks), told=told
        )
        if told:
            for note in invocation.notes:
                print(f"note: {note}", file=sys.stderr)
        from trainers.distribution.place import place
        from trainers.train import train

        folder = invocation.run_dir or NewFolder(plan.config.model.name)
        try:
            with Interruption() as stop:
                placement = place(plan.config, stop, shares_batches=plan.shares_batches)
                with placement.scope():
                    train(plan, folder, stop, placement, resume=invocation.resume)
        except PreemptedError as error:
            saved = str(error).partition(";")[0]
            raise KeyboardInterrupt(
                f"{saved}; go on with trainers.open({str(_path(folder))!r}).resume()"
            ) from None
        return _path(folder)


def _path(folder: Path | NewFolder) -> Path:
    return folder.path if isinstance(folder, NewFolder) else folder
