"""Saves a run: its state, its memory, and what they belong to."""

from __future__ import annotations

import configs
from trainers.assembly.assemble import Assembly
from trainers.engine.totals import Totals
from trainers.runs import checkpoints, state
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.folder import RunFolder
from trainers.runs.memory import RunMemory


class Saver:
    """Writes the checkpoints of one run.

    Args:
        folder: held by this process; one that does not write saves nothing.
        config: the resolved configuration.
        parts: dataset and step.
        saved: the step of the newest checkpoint, and whether that one owes a validation; None
            before the first.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: configs.Config,
        parts: Assembly,
        saved: tuple[int, bool] | None = None,
    ) -> None:
        self._folder, self._config, self._parts = folder, config, parts
        self._saved = saved

    def save(self, step: int, totals: Totals, memory: RunMemory) -> None:
        """Write a checkpoint of this step, unless it is already there.

        Raises:
            DivergedError: a weight is not finite.
            StorageError: it is not there afterwards, or another run has taken the folder.
        """
        if (step, memory.owes_validation) == self._saved and self._is_there(step):
            return
        # In every worker, so that all of them end alike where a weight is not finite.
        arrays = state.capture(self._parts.step, totals, step)
        self._saved = step, memory.owes_validation
        if not self._folder.writes:
            return
        metadata = {
            "config": configs.to_dict(self._config),
            "dataset_fingerprint": self._parts.dataset.fingerprint,
            "best_step": memory.best_step,
            "memory": memory.to_dict(),
        }
        checkpoint = Checkpoint(step, arrays, metadata)
        self._folder.require_held()
        checkpoints.save(self._folder.checkpoints, checkpoint, keep=self._config.keep_checkpoints)

    def _is_there(self, step: int) -> bool:
        # Nobody is told that a run is saved whose checkpoint was removed since.
        return not self._folder.writes or step in checkpoints.available(self._folder.checkpoints)
