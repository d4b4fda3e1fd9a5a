"""Play environments inside a compiled graph: the model acts, the environment answers.

The environment is Python, called from the graph once a step. Its state goes in as tensors and comes
out as tensors, so that a segment is a function of state, weights and noise alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import datasets
from trainers.engine.compiling import python_call


class Transitions(NamedTuple):
    """One segment of every environment, `[time, environments]` but for the observations.

    observations: `[time, environments, features]`, what each action was chosen on.
    actions: int32; rewards: float32; terminated, truncated: bool.
    values, next_values: V of each observation and of the one that followed.
    counted: float32, 0 where a step ignored its action because it began a new episode.
    returns: float32, the reward of the episode so far, the step included.
    """

    observations: tf.Tensor
    actions: tf.Tensor
    rewards: tf.Tensor
    terminated: tf.Tensor
    truncated: tf.Tensor
    values: tf.Tensor
    next_values: tf.Tensor
    counted: tf.Tensor
    returns: tf.Tensor


class Played(NamedTuple):
    """Where some environments stand: their state, and the rewards so far, `[environments]`."""

    state: Any
    returns: tf.Tensor


def gumbel(uniform: tf.Tensor) -> tf.Tensor:
    """Return Gumbel noise -ln(-ln u), of which argmax(logits + noise) is a softmax sample.

    Source: Maddison, Tarlow & Minka, "A* sampling", NeurIPS 2014, section 2.

    Args:
        uniform: u, any shape, in [0, 1).
    """
    return -tf.math.log(-tf.math.log(uniform))


def act(environment: datasets.Environment, actions: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Do `actions`, `[environments]`; return what `Environment.step` does, as tensors."""
    kinds = (tf.float32, tf.float32, tf.bool, tf.bool)
    taken = python_call(environment.step, [actions], kinds)
    taken[0].set_shape([environment.count, None])
    for tensor in taken[1:]:
        tensor.set_shape([environment.count])
    return tuple(taken)


def play(
    model: keras.Model,
    environment: datasets.Environment,
    played: Played,
    noise: tf.Tensor,
    *,
    whole: bool = False,
) -> tuple[Transitions, Played]:
    """Play one segment with actions drawn from the model's policy.

    A segment of whole episodes begins one in every environment, counts the steps up to its end, and
    is as long as the longest of them.

    Args:
        model: observations to {"logits", "value"}, see `zoo.policy`.
        environment: put into the state of `played` first.
        played: where the segment begins.
        noise: `[time, environments, actions]`, Gumbel noise, which limits the segment's steps.
        whole: whether the segment is of whole episodes.

    Returns:
        The segment and where it ended.
    """
    length, features = noise.shape[0], model.input_shape[-1]
    form = type(played.state)
    if whole:
        # Whoever has ended begins anew at the next step.
        ended = tf.ones([environment.count], tf.bool)
        played = Played(form(**played.state._asdict() | {"ended": ended}), played.returns)
    first = python_call(
        lambda *state: environment.set_state(form(*state)),
        list(played.state),
        tf.float32,
    )
    observations = tf.ensure_shape(first, [environment.count, features])
    counted = ~tf.convert_to_tensor(played.state.ended)
    returns = tf.convert_to_tensor(played.returns)
    kinds = [tf.float32, tf.int32, tf.float32, tf.bool, tf.bool, tf.float32, tf.bool, tf.float32]
    arrays = [tf.TensorArray(kind, length, element_shape=None) for kind in kinds]

    def move(
        i: tf.Tensor,
        observations: tf.Tensor,
        counted: tf.Tensor,
        returns: tf.Tensor,
        arrays: list[tf.TensorArray],
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, list[tf.TensorArray]]:
        outputs = model(observations, training=False)
        actions = tf.argmax(outputs["logits"] + noise[i], axis=-1, output_type=tf.int32)
        after, rewards, terminated, truncated = act(environment, actions)
        returns = tf.where(counted, returns + rewards, 0.0)
        row = [observations, actions, rewards, terminated, truncated, outputs["value"]]
        row += [counted, returns]
        arrays = [array.write(i, value) for array, value in zip(arrays, row, strict=True)]
        observations = tf.ensure_shape(after, [environment.count, features])
        goes_on = ~(terminated | truncated)
        if whole:
            goes_on &= counted | (i == 0)
        return i + 1, observations, goes_on, returns, arrays

    def more(i: tf.Tensor, _: tf.Tensor, goes_on: tf.Tensor, *__: Any) -> tf.Tensor:
        return (i < length) & ((i == 0) | tf.reduce_any(goes_on)) if whole else i < length

    steps, observations, _, returns, arrays = tf.while_loop(
        more,
        move,
        (0, observations, counted, returns, arrays),
        parallel_iterations=1,
    )
    seen, actions, rewards, terminated, truncated, values, counts, sums = (
        (array.gather(tf.range(steps)) if whole else array.stack()) for array in arrays
    )
    last = model(observations, training=False)["value"]
    transitions = Transitions(
        seen,
        actions,
        rewards,
        terminated,
        truncated,
        values,
        tf.concat([values[1:], last[None]], 0),
        tf.cast(counts, tf.float32),
        sums,
    )
    return transitions, Played(_state_after(environment, observations), returns)


def _state_after(environment: datasets.Environment, observations: tf.Tensor) -> Any:
    """Return the state; taking the last observations makes it wait for the last step."""
    now = environment.get_state()
    tensors = python_call(
        lambda _: list(environment.get_state()),
        [observations],
        [tf.as_dtype(field.dtype) for field in now],
    )
    for tensor, field in zip(tensors, now, strict=True):
        tensor.set_shape(field.shape)
    return type(now)(*tensors)


def random_observations(environment: datasets.Environment, seed: int, length: int) -> np.ndarray:
    """Return `[length * environments, features]` float32 observations under random actions."""
    random = np.random.default_rng(seed)
    seen = [environment.reset(seed)]
    for _ in range(length - 1):
        seen.append(
            environment.step(random.integers(0, len(environment.ACTIONS), environment.count))[0]
        )
    return np.concatenate(seen)
