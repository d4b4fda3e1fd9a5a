"""Dropout whose masks cost little, and are the same however a model is compiled.

Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
JMLR 15, 2014. The random words: see `zoo.layers.threefry`.

In training, y_i = x_i m_i / (1 - p), m_i = [u_i >= p]. Number i of pass k of a layer with seed s is
bits of Threefry(key = s, counter = (word of i, k)), so that no two units and no two passes share a
number. A unit needs few bits: u_i has 8 where p is a multiple of 1 / 256, as 0.5 and 0.25 are, and
else 16, with p rounded to a multiple of 1 / 65,536 in both places where it stands.
"""

from typing import Any

import keras
import tensorflow as tf

from zoo.layers.threefry import drawn, size_of, stream

_WORD_BITS = 32


@keras.saving.register_keras_serializable(package="zoo")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` with random numbers of its own; options and state are Keras's.

    On a CPU under XLA Keras's numbers take some 200 ns each, these less than 1 ns, and no more
    than TensorFlow's kernels outside it.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, in training with some of them 0 and the others scaled up."""
        if not training or self.rate in (0, 1) or self.noise_shape is not None:
            return super().call(inputs, training=training)
        kept = drawn(_kept, self.seed_generator.next(), inputs, self.rate)
        limit, bits = _threshold(self.rate)
        return tf.where(kept, inputs * (1 / (1 - limit / 2**bits)), tf.zeros([], inputs.dtype))


def _threshold(rate: float) -> tuple[int, int]:
    """Return the number below which a unit is dropped, and how many bits it is compared to."""
    bits = 8 if (rate * 2**8).is_integer() else 16
    return min(round(rate * 2**bits), 2**bits - 1), bits


def _kept(seed: tf.Tensor, shape: Any, rate: float) -> tf.Tensor:
    """Return which units stay, bool of a shape.

    Args:
        seed: int64 `[2]`, the layer's seed and the number of the pass.
        shape: sizes, or a tensor of them.
        rate: p.
    """
    limit, bits = _threshold(rate)
    size = size_of(shape)
    # XLA computes a value anew for each of its elements' users, unless several operations use it
    # and it is a concatenation: so the words come before their parts, and the parts one by one.
    words = tf.concat(stream(seed, -(-size * bits // (2 * _WORD_BITS))), axis=0)
    mask, parts = tf.constant(2**bits - 1, tf.uint32), []
    for first in range(0, _WORD_BITS, bits):
        part = tf.bitwise.right_shift(words, tf.constant(first, tf.uint32))
        parts.append(tf.bitwise.bitwise_and(part, mask) >= tf.constant(limit, tf.uint32))
    return tf.reshape(tf.concat(parts, axis=0)[:size], shape)
