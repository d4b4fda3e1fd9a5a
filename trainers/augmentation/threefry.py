"""Random numbers as a function of a key and a place, the same bits under XLA and on any device.

TensorFlow's stateless numbers differ between its kernels and XLA's, so that a picture would depend
on how a run is compiled.
"""

from __future__ import annotations

import tensorflow as tf

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry(keys: tf.Tensor, first: tf.Tensor, second: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return two random words for each key and counter: Threefry-2x32 of 20 rounds.

    Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".

    Args:
        keys: uint32 `[..., 2]`.
        first, second: the counter's words, uint32, of shapes that broadcast with `[...]`.
    """
    parity = tf.constant(_PARITY, tf.uint32)
    schedule = [keys[..., 0], keys[..., 1]]
    schedule.append(_xor(_xor(schedule[0], schedule[1]), parity))
    x, y = first + schedule[0], second + schedule[1]
    for block in range(5):
        for distance in _ROTATIONS[block % 2]:
            x = x + y
            y = _xor(_rotated(y, distance), x)
        x = x + schedule[(block + 1) % 3]
        y = y + schedule[(block + 2) % 3] + tf.constant(block + 1, tf.uint32)
    return x, y


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


def _xor(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(a, b)


def _rotated(words: tf.Tensor, distance: int) -> tf.Tensor:
    left = tf.bitwise.left_shift(words, tf.constant(distance, tf.uint32))
    return left | tf.bitwise.right_shift(words, tf.constant(32 - distance, tf.uint32))
