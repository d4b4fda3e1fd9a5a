"""`keras.Model.fit` on a row, as it comes and with its best options.

The examples lie in the order of the row before the clock starts, so that `fit` need not shuffle.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from trainers.benchmarks.peers.ours import Turn, assembled
from trainers.benchmarks.peers.prepared import Prepared
from trainers.engine.compiling import convolutional

_TRIED_UPDATES = 200


def prepare(
    name: str, prepared: Prepared, *, best: bool
) -> tuple[Turn, Callable[[int], None], dict[str, Any]]:
    """Return the turn of a row, what makes its examples ready, and the options.

    Args:
        name: of the row.
        prepared: where all contenders start.
        best: whether to try every combination of options first, and take the fastest.
    """
    updates = prepared.order.shape[1]
    options: dict[str, Any] = {}
    if best:
        options = _best(name, prepared)
    fit = _fit(name, prepared, options)
    ready: dict[int, tuple[Any, ...]] = {}

    def stage(number: int) -> None:
        ready.clear()
        ready[number] = _examples(prepared, number, updates)

    def turn(number: int) -> float:
        return fit(ready[number])

    return turn, stage, options


def _examples(prepared: Prepared, number: int, updates: int) -> tuple[Any, ...]:
    rows = prepared.order[number, :updates].reshape(-1)
    weights = prepared.example_weights
    # Only sequences need weights; elsewhere `fit` is not slowed down by them.
    counted = weights[rows] if weights.ndim > 1 else None
    return prepared.inputs[rows], prepared.targets[rows], counted


def _fit(name: str, prepared: Prepared, options: dict[str, Any]) -> Callable[[Any], float]:
    _, _, parts = assembled(name)
    step = parts.supervised
    for variable, value in zip(step.model.trainable_variables, prepared.weights, strict=True):
        variable.assign(value)
    step.model.compile(
        optimizer=step.weights.optimizer,
        loss=_MeanOverWeights(step.risk.loss),
        weighted_metrics=[keras.metrics.MeanMetricWrapper(step.risk.metric, name=step.names[1])],
        **options,
    )
    size = prepared.order.shape[2]

    def fit(examples: tuple[Any, ...]) -> float:
        inputs, targets, weights = examples
        history = step.model.fit(
            inputs, targets, sample_weight=weights, batch_size=size, shuffle=False, verbose=0
        )
        return history.history["loss"][0]

    return fit


class _MeanOverWeights(keras.Loss):
    """Our loss, divided by what counts: Keras's own mean takes padding in."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(reduction="mean_with_sample_weight")
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._function(y_true, y_pred)


def _best(name: str, prepared: Prepared) -> dict[str, Any]:
    """Return the fastest of `jit_compile` on and off with 50 or all updates in one execution.

    XLA's convolutions are left out on a CPU, see `trainers.benchmarks.fit`.
    """
    _, _, parts = assembled(name)
    updates = prepared.order.shape[1]
    tried = min(updates, _TRIED_UPDATES)
    examples = _examples(prepared, 0, tried)
    seconds: dict[tuple[bool, int], float] = {}
    for jit in (False, True):
        if jit and convolutional(parts.step.model):
            continue
        for steps in sorted({min(50, tried), tried}):
            fit = _fit(name, prepared, {"jit_compile": jit, "steps_per_execution": steps})
            fit(examples)
            turns = []
            for _ in range(3):
                started = time.perf_counter()
                fit(examples)
                turns.append(time.perf_counter() - started)
            seconds[jit, steps] = float(np.median(turns))
    jit, steps = min(seconds, key=lambda each: seconds[each])
    if steps == tried:
        steps = updates
    return {"jit_compile": jit, "steps_per_execution": steps}
