"""What a step is: one update on one batch. The loop decides how often and on which examples.

A step owns the variables that training changes. Supervised learning, text, adversaries and
policies are each a class with the members of `Step`; nothing else in the engine knows which.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import tensorflow as tf

import datasets
from trainers.hooks import Hooks


class Batch(NamedTuple):
    """Examples as tensors whose first axis is the example; a whole split has the same form.

    inputs: `[examples, ...]`; targets: `[examples, ...]`;
    weights: `[examples]` or `[examples, time]`, 0 where a prediction does not count.
    numbers: int32 `[examples]`, where an example stands in its split, if that is not its place
        here and if the examples continue each other; else nothing.
    """

    inputs: tf.Tensor
    targets: tf.Tensor
    weights: tf.Tensor
    numbers: tf.Tensor | tuple[()] = ()

    def rows(self, indices: tf.Tensor) -> Batch:
        """Return the examples at `indices`, in that order."""
        return tf.nest.map_structure(lambda tensor: tf.gather(tensor, indices), self)


class Step(Protocol):
    """One learning problem: its model, its update rule and its figures.

    model: what is exported at the end.
    inspected: the model whose weights, gradients and activations the histograms show.
    names: the figures that `update` and `measure` sum, in order.
    monitors: the validation figures by which `best_by` "loss" and "metric" choose.
    """

    model: keras.Model
    names: tuple[str, ...]
    monitors: tuple[str, str]

    @property
    def inspected(self) -> keras.Model:
        """The model inside which `probe` looks."""

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Everything an exact resume needs, by group; "model" must stay finite."""

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the weights meanwhile that are validated and exported."""

    def update(self, data: Batch, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Do one update on the examples of `data` at `indices`, int32 `[batch]`, static.

        Returns:
            Weighted sums of `names`, float64 `[names]`, and the weight, float64 `[]`.
        """

    def measure(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums of `update` without training."""

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return what is logged of the means of `names`: the same, more or other figures."""

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradients of `inspected`'s trainable variables; no variable changes."""

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return inputs of `inspected` for a batch of examples, the same at every call."""


class Evaluates(Protocol):
    """Measures a split with the weights that a step holds at that moment."""

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return figures by name."""


class MakeOptimizer(Protocol):
    """Makes the configured optimizer, a new one at every call."""

    def __call__(self, **changes: Any) -> keras.optimizers.Optimizer:
        """Return it, with `changes` of its configuration's fields."""


@dataclass(frozen=True)
class Made:
    """What a problem's module makes of a configuration.

    evaluation: None means the means of `Step.measure` over the split, by `trainers.evaluation`.
    accumulates: whether `update` splits a batch into micro-batches.
    """

    step: Step
    evaluation: Evaluates | None = None
    hooks: Hooks = field(default_factory=Hooks)
    accumulates: bool = False


def dense(gradients: Iterable[tf.Tensor | tf.IndexedSlices]) -> list[tf.Tensor]:
    """Return gradients as tensors: an embedding's come as rows with indices, which do not add."""
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def sums(values: Iterable[tf.Tensor]) -> tf.Tensor:
    """Return the sum of each of `values`, float64 `[values]`."""
    # Counts and losses of a long epoch exceed float32's 24 bits of integer.
    return tf.stack([tf.reduce_sum(tf.cast(value, tf.float64)) for value in values])


def rule(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer that has the rate and the averages; loss scaling wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def rate_of(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the step size of an optimizer's next update."""
    # Through NumPy: Python's float() does not know a variable that lies on several devices.
    return float(np.asarray(keras.ops.convert_to_numpy(rule(optimizer).learning_rate)))


@contextlib.contextmanager
def averaged_weights(
    optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable]
) -> Iterator[None]:
    """Hold the running average of `variables` meanwhile, if their optimizer keeps one."""
    inner = rule(optimizer)
    if not inner.use_ema or int(inner.iterations.numpy()) == 0:
        yield
        return
    current = [tf.identity(variable.value) for variable in variables]
    inner.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, current, strict=True):
            variable.assign(value)
