"""A saved run, opened: its configuration, its parts, and the weights of one of its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.data import load_data
from trainers.engine.totals import Totals
from trainers.errors import CheckpointError
from trainers.problems.plan import Plan
from trainers.runs import checkpoints, compatibility
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.state import restore


@dataclass(frozen=True)
class OpenedRun:
    """A run whose step holds the weights of a checkpoint.

    Args:
        plan: what the run did.
        parts: its dataset, step and evaluation.
        step: the checkpoint's.
    """

    plan: Plan
    parts: Assembly
    step: int


def opened(run_dir: Path, plan: Plan, *, checkpoint: str = "best") -> OpenedRun:
    """Open a run to measure or use its weights; nothing is written.

    Args:
        run_dir: the run's folder.
        plan: of its saved configuration, resolved; where its data lie may differ.
        checkpoint: "best", or "newest".

    Raises:
        CheckpointError: no checkpoint can be used, or the data are not those of the run.
        ConfigError: the configuration is not the checkpoint's.
    """
    chosen = chosen_checkpoint(run_dir / "checkpoints", checkpoint)
    dataset, plan, _ = load_data(plan)
    compatibility.require_same_run(chosen.metadata, plan.config, dataset.fingerprint, run_dir)
    parts = assemble(plan, dataset)
    restore(parts.step, Totals(parts.step.names), chosen.arrays)
    for read in parts.hooks.read:
        read(run_dir)
    for begin in parts.hooks.begin:
        begin(None)
    return OpenedRun(plan, parts, chosen.step)


def chosen_checkpoint(folder: Path, which: str) -> Checkpoint:
    """Return the checkpoint of a run that is called "best" or "newest".

    Raises:
        CheckpointError: it is not there, or cannot be read.
    """
    newest = checkpoints.load_newest(folder)
    best_step = newest.metadata["best_step"]
    if which != "best" or best_step is None:
        return newest
    if best_step not in checkpoints.available(folder):
        raise CheckpointError(f"{folder} has no checkpoint of step {best_step}, the best")
    return checkpoints.load(folder, best_step)
