"""What a policy is worth: the returns of whole episodes."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import datasets
from trainers.engine import pauses
from trainers.engine.compiling import as_raised, compiled
from trainers.engine.step import Step
from trainers.problems.examples import ExampleFigures
from trainers.problems.reinforcement.rollout import act, gumbel


def greedy(model: keras.Model, observations: tf.Tensor) -> tf.Tensor:
    """Return the likeliest action, `[environments]` int32, on `[environments, features]`."""
    logits = model(observations, training=False)["logits"]
    return tf.argmax(logits, axis=-1, output_type=tf.int32)


class Episodes:
    """Play the episodes of a split, all in parallel, with the weights a step holds then.

    Args:
        step: its model is a policy.
        make_environment: from a number of environments to them.
        mode: "graph" or "eager".
        luck: the seed by which actions are drawn from the policy, the same ones every time; None
            for the likeliest.
    """

    def __init__(
        self,
        step: Step,
        make_environment: Callable[[int], datasets.Environment],
        mode: str,
        *,
        luck: int | None = None,
    ) -> None:
        self._step, self._make_environment, self._mode = step, make_environment, mode
        self._luck = luck
        self._compiled: dict[int, tuple[datasets.Environment, Callable]] = {}
        # Keyed by id. The split is kept too: if it were freed, another one could get the same id.
        self._random: dict[int, tuple[datasets.Split, float]] = {}

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the mean of the returns, their deviation over the episodes, and the smallest.

        Beside them stands random_return, the mean in the same episodes of actions that are drawn
        at random, which no training changes.
        """
        with self._step.weights.averaged():
            returns = self.returns(split.inputs).astype(np.float64)
        return {
            "mean_return": float(returns.mean()),
            "return_deviation": float(returns.std()),
            "smallest_return": float(returns.min()),
            "random_return": self._random_return(split),
        }

    def each(self, split: datasets.Split) -> ExampleFigures:
        """Return the return of every episode of a split, as `mean_return`."""
        with self._step.weights.averaged():
            returns = self.returns(split.inputs).astype(np.float64)
        count = len(returns)
        return ExampleFigures(np.arange(count), np.ones(count), {"mean_return": returns})

    def _random_return(self, split: datasets.Split) -> float:
        if id(split) not in self._random:
            environment = self._make_environment(len(split.inputs))
            environment.reset_each(split.inputs)
            random = np.random.default_rng(int(split.inputs[0]))
            returns, running = np.zeros(environment.count), np.ones(environment.count, bool)
            for _ in range(environment.most_steps):
                actions = random.integers(0, len(environment.ACTIONS), environment.count)
                _, rewards, terminated, truncated = environment.step(actions)
                returns += np.where(running, rewards, 0.0)
                running &= ~(terminated | truncated)
                if not running.any():
                    break
            self._random[id(split)] = split, float(returns.mean())
        return self._random[id(split)][1]

    def returns(self, seeds: np.ndarray) -> np.ndarray:
        """Return the sum of rewards, `[episodes]` float32, of the episode of every reset seed."""
        if len(seeds) not in self._compiled:
            environment = self._make_environment(len(seeds))
            function = compiled(self._play(environment), self._mode)
            self._compiled[len(seeds)] = environment, function
        environment, function = self._compiled[len(seeds)]
        pauses.next_call()
        with as_raised():
            first = tf.constant(environment.reset_each(seeds))
            return np.asarray(function(first, tf.constant(int(seeds[0]))))

    def _play(
        self, environment: datasets.Environment
    ) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        model, features = self._step.model, self._step.model.input_shape[-1]

        def chosen(i: tf.Tensor, observations: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            if self._luck is None:
                return greedy(model, observations)
            logits = model(observations, training=False)["logits"]
            key = tf.random.fold_in(tf.stack([self._luck % 2**31, seed]), i)
            uniform = tf.random.stateless_uniform(tf.shape(logits), key)
            return tf.argmax(logits + gumbel(uniform), axis=-1, output_type=tf.int32)

        def play(observations: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            def move(
                i: tf.Tensor, observations: tf.Tensor, returns: tf.Tensor, running: tf.Tensor
            ) -> tuple[tf.Tensor, ...]:
                actions = chosen(i, observations, seed)
                after, rewards, terminated, truncated = act(environment, actions)
                returns += tf.where(running, rewards, 0.0)
                running = running & ~(terminated | truncated)
                observations = tf.ensure_shape(after, [environment.count, features])
                return i + 1, observations, returns, running

            everybody = tf.ones([environment.count], tf.bool)
            _, _, returns, _ = tf.while_loop(
                lambda i, _, __, running: (i < environment.most_steps) & tf.reduce_any(running),
                move,
                (tf.constant(0), observations, tf.zeros([environment.count]), everybody),
            )
            return returns

        return play
