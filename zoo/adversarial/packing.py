"""Packing: a discriminator that judges several examples of one kind together.

Source: Lin, Khetan, Fanti & Oh, "PacGAN: the power of two samples in generative adversarial
networks", NeurIPS 2018, section 2: m examples, all real or all generated, are joined along their
last axis and get one score. A generator that draws too few kinds of examples is found out by
packs that are too much alike.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="zoo")
class Pack(keras.layers.Layer):
    """Joins every m examples along the last axis.

    The last pack of a batch that is no multiple of m is filled with examples from the beginning.

    Args:
        size: m, at least 1.
        **options: those of every Keras layer.
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, examples: Any) -> Any:
        """Map `[batch, ..., channels]` to `[packs, ..., size * channels]`."""
        static = tuple(examples.shape[1:])
        count = examples.shape[0]
        if count is None or count % self.size:
            count = tf.shape(examples)[0]
            examples = tf.gather(examples, tf.range(count + -count % self.size) % count)
        packs = tf.reshape(examples, (-1, self.size, *static))
        places = list(range(2, len(static) + 1))
        packs = tf.transpose(packs, [0, *places, 1, len(static) + 1])
        return tf.reshape(packs, (-1, *static[:-1], self.size * static[-1]))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the packs."""
        packs = None if shape[0] is None else -(-shape[0] // self.size)
        return (packs, *shape[1:-1], self.size * (shape[-1] or 1))

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="zoo")
class Unpack(keras.layers.Layer):
    """Gives every example the score of its pack.

    Args:
        size: m, of `Pack`.
        **options: those of every Keras layer.
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, inputs: list[Any]) -> Any:
        """Map scores `[packs, 1]` and the packs' examples `[batch, ...]` to `[batch, 1]`."""
        scores, examples = inputs
        count = examples.shape[0]
        count = tf.shape(examples)[0] if count is None else count
        return tf.repeat(scores, self.size, axis=0)[:count]

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of the examples' scores."""
        scores, examples = shapes
        return (examples[0], *scores[1:])

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "size": self.size}


def packed(examples: Any, size: int, judge: Callable[[Any], Any]) -> Any:
    """Return the scores `[batch, 1]` that `judge` gives to packs of symbolic examples.

    Args:
        examples: symbolic, `[batch, ..., channels]`.
        size: m; 1 packs nothing and adds no layer.
        judge: from packs `[packs, ..., size * channels]` to their scores `[packs, 1]`.
    """
    if size == 1:
        return judge(examples)
    scores = judge(Pack(size, name="pack")(examples))
    return Unpack(size, name="unpack", dtype=scores.dtype)([scores, examples])
