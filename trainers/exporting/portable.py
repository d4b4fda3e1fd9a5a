"""Recurrent layers whose loops LiteRT can hold, with time and batch left free.

TensorFlow keeps what a loop writes in lists of tensors, which LiteRT takes only if the batch is
known. Here a loop writes into one tensor `[time, batch, units]`.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from trainers.exporting.servable import Servable
from zoo.layers.padding import RealStepsReversed
from zoo.layers.recurrent.fused_lstm import FusedLSTM


def is_feed_forward_of_pictures(what: Servable) -> bool:
    """Return whether the model reads pictures, and no layer carries a state through time."""
    recurrent = (isinstance(layer, keras.layers.RNN | FusedLSTM) for layer in _layers(what.model))
    return what.preparation["inputs"].get("kind") == "images" and not any(recurrent)


def reads_both_ways(what: Servable) -> bool:
    """Return whether the model reads its sequence from both ends, by loops side by side."""
    return any(isinstance(layer, RealStepsReversed) for layer in _layers(what.model))


def make_portable(model: keras.Model) -> None:
    """Let the recurrent layers of this instance compute the same by such loops."""
    for layer in _layers(model):
        if isinstance(layer, keras.layers.RNN):
            layer.inner_loop = types.MethodType(_inner_loop, layer)
        elif isinstance(layer, FusedLSTM):
            layer.call = types.MethodType(_fused, layer)  # type: ignore[method-assign]


def _layers(model: keras.Model) -> list[keras.Layer]:
    return list(model._flatten_layers())


def _inner_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Return the last output, all outputs and the last state, as `keras.layers.RNN` does."""
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    steps = tf.transpose(sequences, (1, 0, 2))
    seen = None if mask is None else tf.transpose(mask)
    if layer.go_backwards:
        steps = tf.reverse(steps, [0])
        seen = None if seen is None else tf.reverse(seen, [0])
    outputs, state = _loop(
        lambda values, state: layer.cell(values, state, training=False)[1],
        steps,
        list(initial_state),
        seen,
        layer.return_sequences,
    )
    return state[0], tf.transpose(outputs, (1, 0, 2)), state


def _fused(layer: Any, inputs: Any, state: Any = None) -> tuple[Any, tuple[Any, Any]]:
    """Return what `FusedLSTM.call` does."""
    zeros = tf.zeros((tf.shape(inputs)[0], layer.units), layer.variable_dtype)
    kernel, recurrent, bias = (
        tf.convert_to_tensor(each) for each in (layer.kernel, layer.recurrent_kernel, layer.bias)
    )

    def step(values: Any, state: list[Any]) -> list[Any]:
        sums = tf.matmul(values, kernel) + tf.matmul(state[0], recurrent) + bias
        i, f, g, o = tf.split(sums, 4, axis=-1)
        cell = tf.sigmoid(f) * state[1] + tf.sigmoid(i) * tf.tanh(g)
        return [tf.sigmoid(o) * tf.tanh(cell), cell]

    first = [zeros, zeros] if state is None else list(state)
    outputs, last = _loop(step, tf.transpose(inputs, (1, 0, 2)), first, None, True)
    return tf.transpose(outputs, (1, 0, 2)), (last[0], last[1])


def _loop(
    step: Callable[[Any, list[Any]], Any], sequence: Any, state: list[Any], mask: Any, keep: bool
) -> tuple[Any, list[Any]]:
    """Apply a step along time.

    Args:
        step: maps `[batch, features]` and the state to the next state, whose first is the output.
        sequence: `[time, batch, features]`.
        state: before the first step.
        mask: `[time, batch]`: where False the state stays; or None.
        keep: whether all outputs are wanted, or only the last.

    Returns:
        `[time, batch, units]`, or anything if not `keep`; and the last state.
    """
    count, batch = tf.shape(sequence)[0], tf.shape(sequence)[1]
    outputs = tf.zeros((count if keep else 1, batch, state[0].shape[-1]), state[0].dtype)

    def turn(time: Any, outputs: Any, *state: Any) -> tuple[Any, ...]:
        new = step(tf.gather(sequence, time), list(state))
        if mask is not None:
            seen = tf.gather(mask, time)[:, None]
            new = [tf.where(seen, after, before) for after, before in zip(new, state, strict=True)]
        if keep:
            outputs = tf.tensor_scatter_nd_update(outputs, tf.reshape(time, [1, 1]), new[0][None])
        return (time + 1, outputs, *new)

    _, outputs, *state = tf.while_loop(
        lambda time, *_: time < count, turn, (tf.constant(0), outputs, *state)
    )
    return outputs, state
