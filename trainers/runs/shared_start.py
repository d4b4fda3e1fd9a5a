"""Workers start from one checkpoint, in one folder that all of them see and call alike."""

from __future__ import annotations

import time
from pathlib import Path

import configs
from trainers.distribution.placement import Placement
from trainers.runs import checkpoints
from trainers.runs.folder import NewFolder, claim, new_path

# A network's file system may show the other workers the chief's files only after a while.
_SHARED_FOLDER_SECONDS = 10.0


def claimed(placement: Placement, folder: NewFolder) -> Path:
    """Return the path of a new folder, made by the chief; the other workers take its name.

    Raises:
        StorageError: it cannot be made.
    """
    second, number = claim(folder.model) if placement.is_chief else (0, 0)
    second, number = int(placement.from_chief(second)), int(placement.from_chief(number))
    folder.path = new_path(folder.model, second, number)
    return folder.path


def require_one_start(placement: Placement, folder: Path, step: int) -> None:
    """Raise `ConfigError` unless all workers see one checkpoint of `step` in their `folder`."""
    if placement.workers == 1:
        return
    placement.barrier()  # the chief has written it
    end = time.monotonic() + _SHARED_FOLDER_SECONDS
    while (mark := checkpoints.mark(folder, step)) is None and time.monotonic() < end:
        time.sleep(0.1)
    chiefs_step = placement.from_chief(step)
    if not placement.all_equal(-1 if mark is None else mark):
        raise configs.ConfigError(
            f"the workers do not all see the chief's checkpoint of step {chiefs_step:.0f}; "
            f"--run-dir must be one folder that they share, here it is {folder.parent}"
        )
