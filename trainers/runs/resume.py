"""Where a run stands when it starts: at step 0, or where its newest intact checkpoint left it.

What a resume restores: every variable of the step (weights, optimizer, random seeds, carried
states), the open sums of the logging interval (`state`), and the run's memory of its best figure
and its seconds (`memory`). The examples' order needs nothing: it is a function of the step number.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import configs
from trainers.assembly.assemble import Assembly
from trainers.engine import finite
from trainers.engine.loop import Call
from trainers.engine.totals import Totals
from trainers.errors import CheckpointError
from trainers.runs import checkpoints, compatibility
from trainers.runs.folder import RunFolder
from trainers.runs.memory import RunMemory
from trainers.runs.state import restore
from trainers.timing.clock import Clock


class Standing(NamedTuple):
    """Updates done, the open sums since the last logged point, and what the run remembers."""

    step: int
    totals: Totals
    memory: RunMemory

    @property
    def saved(self) -> tuple[int, bool]:
        """The step, and whether a validation is owed: what a checkpoint of it is known by."""
        return self.step, self.memory.owes_validation

    def after(self, call: Call) -> Standing:
        """Return where the run stands after one compiled call.

        Raises:
            DivergedError: its loss was not finite.
        """
        finite.require_loss(call)
        self.totals.add(call.sums, call.weight)
        self.memory.count(call)
        return self._replace(step=self.step + call.updates)


def begun(parts: Assembly, clock: Clock, initial_weights: dict[str, Any] | None = None) -> Standing:
    """Return where a new run stands, that has taken `initial_weights` from another or none."""
    memory = RunMemory(clock=clock, initial_weights=initial_weights)
    return Standing(0, Totals(parts.step.names), memory)


def resumed(
    folder: RunFolder,
    config: configs.Config,
    parts: Assembly,
    clock: Clock,
    *,
    told: bool = True,
) -> Standing:
    """Put the newest intact checkpoint's state back into the step, and return where that is.

    Args:
        folder: of the run.
        config: resolved.
        parts: what the configuration became.
        clock: of this start.
        told: whether what was changed since is said on standard error.

    Raises:
        CheckpointError: no checkpoint can be used, or it belongs to another model or dataset.
        ConfigError: a setting that shapes the weights was changed.
    """
    checkpoint = checkpoints.load_newest(folder.checkpoints)
    compatibility.require_same_run(
        checkpoint.metadata, config, parts.dataset.fingerprint, folder.path
    )
    changes = compatibility.allowed_changes(checkpoint.metadata, config)
    if changes and folder.writes and told:
        # Of config.yaml, too: nobody may have meant to change that.
        print(f"note: other than in the checkpoint: {', '.join(changes)}", file=sys.stderr)
    totals = Totals(parts.step.names)
    try:
        memory = RunMemory.of(checkpoint.metadata["memory"], clock)
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"the checkpoint of step {checkpoint.step} does not say how the run stood: {error!r}"
        ) from error
    restore(parts.step, totals, checkpoint.arrays)
    return Standing(checkpoint.step, totals, memory)
