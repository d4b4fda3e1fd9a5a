"""Sequences of unlike lengths in one batch: steps that are NaN in all features are padding."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import keras
import tensorflow as tf

_needed: ContextVar[Any] = ContextVar("needed", default=None)


@contextlib.contextmanager
def needing(steps: Any) -> Iterator[None]:
    """Let recurrences meanwhile compute no more than the first `steps` steps, int32 `[]`.

    How many they are may be known only when the graph runs: one compiled loop serves batches of
    every length, where shapes of unlike lengths would each be compiled anew. What a recurrence
    puts out behind them is 0, so nothing that counts may depend on it. None bounds nothing.
    """
    token = _needed.set(steps)
    try:
        yield
    finally:
        _needed.reset(token)


def needed_steps() -> Any:
    """Return what `needing` was given, or None."""
    return _needed.get()


@keras.saving.register_keras_serializable(package="zoo")
class PaddingToZeros(keras.Layer):
    """Puts 0 where a sequence is NaN, so that no NaN reaches a weight or a gradient.

    Maps `[batch, time, features]` to the same shape.
    """

    def call(self, sequence: Any) -> Any:
        """Return the sequence without NaN."""
        return keras.ops.where(keras.ops.isnan(sequence), keras.ops.zeros_like(sequence), sequence)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the sequence's own shape."""
        return input_shape


@keras.saving.register_keras_serializable(package="zoo")
class LastRealStep(keras.Layer):
    """Picks the output at the last step that is no padding.

    An output at step t of a layer that reads forward depends on steps up to t alone: what follows
    a sequence's last step, padding or not, cannot change what is picked. So a padded batch gives
    what each sequence alone gives, without a mask inside the recurrence, which takes time and is
    not known to every runtime that models are exported to. A sequence that is all padding gives 0.
    """

    def call(self, outputs: Any, sequence: Any) -> Any:
        """Return `[batch, units]` of outputs `[batch, time, units]`.

        Args:
            outputs: of the layers that read the sequence.
            sequence: `[batch, time, features]`, as it was given, with NaN for padding.
        """
        padding = keras.ops.all(keras.ops.isnan(sequence), axis=2)
        real = keras.ops.logical_not(padding)
        left = keras.ops.flip(
            keras.ops.cumsum(keras.ops.flip(keras.ops.cast(real, "int32"), axis=1), axis=1), axis=1
        )
        last = keras.ops.logical_and(real, keras.ops.equal(left, 1))
        chosen = keras.ops.where(
            keras.ops.expand_dims(last, 2), outputs, keras.ops.zeros_like(outputs)
        )
        return keras.ops.sum(chosen, axis=1)

    def compute_output_shape(self, outputs_shape: Any, sequence_shape: Any) -> Any:
        """Return `(batch, units)`."""
        return (outputs_shape[0], outputs_shape[2])


@keras.saving.register_keras_serializable(package="zoo")
class RealStepsReversed(keras.Layer):
    """Reverses each sequence up to its last step that is no padding; what follows stays.

    Maps `[batch, time, features]` to the same shape. Twice it gives what came in.
    """

    def call(self, values: Any, sequence: Any) -> Any:
        """Return the values, the last real one first.

        Args:
            values: to be reversed, `[batch, time, features]`.
            sequence: `[batch, time, ...]`, as it was given, with NaN for padding.
        """
        real = tf.logical_not(tf.reduce_all(tf.math.is_nan(sequence), axis=2))
        count = real.shape[1] or tf.shape(real)[1]
        steps = tf.range(1, count + 1)
        lengths = tf.reduce_max(tf.where(real, steps, 0), axis=1)
        return tf.reverse_sequence(values, lengths, seq_axis=1)

    def compute_output_shape(self, values_shape: Any, sequence_shape: Any) -> Any:
        """Return the values' own shape."""
        return values_shape
