"""What several runs say together, as `python -m trainers.evaluate RUN RUN` measures it."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import saved_config
from trainers.predictions.ensemble import Ensemble
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.runs.folder import read_saved_config
from trainers.runs.opened import opened


def vote_accuracy(runs: Sequence[MeasuredRun], *, split: str) -> float:
    """Return the share of a split that the plurality of runs, each at its best, is right on.

    Args:
        runs: classifiers of the same data.
        split: "validation" or "test".
    """
    together = Ensemble()
    for run in runs:
        run_opened = opened(run.path, resolve(saved_config(run.path, {}, (), read_saved_config)))
        parts = run_opened.parts
        together.add(run.path.name, run_opened.step, parts, parts.dataset.splits[split])
    return together.together()["vote"]["accuracy"]
