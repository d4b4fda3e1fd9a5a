"""To Weights & Biases: into a folder, unless its server is asked for."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainers.engine.callbacks import CallbackMoment
from trainers.tracking.tracker import Tracker, require, settings_of

_MODE = "WANDB_MODE"


class WandbCallback(Tracker):
    """Tells Weights & Biases of a run.

    >>> trainers.fit("cnn", "digits", callbacks=[trainers.WandbCallback("digits")])

    Args:
        project: which it belongs to.
        mode: "offline", "online" or "disabled"; None takes WANDB_MODE or, without it, "offline":
            `wandb sync wandb/offline-run-*` sends it later.
        run_name: what the run is called; None for its folder's name.

    Raises:
        ConfigError: the package wandb is missing.
    """

    def __init__(
        self, project: str = "zoo", *, mode: str | None = None, run_name: str | None = None
    ) -> None:
        require("wandb", "WandbCallback")
        super().__init__("wandb")
        self._project, self._mode, self._run_name = project, mode, run_name
        self._run: Any = None

    def begin(self, moment: CallbackMoment, known: str | None) -> str:
        """Begin a run of theirs, or go on under the id of before, and return it."""
        import wandb

        mode: Any = self._mode or os.environ.get(_MODE) or "offline"
        own = known or uuid.uuid4().hex[:12]
        self._run = wandb.init(
            project=self._project,
            id=own,
            name=self._run_name or moment.folder.name,
            config=settings_of(moment),
            mode=mode,
            # Else a second run of a process writes where its first one did.
            dir=os.environ.get("WANDB_DIR") or str(Path.cwd()),
            # Without their server nothing is there to go on with; the id joins both when synced.
            resume="allow" if mode == "online" else None,
            settings=wandb.Settings(silent=True, console="off"),
        )
        return own

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """Log figures of an update."""
        self._run.log(dict(values), step=step)

    def end(self, values: Mapping[str, float], step: int, files: list[Path]) -> None:
        """Write the test figures, keep the files, and end the run."""
        import wandb

        self._run.summary.update(dict(values))
        kept = wandb.Artifact(f"run-{self._run.id}", type="model")
        for path in files:
            kept.add_file(str(path))
        self._run.log_artifact(kept)
        self._run.finish()
