"""Trained weights, opened as a run is: to be measured and used, not to go on."""

from __future__ import annotations

import sys
from pathlib import Path

from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.problems.plan import Plan
from trainers.runs.opened import OpenedRun, opened
from zoo import WeightsCard, put_weights


def opened_either(run: Path | WeightsCard, plan: Plan, checkpoint: str = "best") -> OpenedRun:
    """Open a run or trained weights.

    Args:
        run: a run's folder, or a card.
        plan: of its configuration, resolved; where its data lie may differ.
        checkpoint: "best" or "newest"; weights are the best ones.

    Raises:
        CheckpointError, ConfigError: see `trainers.runs.opened.opened`.
        zoo.ModelFileError: the weights are damaged.
        datasets.DataError: the data are not there.
    """
    if isinstance(run, Path):
        return opened(run, plan, checkpoint=checkpoint)
    own = plan.dataset is None
    dataset, plan, _ = load_data(plan)
    if own and dataset.fingerprint != run.fingerprint:
        print(
            f"note: {dataset.name} {dataset.version} here has other content than {run.dataset}, "
            f"which {run.name} was trained and measured on",
            file=sys.stderr,
        )
    parts = assemble(plan, dataset)
    put_weights(parts.step.model, run)
    for begin in parts.hooks.begin:
        begin(None)
    return OpenedRun(plan, parts, run.best_step)
