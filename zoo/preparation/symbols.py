"""Raw text to the numbers of its symbols."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="zoo")
class SymbolNumbers(keras.layers.Layer):
    """Maps strings to the numbers of their characters, from 0 on.

    Characters are found by halving a sorted list of their code points. Shorter strings are filled
    up with 0, as in training: what a model says beyond a string's end means nothing.

    Args:
        symbols: what the numbers stand for, one character each.
        unknown: the symbol that stands for all others, or None where there is none: then a string
            with another character is an error.
        **options: those of every Keras layer.
    """

    def __init__(self, symbols: Sequence[str], unknown: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.symbols, self.unknown = list(symbols), unknown

    def call(self, text: Any) -> Any:
        """Map strings `[batch]` to int32 `[batch, time]`, as long as the longest."""
        points = [ord(symbol) for symbol in self.symbols]
        order = sorted(range(len(points)), key=points.__getitem__)
        found = tf.strings.unicode_decode(text, "UTF-8").to_tensor(default_value=-1)
        ranks = tf.searchsorted(tf.constant(sorted(points)), tf.reshape(found, [-1]), side="left")
        ranks = tf.reshape(tf.minimum(ranks, len(points) - 1), tf.shape(found))
        numbers = tf.gather(tf.constant(order), ranks)
        known = tf.equal(tf.gather(tf.constant(points), numbers), found)
        if self.unknown is None:
            check = tf.debugging.Assert(
                tf.reduce_all(known | (found < 0)),
                ["the text has a character that the model has not seen; it knows", self.symbols],
                summarize=len(self.symbols),
            )
            with tf.control_dependencies([] if check is None else [check]):
                numbers = tf.identity(numbers)
            other = 0
        else:
            other = self.symbols.index(self.unknown)
        return tf.where(found < 0, 0, tf.where(known, numbers, other))

    def compute_output_spec(self, text: Any) -> keras.KerasTensor:
        """Return the shape and type of the numbers."""
        return keras.KerasTensor((text.shape[0], None), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "symbols": self.symbols, "unknown": self.unknown}


@keras.saving.register_keras_serializable(package="zoo")
class ZeroState(keras.layers.Layer):
    """The state in which a model begins a text: zeros, as many as there are strings.

    Args:
        shape: of one string's state.
        **options: those of every Keras layer.
    """

    def __init__(self, shape: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.shape = tuple(shape)

    def call(self, symbols: Any) -> Any:
        """Map `[batch, time]` to zeros `[batch, *shape]`."""
        return tf.zeros((tf.shape(symbols)[0], *self.shape), self.compute_dtype)

    def compute_output_spec(self, symbols: Any) -> keras.KerasTensor:
        """Return the shape and type of the state."""
        return keras.KerasTensor((symbols.shape[0], *self.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "shape": list(self.shape)}
