"""What several networks say together: the class that most of them say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import saved_config
from trainers.predictions.outputs import outputs_of
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.runs.folder import read_saved_config
from trainers.runs.opened import opened


def vote_accuracy(runs: Sequence[MeasuredRun], *, split: str) -> float:
    """Return the share of a split that the plurality of runs, each at its best, is right on.

    Args:
        runs: classifiers of the same data.
        split: "validation" or "test".
    """
    scores, targets = [], np.zeros(0)
    for run in runs:
        plan = resolve(saved_config(run.path, {}, (), read_saved_config))
        parts = opened(run.path, plan).parts
        data = parts.dataset.splits[split]
        scores.append(outputs_of(parts.step.model, data))
        targets = np.asarray(data.targets)
    return float(np.mean(plurality(np.stack(scores)) == targets))


def plurality(scores: np.ndarray) -> np.ndarray:
    """Return the class `[examples]` that most networks say; of equally many, the likelier.

    Args:
        scores: `[networks, examples, classes]`, logarithms of probabilities but for a constant.
    """
    each = scores - scores.max(axis=-1, keepdims=True)
    shares = np.exp(each) / np.exp(each).sum(axis=-1, keepdims=True)
    votes = (scores.argmax(axis=-1)[..., None] == np.arange(scores.shape[-1])).sum(axis=0)
    # A mean of shares is below 1, so that it decides among equally many votes alone.
    return (votes + 0.5 * shares.mean(axis=0)).argmax(axis=-1)
