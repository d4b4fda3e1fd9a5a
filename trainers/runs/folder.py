"""The run folder: who may write in it, and its plain files.

config.yaml     the resolved configuration
metrics.csv     step, epoch, split, name, value: one row per logged figure
summary.json    how the run ended
model.keras     the best weights as an ordinary Keras model
checkpoints/    full state, newest few and the best
train/ validation/   TensorBoard event files
"""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout

import configs
from trainers.errors import StorageError
from trainers.output.files import replace_file

_COLUMNS = ("step", "epoch", "split", "name", "value")


def default_path(model: str) -> Path:
    """Return a new folder's path, e.g. runs/lstm-20260131-120000."""
    path = Path("runs") / f"{model}-{time.strftime('%Y%m%d-%H%M%S')}"
    return path if not path.exists() else path.with_name(f"{path.name}-{os.getpid()}")


def refuse_existing(path: Path) -> None:
    """Raise `ConfigError` if the folder already holds a run."""
    if (path / "config.yaml").exists():
        raise configs.ConfigError(
            f"{path} already holds a run; add --resume to continue it, or give another --run-dir"
        )


def require_run(path: Path) -> None:
    """Raise `ConfigError` unless a folder holds a run."""
    if not (path / "config.yaml").is_file():
        raise configs.ConfigError(
            f"{path} is not a run folder: it has no config.yaml; runs are under runs/ by default"
        )


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
        self._csv: TextIO | None = None
        if not writes:
            return
        if not resume:
            refuse_existing(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path / ".lock")
            # The kernel drops the lock when the process ends, however it ends.
            self._lock.acquire(timeout=0)
            self.checkpoints.mkdir(exist_ok=True)
        except Timeout as error:
            raise StorageError(
                f"another run is writing to {path}; wait for it, or give another --run-dir"
            ) from error
        except OSError as error:
            raise StorageError(
                f"cannot write to {path} ({error.strerror}); give a writable --run-dir"
            ) from error

    def write_config(self, config: configs.Config) -> None:
        """Write the resolved configuration."""
        if self.writes:
            replace_file(self.path / "config.yaml", configs.to_yaml(config).encode())

    def open_metrics(self, last_step: int) -> None:
        """Start or continue metrics.csv, dropping rows later than the state that was restored."""
        if not self.writes:
            return
        path = self.path / "metrics.csv"
        rows: list[dict[str, str]] = []
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                # A row cut short by a kill lacks its value and is dropped with the later ones.
                rows = [
                    row
                    for row in csv.DictReader(file)
                    if row.get("value") and int(row["step"]) <= last_step
                ]
        lines = [",".join(_COLUMNS)] + [",".join(row[c] for c in _COLUMNS) for row in rows]
        replace_file(path, ("\n".join(lines) + "\n").encode())
        self._csv = path.open("a", newline="", encoding="utf-8")

    def write_metrics(self, step: int, epoch: float, split: str, values: dict[str, float]) -> None:
        """Append one row per figure."""
        if not self.writes:
            return
        if self._csv is None:
            raise RuntimeError("open_metrics comes first")
        writer = csv.writer(self._csv, lineterminator="\n")
        for name, value in values.items():
            writer.writerow([step, f"{epoch:.6g}", split, name, f"{value:.9g}"])
        self._csv.flush()

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write how the run ended."""
        if not self.writes:
            return
        text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
        replace_file(self.path / "summary.json", text.encode())

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._csv is not None:
            self._csv.close()
        if self.writes:
            self._lock.release()
