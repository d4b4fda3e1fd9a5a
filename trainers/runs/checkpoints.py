"""Checkpoints: the full state as named arrays, written so that it is whole or absent.

One folder per checkpoint, `step-000000120/`, holds `state.safetensors` (arrays only: nothing in
it can be executed) and `manifest.json` (its SHA-256, the step, the configuration, what the best
was). A folder is written under a temporary name, synced and renamed; older ones are removed only
after that.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_arrays
from safetensors.numpy import save as serialize_arrays

from trainers.errors import CheckpointError, CheckpointFormatError, StorageError
from trainers.output.files import remove_litter, replaced

FORMAT = 1
_NAME = re.compile(r"step-(\d{9})")


@dataclass(frozen=True)
class Checkpoint:
    """A state at a step. `metadata` is JSON: configuration, best so far, data fingerprint."""

    step: int
    arrays: dict[str, np.ndarray]
    metadata: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint, *, keep: int) -> Path:
    """Write a checkpoint, then remove all but the `keep` newest and the best.

    Args:
        folder: the run's `checkpoints/`.
        checkpoint: its `metadata["best_step"]` names the step that is kept beside the newest.
        keep: at least 1.

    Raises:
        StorageError: what was written is not there afterwards.
        OSError: it cannot be written; the older ones stay, and nothing temporary.
    """
    if keep < 1:
        raise ValueError(f"keep is {keep}: a run without a checkpoint cannot be continued")
    final = _path(folder, checkpoint.step)
    # safetensors writes the memory as it lies, so a transposed view would come back scrambled.
    content = serialize_arrays({k: np.asarray(v, order="C") for k, v in checkpoint.arrays.items()})
    manifest = {
        "format": FORMAT,
        "step": checkpoint.step,
        "sha256": {"state.safetensors": hashlib.sha256(content).hexdigest()},
        "metadata": checkpoint.metadata,
    }
    text = json.dumps(manifest, indent=1).encode()
    # The manifest has a checksum of its own: a flipped bit in a setting is as bad as one in a
    # weight.
    seal = hashlib.sha256(text).hexdigest()
    folder.mkdir(exist_ok=True)
    # The folder exists only where its checkpoint proved damaged and a resumed run repeats its step.
    with replaced(final) as temporary:
        temporary.mkdir()
        (temporary / "state.safetensors").write_bytes(content)
        (temporary / "manifest.json").write_bytes(text)
        (temporary / "manifest.sha256").write_text(seal, encoding="utf-8")
    _require_written(folder, checkpoint.step, seal)
    _prune(folder, checkpoint.step, keep, checkpoint.metadata.get("best_step"))
    return final


def _path(folder: Path, step: int) -> Path:
    return folder / f"step-{step:09d}"


def _require_written(folder: Path, step: int, seal: str) -> None:
    # Before older ones are removed, and before anyone is told that the run is saved.
    if step not in available(folder) or mark(folder, step) != int(seal[:5], 16):
        raise StorageError(
            f"the checkpoint of step {step} was written to {folder} and is not there: something "
            "else removes or changes files in it; nothing older was removed"
        )


def _prune(folder: Path, written: int, keep: int, best_step: int | None) -> None:
    # A run that went on from an older checkpoint has damaged ones before it: they are not among
    # the newest, or they would push out what was just written. Their steps overwrite them.
    steps = [step for step in available(folder) if step < written]
    for step in steps[keep - 1 :]:
        if step != best_step:
            shutil.rmtree(_path(folder, step))
    remove_litter(folder)


def available(folder: Path) -> list[int]:
    """Return the steps that have a checkpoint, newest first, by step and never by clock."""
    if not folder.is_dir():
        return []
    matches = (_NAME.fullmatch(entry.name) for entry in folder.iterdir())
    return sorted((int(match.group(1)) for match in matches if match), reverse=True)


def mark(folder: Path, step: int) -> int | None:
    """Return a number below 2^20 that tells a checkpoint from others, None where it is missing."""
    try:
        return int((_path(folder, step) / "manifest.sha256").read_text(encoding="utf-8")[:5], 16)
    except (OSError, ValueError):
        return None


def load(folder: Path, step: int) -> Checkpoint:
    """Read one checkpoint and verify it.

    Raises:
        CheckpointFormatError: it is of a format that this release does not read.
        CheckpointError: it is missing or damaged.
    """
    path = _path(folder, step)
    try:
        text = (path / "manifest.json").read_bytes()
        if (path / "manifest.sha256").read_text(encoding="utf-8") != hashlib.sha256(
            text
        ).hexdigest():
            raise CheckpointError(f"checkpoint {path} is damaged: manifest.json does not match")
        manifest = json.loads(text)
        if manifest["format"] != FORMAT:
            raise CheckpointFormatError(
                f"checkpoint {path} has format {manifest['format']}; this release reads {FORMAT}: "
                "continue it with the release that wrote it"
            )
        content = (path / "state.safetensors").read_bytes()
        if manifest["sha256"]["state.safetensors"] != hashlib.sha256(content).hexdigest():
            raise CheckpointError(f"checkpoint {path} is damaged: state.safetensors does not match")
        return Checkpoint(manifest["step"], parse_arrays(content), dict(manifest["metadata"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, SafetensorError) as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {error}") from error


def load_newest(folder: Path) -> Checkpoint:
    """Read the newest checkpoint that is intact, naming every newer one that is not.

    Raises:
        CheckpointFormatError: the newest is of another release; what it did since is not undone.
        CheckpointError: there is none; a run never restarts from zero silently.
    """
    steps = available(folder)
    for step in steps:
        try:
            return load(folder, step)
        except CheckpointFormatError:
            raise
        except CheckpointError as error:
            print(f"warning: {error}; trying the one before it", file=sys.stderr)
    found = f"all {len(steps)} are damaged" if steps else "it has none"
    raise CheckpointError(
        f"{folder} has no usable checkpoint ({found}); start again with another --run-dir"
    )
