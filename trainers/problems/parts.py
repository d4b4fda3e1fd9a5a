"""What a problem's module makes: its step, and what measures and shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import keras

from trainers.engine.hooks import Hooks
from trainers.engine.step import Evaluates, Step, Until
from trainers.problems.examples import LooksAtExamples


class MakeOptimizer(Protocol):
    """How the configured optimizer is made, a new one at every call."""

    def __call__(self, **changes: Any) -> keras.optimizers.Optimizer:
        """Return it, with `changes` of its configuration's fields."""


@dataclass(frozen=True)
class ProblemParts:
    """What a problem's `make` returns.

    Args:
        step: the learning problem.
        evaluation: None means the means of `Step.evaluate` over the split, by
            `trainers.engine.evaluation`.
        hooks: what the problem does beside training.
        accumulates: whether `step.gradients` splits a batch into micro-batches.
        cut: whether the step computes a batch up to its longest sequence alone.
        buckets: whether batches hold sequences of like length.
        until: what may end the training before its length, or None.
        examples: measures examples one by one; None where a figure is of many together.
    """

    step: Step
    evaluation: Evaluates | None = None
    hooks: Hooks = field(default_factory=Hooks)
    accumulates: bool = False
    cut: bool = False
    buckets: bool = False
    until: Until | None = None
    examples: LooksAtExamples | None = None
