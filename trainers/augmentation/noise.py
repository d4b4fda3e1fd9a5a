"""Noise of each picture's own, the same bits however a run is compiled."""

from __future__ import annotations

import tensorflow as tf

from zoo.layers.threefry import threefry


def noise(seeds: tf.Tensor, size: int) -> tf.Tensor:
    """Return numbers in [-1, 1), float32 `[examples, 2, size]`, of 24 bits each.

    Args:
        seeds: int32 `[examples, 2]`; each fixes its example's numbers.
        size: numbers along the last axis.
    """
    keys = tf.bitcast(seeds, tf.uint32)[:, None, :]
    places = tf.cast(tf.range(size), tf.uint32)[None, :]
    words = tf.stack(threefry(keys, places, tf.zeros_like(places)), axis=1)
    high = tf.bitwise.right_shift(words, tf.constant(8, tf.uint32))
    return tf.cast(tf.cast(high, tf.int32), tf.float32) * 2.0**-23 - 1.0
