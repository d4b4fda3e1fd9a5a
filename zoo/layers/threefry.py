"""Random numbers as a function of a key and a place, the same bits under XLA and on any device.

TensorFlow's stateless numbers differ between its kernels and XLA's, so that what is drawn would
depend on how a run is compiled.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

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


def stream(seed: tf.Tensor, pairs: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Return two uint32 words `[pairs]` for each place of one pass of a layer.

    Args:
        seed: int64 `[2]`, the layer's own, which is the key, and the number of the pass.
        pairs: how many.
    """
    key, number = tf.unstack(tf.bitcast(seed, tf.uint32))
    return threefry(key, tf.cast(tf.range(pairs), tf.uint32), number[0])


def size_of(shape: Any) -> Any:
    """Return how many numbers a shape has, which is sizes or a tensor of them."""
    return tf.reduce_prod(shape) if tf.is_tensor(shape) else math.prod(shape)


def drawn(
    function: Callable[..., tf.Tensor], seed: tf.Tensor, like: tf.Tensor, *settings: Any
) -> tf.Tensor:
    """Return `function(seed, shape, *settings)` for the shape of `like`.

    Where that is known while a graph is made it is one kernel of XLA's, in a graph that XLA does
    not compile too: TensorFlow's own kernels would be a hundred, one for each line above.
    """
    if tf.executing_eagerly() or not like.shape.is_fully_defined():
        return function(seed, tf.shape(like), *settings)
    return _one_kernel(function, tuple(like.shape), *settings)(seed)


@functools.cache
def _one_kernel(function: Callable[..., tf.Tensor], *settings: Any) -> Callable[..., tf.Tensor]:
    return tf.function(lambda seed: function(seed, *settings), jit_compile=True, autograph=False)


def _xor(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(a, b)


def _rotated(words: tf.Tensor, distance: int) -> tf.Tensor:
    left = tf.bitwise.left_shift(words, tf.constant(distance, tf.uint32))
    return left | tf.bitwise.right_shift(words, tf.constant(32 - distance, tf.uint32))
