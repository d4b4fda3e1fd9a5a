"""What is compiled for one seed, kept for the next: only the values of variables differ.

A compiled call holds a model's variables, not their values. So where two runs differ in their seed
alone, the second may begin by putting all that it has drawn into the variables of the first, as a
resume puts a checkpoint there, and its updates are the same bit for bit.
"""

from __future__ import annotations

import dataclasses

import keras

from trainers.assembly.assemble import Assembly
from trainers.distribution import replicas
from trainers.engine.loop import Loop
from trainers.engine.step import Step
from trainers.problems.plan import Plan
from zoo.catalogue.index import built_in_models


class Kept:
    """The parts and the loop of runs that differ in their seed alone."""

    def __init__(self) -> None:
        self._parts: Assembly | None = None
        self._loop: Loop | None = None

    def taken(self, plan: Plan, parts: Assembly) -> Assembly:
        """Return the parts of a run: those before, with the state of the new ones, if it can be.

        Args:
            plan: of the run; but for its seed that of the one before.
            parts: put together for it.
        """
        before = self._parts
        if before is None or before.mode != parts.mode or not _is_all_in_variables(plan):
            self._parts, self._loop = parts, None
            return parts
        for old, new in zip(_variables(before.step), _variables(parts.step), strict=True):
            old.assign(new.value)
        self._parts = dataclasses.replace(before, hooks=parts.hooks)
        return self._parts

    def loop(self, parts: Assembly) -> Loop:
        """Return the loop of parts that `taken` has given."""
        if self._loop is None or self._loop.step is not parts.step:
            self._loop = Loop(parts.step, parts.mode, parts.until)
        return self._loop


def _is_all_in_variables(plan: Plan) -> bool:
    """Return whether all that a seed decides of the parts is the values of variables.

    It is in the zoo's own supervised models. Other problems give the seed to what draws samples or
    plays, and a model of somebody else may hold numbers that were drawn and are no variables.
    """
    own = plan.config.model.name in built_in_models() and not plan.config.imports
    first_order = not plan.optimizer.second_order
    return own and plan.problem.supervised and first_order and replicas.count() == 1


def _variables(step: Step) -> list[keras.Variable]:
    return [variable for group in step.variables.values() for variable in group]
