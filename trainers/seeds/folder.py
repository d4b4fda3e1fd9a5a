"""The folder of several seeds: a run's folder for each, and what all of them are.

several.json    {"kind": "seeds", "seeds": [...], "typed": [...], "config": {...}}
seed-0000/ ...  a run's folder for each seed
summary.json    {"kind": "seeds", ...}: the figures over the seeds, see `trainers.seeds.summary`
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import configs
from trainers.errors import StorageError
from trainers.output.files import replace_file
from trainers.runs.folder import read_saved_config
from trainers.several import folder as several
from zoo.process.shell import shown


@dataclass(frozen=True)
class Sweep:
    """What is trained with several seeds.

    Args:
        seeds: in order.
        config: resolved, before it was fitted to the data; its seed is the first one.
        typed: the dotted keys that the user gave, None where all of it is meant.
    """

    seeds: tuple[int, ...]
    config: dict[str, Any]
    typed: frozenset[str] | None


def runs_of(folder: Path) -> list[Path]:
    """Return the folders of a sweep's runs, in the order of their seeds.

    None are returned of a folder that holds no sweep: a run, a study, or anything else. A run may
    not have ended yet: what has, has a summary.json.
    """
    return several.runs_in(folder) if is_sweep(folder) else []


def is_sweep(folder: Path) -> bool:
    """Return whether a folder holds the runs of several seeds."""
    values = several.read(folder)
    return values is not None and values["kind"] == "seeds"


def run_folder(folder: Path, seed: int) -> Path:
    """Return where a seed's run is."""
    return folder / f"seed-{seed:04d}"


def read(folder: Path) -> Sweep:
    """Return what a folder's several.json says.

    Raises:
        ConfigError: it holds no sweep, or the file is damaged.
    """
    values = several.read(folder) if is_sweep(folder) else None
    if values is None:
        raise configs.ConfigError(
            f"{shown(folder)} holds no runs of several seeds; leave --seeds out to continue the "
            "run that is there"
        )
    try:
        typed = values["typed"]
        return Sweep(
            tuple(map(int, values["seeds"])),
            dict(values["config"]),
            None if typed is None else frozenset(typed),
        )
    except (KeyError, TypeError, ValueError):
        raise configs.ConfigError(
            f"{shown(folder / several.NAME)} is damaged; continue each run below it by itself, "
            "with --resume --run-dir"
        ) from None


def write(folder: Path, sweep: Sweep) -> None:
    """Write several.json.

    Raises:
        StorageError: it cannot be written.
    """
    values = {
        "kind": "seeds",
        "seeds": sweep.seeds,
        "typed": None if sweep.typed is None else sorted(sweep.typed),
        "config": sweep.config,
    }
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / several.NAME, text.encode())
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder} ({error.strerror}); give a writable --run-dir"
        ) from error


def saved_values(run_dir: Path) -> dict[str, Any]:
    """Return the configuration that a folder goes on with: a sweep's, or a run's own.

    Raises:
        ConfigError, CheckpointError: there is none, or it is damaged.
    """
    return read(run_dir).config if is_sweep(run_dir) else read_saved_config(run_dir)


def summary_of(path: Path) -> dict[str, Any] | None:
    """Return a run's summary; None where it has none, or a damaged one."""
    try:
        values = json.loads((path / "summary.json").read_text(encoding="utf-8"))
        return values if {"best", "steps"} <= values.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def finished(folder: Path, seeds: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the summaries of the seeds whose runs have ended, in order."""
    found = {seed: summary_of(run_folder(folder, seed)) for seed in seeds}
    return {seed: values for seed, values in found.items() if values is not None}


def joined(known: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the seeds that were there, and behind them those that are new."""
    return tuple(dict.fromkeys((*known, *wanted)))
