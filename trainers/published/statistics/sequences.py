"""What a run has learned of whole sequences: how many it gets wrong, and since when none of them.

Source: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997, whose
experiments 1, 4 and 6 count so.
"""

from __future__ import annotations

import math

import numpy as np

import datasets
from datasets.embedded.reber_grammar import SYMBOLS, next_symbol_probabilities
from trainers.assembly.assemble import Assembly
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import saved_config
from trainers.engine.totals import Totals
from trainers.predictions.outputs import outputs_of
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.runs import checkpoints
from trainers.runs.folder import read_saved_config
from trainers.runs.opened import opened
from trainers.runs.state import restore

TEST_STRINGS = 256


def wrong_of_test(run: MeasuredRun, *, within: float) -> float:
    """Return how many test sequences have an output that is `within` or more off, at the end.

    Args:
        run: whose last weights are asked.
        within: of a target, or of 0 and 1 where the targets are classes.
    """
    if run.diverged:
        return math.nan
    parts = _opened(run)
    data = parts.dataset.splits["test"]
    outputs = outputs_of(parts.step.model, data)
    targets = np.asarray(data.targets)
    if targets.ndim == 1:
        targets = np.eye(outputs.shape[-1])[targets]
    return float((np.abs(outputs - targets) >= within).any(axis=1).sum())


def strings_until_legal(run: MeasuredRun) -> float:
    """Return after how many strings the legal successors first were the most active outputs.

    They have to be so at every symbol of all training strings, and of as many as 256 test strings
    that do not occur among them. Looked at are the run's checkpoints; infinity for none of them.

    Args:
        run: of a grammar's strings, one for each update, which kept its checkpoints.
    """
    if run.diverged:
        return math.nan
    parts, folder = _opened(run), run.path / "checkpoints"
    train, test = (_strings(parts.dataset.splits[name]) for name in ("train", "test"))
    asked = [*set(train), *[each for each in test if each not in set(train)][:TEST_STRINGS]]
    (time,) = parts.dataset.input_shape
    symbols = np.zeros((len(asked), time), np.int32)
    allowed = np.zeros((len(asked), time, len(SYMBOLS)), bool)
    for row, string in enumerate(asked):
        for step in range(len(string) - 1):
            symbols[row, step] = SYMBOLS.index(string[step])
            allowed[row, step] = next_symbol_probabilities(string[: step + 1]) > 0
    for step in reversed(checkpoints.available(folder)):
        restore(parts.step, Totals(parts.step.names), checkpoints.load(folder, step).arrays)
        if legal_lead(np.asarray(parts.step.model(symbols)), allowed):
            return float(step)
    return math.inf


def legal_lead(outputs: np.ndarray, allowed: np.ndarray) -> bool:
    """Return whether every legal output is above every other, wherever there are legal ones.

    Args:
        outputs: `[strings, time, symbols]`.
        allowed: the same shape, False throughout where a string has ended.
    """
    least = np.where(allowed, outputs, np.inf).min(axis=-1)
    most = np.where(allowed, -np.inf, outputs).max(axis=-1)
    return bool((least > most)[allowed.any(axis=-1)].all())


def _opened(run: MeasuredRun) -> Assembly:
    plan = resolve(saved_config(run.path, {}, (), read_saved_config))
    return opened(run.path, plan, checkpoint="newest").parts


def _strings(split: datasets.Split) -> list[str]:
    lengths = split.weights.sum(axis=1).astype(int)
    rows = zip(split.inputs, split.targets, lengths, strict=True)
    return [
        "".join(SYMBOLS[symbol] for symbol in (inputs[0], *targets[:length]))
        for inputs, targets, length in rows
    ]
