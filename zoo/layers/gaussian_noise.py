"""Normal noise that costs little, and is the same to rounding however a model is compiled.

Number pair j of pass k of a layer with seed s comes from Threefry(key = s, counter = (j, k)), whose
two words give u, v in (0, 1), and these (Box & Muller, "A note on the generation of random normal
deviates", Annals of Mathematical Statistics 29, 1958)

    sqrt(-2 ln u) cos(2 pi v),  sqrt(-2 ln u) sin(2 pi v).
"""

import math
from typing import Any

import keras
import tensorflow as tf

from zoo.layers.threefry import drawn, size_of, stream


@keras.saving.register_keras_serializable(package="zoo")
class GaussianNoise(keras.layers.GaussianNoise):
    """`keras.layers.GaussianNoise` with random numbers of its own; options and state are Keras's.

    On a CPU under XLA Keras's numbers take some 200 ns each.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the inputs, in training with normal noise added."""
        if not training or self.stddev == 0:
            return super().call(inputs, training=training)
        return inputs + self.stddev * normal_like(inputs, self.seed_generator)


def normal_like(values: Any, seed_generator: keras.random.SeedGenerator) -> Any:
    """Return independent numbers of mean 0 and variance 1, of the shape and type of `values`."""
    return tf.cast(drawn(_normal, seed_generator.next(), values), values.dtype)


def _normal(seed: tf.Tensor, shape: Any) -> tf.Tensor:
    size = size_of(shape)
    first, second = (_between_0_and_1(words) for words in stream(seed, -(-size // 2)))
    radius, angle = tf.sqrt(-2 * tf.math.log(first)), 2 * math.pi * second
    pairs = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
    return tf.reshape(pairs[:size], shape)


def _between_0_and_1(words: tf.Tensor) -> tf.Tensor:
    high = tf.cast(tf.bitwise.right_shift(words, tf.constant(9, tf.uint32)), tf.int32)
    return (tf.cast(high, tf.float32) + 0.5) * 2.0**-23
