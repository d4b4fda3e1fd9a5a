"""Train one setting with several seeds in turn: one process, the data loaded once.

Every run is what `--seed` alone would have made, bit for bit, in a folder of its own. One that
diverges is told of, and the others go on.
"""

from __future__ import annotations

import dataclasses
import gc
import sys
from pathlib import Path
from typing import Any

from trainers.assembly.data import load_data
from trainers.assembly.kept import Kept
from trainers.cli.advice import without_advice
from trainers.cli.extensions import import_flags
from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.errors import DivergedError
from trainers.problems.plan import Plan
from trainers.runs import checkpoints, compatibility
from trainers.runs.folder import holds_run
from trainers.seeds import folder as folders
from trainers.seeds import summary as summaries
from trainers.seeds.folder import Sweep, run_folder
from trainers.timing.clock import Clock
from trainers.train import train
from zoo.process.shell import command_line


def train_seeds(
    plan: Plan,
    sweep: Sweep,
    folder: Path,
    stop: StopSignals,
    placement: Placement,
    *,
    anew: bool = False,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Train what is missing of a sweep, and return its summary, which is written.

    Args:
        plan: of the first seed.
        sweep: all of it, which several.json is made to say.
        folder: of the sweep.
        stop: asks to save and leave.
        placement: in whose scope this is called.
        anew: whether runs that have ended go on too, as their configuration was changed.
        clock: of the process.

    Raises:
        DivergedError: every seed has.
        PreemptedError, CheckpointError, ConfigError, DataError, StorageError: as `train` says.
    """
    options = command_line("--run-dir", folder, *import_flags(plan.config.imports))
    goes_on = f"--resume {options}"
    clock = clock or Clock()
    clock.turn("data")
    dataset, plan, notes = load_data(plan)
    # Every run would tell of them again.
    for note in notes if plan.told else ():
        print(f"note: {note}", file=sys.stderr)
    dataset = dataclasses.replace(dataset, notes=())
    plan = dataclasses.replace(plan, dataset=dataset, shaped=True, goes_on=goes_on)
    if anew:
        _require_same_runs(plan, dataset.fingerprint, sweep, folder)
    if placement.is_chief:
        folders.write(folder, sweep)
    kept, diverged = Kept(), dict[int, str]()
    with without_advice():
        for seed in sweep.seeds:
            path = run_folder(folder, seed)
            if folders.summary_of(path) is not None and not anew:
                continue
            # Raises if a stop was asked for meanwhile.
            stop.may_leave(f"stopped before seed {seed}; continue with {goes_on}")
            own = dataclasses.replace(plan, config=dataclasses.replace(plan.config, seed=seed))
            try:
                train(own, path, stop, placement, resume=holds_run(path), clock=clock, kept=kept)
            except DivergedError as error:
                diverged[seed] = str(error)
                print(f"seed {seed}: {error}", file=sys.stderr)
            clock = None
            gc.collect()
    stop.may_leave(None)
    ended = folders.finished(folder, sweep.seeds)
    values = summaries.summary(sweep, ended, diverged)
    if placement.is_chief:
        summaries.write(folder, values)
    if not ended:
        raise DivergedError(f"every seed has diverged; the first: {next(iter(diverged.values()))}")
    return values


def _require_same_runs(plan: Plan, fingerprint: str, sweep: Sweep, folder: Path) -> None:
    """Raise an error if a run that is there cannot go on under a changed configuration."""
    for seed in sweep.seeds:
        path = run_folder(folder, seed)
        if checkpoints.available(path / "checkpoints"):
            saved = checkpoints.load_newest(path / "checkpoints").metadata
            config = dataclasses.replace(plan.config, seed=seed)
            compatibility.require_same_run(saved, config, fingerprint, path)
