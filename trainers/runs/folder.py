"""The run folder: who may write in it, and its plain files.

config.yaml     the resolved configuration
splits.json     which examples of the user's own data are in which split
metrics.csv     step, epoch, split, name, value: one row per logged figure
summary.json    how the run ended
model.keras     the best weights as a Keras model from raw inputs to answers
report.html     the run on one page; test_examples.npz, what each test example is worth
trackers.json   what trackers call the run, where it has any
checkpoints/    full state, newest few and the best
events.out.tfevents.*, train/ validation/   TensorBoard event files
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, SoftFileLock, Timeout

import configs
import zoo
from trainers.cli.chosen_recipe import config_yaml
from trainers.cli.run_arguments import saved_config
from trainers.errors import NO_ROOM, CheckpointError, CheckpointFormatError, StorageError
from trainers.output.files import remove_litter, replace_file, require_writable
from trainers.runs.logs.history import SPLITS, Row
from trainers.runs.logs.metrics import MetricsFile
from trainers.several.folder import refuse_several
from zoo.errors import did_you_mean
from zoo.process.shell import shown

# Where files and folders are replaced.
_WRITTEN_IN = (".", "checkpoints", "samples", *SPLITS, "projector", "train/projector")


@dataclass
class NewFolder:
    """A folder that a run makes for itself when it begins, e.g. runs/lstm-20260131-120000.

    Args:
        model: which it is named after.
        path: what it will lie in, until it is there: see `trainers.runs.shared_start.claimed`.
    """

    model: str
    path: Path = Path("runs")


def claim(model: str) -> tuple[int, int]:
    """Make a folder that no other process has made, and return what it is called by.

    Returns:
        The time as a number, year first and seconds last, and 1, or 2 and so on where as many runs
        of the model began in that second; `new_path` makes its path of them.

    Raises:
        StorageError: it cannot be made.
    """
    second = int(time.strftime("%Y%m%d%H%M%S"))
    for number in itertools.count(1):
        path = new_path(model, second, number)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            break
        except FileExistsError as error:
            if not path.parent.is_dir():
                raise _unwritable(path.parent, error) from error
        except OSError as error:
            raise _unwritable(path.parent, error) from error
    return second, number


def new_path(model: str, second: int, number: int) -> Path:
    """Return the path of the folder that `claim` has made."""
    day, clock = divmod(second, 1_000_000)
    suffix = f"-{number}" if number > 1 else ""
    return Path("runs") / f"{model}-{day:08d}-{clock:06d}{suffix}"


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"cannot write to {path} ({error.strerror}); give a writable --run-dir")


def holds_run(path: Path) -> bool:
    """Return whether a folder holds a run.

    Until config.yaml is there, a run has the checkpoint of its start, from which nothing is lost.
    """
    return (path / "config.yaml").exists() or any(_steps(path))


def refuse_existing(path: Path) -> None:
    """Raise `ConfigError` if the folder already holds a run, or several."""
    refuse_several(path)
    if holds_run(path):
        raise configs.ConfigError(
            f"{shown(path)} already holds a run; add --resume to continue it, or give another "
            "--run-dir"
        )


def require_run(path: Path) -> None:
    """Raise `ConfigError` unless a folder holds a run."""
    if not (path / "config.yaml").is_file() and not _steps(path):
        refuse_several(path)
        weights = "" if path.exists() else did_you_mean(path, zoo.list_weights())
        raise configs.ConfigError(
            f"{shown(path)} is not a run folder: it has no config.yaml; {weights}runs are under "
            "runs/ by default"
        )


def _steps(path: Path) -> list[int]:
    from trainers.runs import checkpoints  # NumPy is not for who only asks for help

    return checkpoints.available(path / "checkpoints")


def read_saved_config(run_dir: Path) -> dict[str, Any]:
    """Return the values of a run's config.yaml, or its newest checkpoint's if only those can run.

    Raises:
        ConfigError: the folder holds no run, or config.yaml is damaged and so is every checkpoint.
        CheckpointFormatError: both are of another release.
    """
    values: dict[str, Any] = {}
    try:
        values = config_yaml(run_dir)
        _require_runnable(run_dir, values)
        return values
    except (configs.ConfigError, zoo.ModelError) as error:
        saved = _newest_config(run_dir)
        if saved is None:
            if values:
                return values  # who asked for them says what is wrong
            raise
        try:
            _require_runnable(run_dir, saved)
        except (configs.ConfigError, zoo.ModelError):
            return values or saved  # as where both need modules that are not imported
        path = run_dir / "config.yaml"
        wrong = f"is damaged ({error})" if path.exists() else "is missing"
        print(
            f"warning: {path} {wrong}; the configuration in the newest checkpoint is taken",
            file=sys.stderr,
        )
        return saved


def _require_runnable(run_dir: Path, values: dict[str, Any]) -> None:
    imports = values.get("imports")
    words = [str(word) for word in imports] if isinstance(imports, list | tuple) else []
    saved_config(run_dir, {}, words, lambda _: copy.deepcopy(values))


def _newest_config(run_dir: Path) -> dict[str, Any] | None:
    from trainers.runs import checkpoints  # NumPy is for who needs it

    try:
        return checkpoints.load_newest(run_dir / "checkpoints").metadata["config"]
    except CheckpointFormatError:
        raise
    except (CheckpointError, KeyError):
        return None


class RunFolder:
    """A run's folder, held by this process until its context ends.

    Args:
        path: the folder.
        resume: whether it may hold a run already.
        writes: False in a worker that is not the chief: it reads checkpoints, and every method
            that writes does nothing.

    Raises:
        ConfigError: the folder already holds a run and `resume` was not asked for.
        StorageError: the folder cannot be written, or another run holds it.
    """

    def __init__(self, path: Path, *, resume: bool, writes: bool = True) -> None:
        self.path, self.writes = path, writes
        self.checkpoints = path / "checkpoints"
        self._metrics: MetricsFile | None = None
        if not writes:
            return
        if not resume:
            refuse_existing(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._take()
            self.checkpoints.mkdir(exist_ok=True)
            for folder in (path / name for name in _WRITTEN_IN):
                if folder.is_dir():
                    remove_litter(folder)
            # What is written first, and what is written only after an interval.
            for folder in (path, self.checkpoints):
                require_writable(folder)
        except OSError as error:
            raise _unwritable(path, error) from error

    def _take(self) -> None:
        """Hold the folder: the kernel drops the lock when the process ends, however it ends."""
        self._lock = FileLock(self.path / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            where = ""
            if isinstance(self._lock, SoftFileLock):  # on a system without the kernel's
                lock = shown(self.path / ".lock")
                where = f"; locks outlive a killed run on this disk: if none runs, move {lock} away"
            raise StorageError(
                f"another run is writing to {self.path}; wait for it, or give another --run-dir"
                f"{where}"
            ) from error
        except OSError as error:  # something else has its name
            raise _unwritable(self.path / ".lock", error) from error
        self._held = (self.path / ".lock").stat()

    def require_held(self) -> None:
        """Raise `StorageError` if another run has taken the folder; take it again if none has.

        A lock is of a file, not of its name: who removes the file lets the next one in.
        """
        if not self.writes:
            return
        try:
            if os.path.samestat((self.path / ".lock").stat(), self._held):
                return
        except FileNotFoundError:
            pass
        self._take()

    def write_config(self, config: configs.Config) -> None:
        """Write the resolved configuration."""
        if self.writes:
            replace_file(self.path / "config.yaml", configs.to_yaml(config).encode())

    def write_splits(self, text: str | None) -> None:
        """Write which examples are in which split; None where the data's own splits decide."""
        if not self.writes or text is None:
            return
        path = self.path / "splits.json"
        if path.exists() and path.read_bytes() != text.encode():
            # The examples are the same, or the run would have been refused.
            print(
                f"note: {shown(path)} is written anew: it is damaged, or examples are called or "
                "placed otherwise now",
                file=sys.stderr,
            )
        replace_file(path, text.encode())

    def open_metrics(self, rows: Sequence[Row]) -> None:
        """Start or continue metrics.csv, with the rows of the run so far."""
        if self.writes:
            self._metrics = MetricsFile(self.path / "metrics.csv", rows)

    def write_metrics(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        if not self.writes:
            return
        if self._metrics is None:
            raise RuntimeError("open_metrics comes first")
        self._metrics.write(rows)

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write how the run ended."""
        if not self.writes:
            return
        text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
        replace_file(self.path / "summary.json", text.encode())

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._metrics is not None:
            self._metrics.close()
        if self.writes:
            self._lock.release()
        if isinstance(error, OSError) and error.errno in NO_ROOM and _steps(self.path):
            reason = " ".join(str(error).split())
            raise StorageError(
                f"storage: {reason}; free some space, then continue with --resume"
            ) from error
