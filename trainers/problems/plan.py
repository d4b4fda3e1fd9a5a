"""A run's configuration with the rows that it names, looked up once and handed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import configs
from trainers.engine.callbacks import Callback
from trainers.objectives.losses import Loss
from trainers.optimizers.catalogue import Optimizer
from trainers.problems.row import Problem

if TYPE_CHECKING:
    import keras

    import datasets
    from trainers.objectives.given import GivenMetric


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Args:
        config: resolved: nothing in it is "auto" that has one meaning by now.
        problem: what the model learns.
        optimizer: how its weights move.
        typed: the dotted keys that the user gave, or None where every value is meant.
        dataset: already loaded, or None where `config.dataset` says what to load.
        shaped: whether it stands in for data that were made ready before; see
            `trainers.assembly.shaping`.
        model: already built, or None where `config.model` says what to build.
        loss: a function of the user's own, where `config.loss.name` says "custom".
        metrics: what else is measured, by name, see `trainers.objectives.given`.
        callbacks: what the user has called as the run goes.
        told: whether the run says on standard error how it stands.
        goes_on: the words of the command line that go on with what it is a part of, after a stop;
            empty where it stands alone.
    """

    config: configs.Config
    problem: Problem
    optimizer: Optimizer
    typed: frozenset[str] | None = None
    dataset: datasets.Dataset | None = None
    shaped: bool = False
    model: keras.Model | None = None
    loss: Loss | None = None
    metrics: Mapping[str, GivenMetric] = field(default_factory=dict)
    callbacks: tuple[Callback, ...] = ()
    told: bool = True
    goes_on: str = ""

    def is_typed(self, key: str) -> bool:
        """Return whether the user gave the value at a dotted key, so that it stays as it is."""
        return self.typed is None or key in self.typed

    @property
    def shares_batches(self) -> bool:
        """Whether replicas can share a batch."""
        return self.problem.distributes and not self.optimizer.second_order
