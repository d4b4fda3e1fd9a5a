"""What a step is: everything that a learning problem must give the loop, and nothing else.

Supervised learning, text, adversaries, reconstruction and policies are each a class with the
members of `Step`; the loop, the evaluation and the logs know no more of them than this.
"""

from __future__ import annotations

import contextlib
from typing import Protocol

import keras
import tensorflow as tf

import datasets
from trainers.engine.batch import Batch
from trainers.engine.gradients import Gradients


class MovingWeights(Protocol):
    """Weights and the optimizer that moves them; see `trainers.optimizers.weights`."""

    @property
    def learning_rate(self) -> float:
        """The step size of the next update."""

    def apply(self, gradients: list[tf.Tensor], data: Batch, indices: tf.Tensor) -> None:
        """Move the weights along gradients that were found on the examples at `indices`."""

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the weights meanwhile that are validated and exported."""

    def figures(self, updates: int) -> dict[str, float]:
        """Return what there is to log of the optimizer after `updates`, by name."""


class Step(Protocol):
    """One learning problem: its model, its gradient and its figures.

    Its methods run as they are written, without AutoGraph: see `compiled`.

    model: what is exported at the end.
    inspected: the model whose weights, gradients and activations the histograms show.
    names: the figures that `gradients` and `evaluate` sum, in order.
    monitors: the validation figures by which `best_by` "loss" and "metric" choose.
    """

    model: keras.Model
    inspected: keras.Model
    names: tuple[str, ...]
    monitors: tuple[str, str]

    @property
    def weights(self) -> MovingWeights:
        """What an update moves with the gradient."""

    @property
    def variables(self) -> dict[str, list[keras.Variable]]:
        """Everything an exact resume needs, by group; "model" must stay finite."""

    def gradients(self, data: Batch, indices: tf.Tensor) -> Gradients:
        """Return the gradient of `weights` on the examples of `data` at `indices`.

        Where two networks learn in turns, the other one's turn comes first, in here.

        Args:
            data: the examples.
            indices: int32 `[batch]`, of static length: those of the whole batch, of which a
                replica takes its share.
        """

    def evaluate(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the sums and weight of `gradients` without training."""

    def figures(self, means: dict[str, float]) -> dict[str, float]:
        """Return what is logged of the means of `names`: the same, more or other figures."""

    def probe(self, batch: Batch) -> list[tf.Tensor]:
        """Return the gradients of `inspected`'s trainable variables; no variable changes."""

    def probe_inputs(self, batch: Batch) -> tf.Tensor:
        """Return inputs of `inspected` for a batch of examples, the same at every call."""


class Until(Protocol):
    """What ends a training inside a compiled call, at an update that its own state decides."""

    @property
    def is_reached(self) -> bool:
        """Whether it has ended, for who is outside of a call."""

    def reached(self) -> tf.Tensor:
        """Return whether the update that was just done was the last, bool `[]`."""


class Evaluates(Protocol):
    """Measures a split with the weights that a step holds at that moment."""

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return figures by name."""
