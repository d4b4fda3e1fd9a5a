"""Many trainings of one compiled model: compiling takes longer than training a small model."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

import datasets
import zoo.layers.initializers
from trainers.engine import compiling
from trainers.engine.evaluation import Evaluation
from trainers.engine.loop import Loop
from trainers.problems.supervised.fit import Curve, fit
from trainers.problems.supervised.step import SupervisedStep


class Restarts:
    """Train a step's model again and again, each time from given weights.

    Args:
        step: with a fresh optimizer; every training starts from the state it has now.
        train, test: the splits; a `train` of a whole number of batches compiles once.
        batch_size: examples per update.
        steps: updates of every training.
        every: updates between measured points; by default only the last is measured.

    `evaluation` measures other splits, with the weights of the last training.
    """

    def __init__(
        self,
        step: SupervisedStep,
        train: datasets.Split,
        test: datasets.Split | None,
        batch_size: int,
        steps: int,
        every: int | None = None,
    ) -> None:
        self.step, self.train, self.test, self.batch_size = step, train, test, batch_size
        self._steps, self._every = steps, every or steps
        mode = compiling.choose("auto", step.model, batch_size)
        self._mode, self._loop, self.evaluation = mode, Loop(step, mode), Evaluation(step, mode)
        self._fresh = [variable.numpy() for variable in step.weights.optimizer.variables]

    def fit(
        self,
        weights: list[np.ndarray],
        *,
        seed: int,
        learning_rate: float | None = None,
        train: datasets.Split | None = None,
        until: Callable[[Curve], bool] | None = None,
    ) -> Curve:
        """Train from `weights`, in the order of `model.get_weights()`; see `fit.fit`.

        Args:
            seed: of the order of examples.
            learning_rate: constant step size, or None for the optimizer's own.
            train: other examples of the same shapes, or None for those of the others.
            until: ends the training early; see `fit.fit`.
        """
        self.step.model.set_weights(weights)
        for variable, value in zip(self.step.weights.optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        if learning_rate is not None:
            self.step.weights.optimizer.learning_rate.assign(learning_rate)
        return fit(
            self.step,
            train or self.train,
            self.test,
            batch_size=self.batch_size,
            steps=self._steps,
            every=self._every,
            seed=seed,
            mode=self._mode,
            loop=self._loop,
            evaluation=self.evaluation,
            until=until,
        )


def whole_batches(split: datasets.Split, batch_size: int) -> datasets.Split:
    """Return the split without the examples that would not fill a last batch."""
    size = split.size - split.size % batch_size
    return datasets.Split(split.inputs[:size], split.targets[:size], split.weights[:size])


def drawn_weights(model: keras.Model, initializer: str, seed: int) -> list[np.ndarray]:
    """Return weights for a model of dense layers: kernels drawn anew, biases 0.

    Args:
        initializer: a name that `zoo.layers.initializers` knows.
        seed: of all kernels together.
    """
    keras.utils.set_random_seed(seed)
    return [
        np.asarray(zoo.layers.initializers.find_initializer(initializer)(variable.shape))
        if variable.name == "kernel"
        else np.zeros(variable.shape, np.float32)
        for variable in model.weights
    ]
