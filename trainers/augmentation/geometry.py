"""Pictures moved: where every pixel is read from, and what lies between pixels.

All movements together are one reading, which blurs once, however many there are.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Movement(NamedTuple):
    """How each of a batch's pictures is moved; all float32.

    down, right: `[batch]`, by so many pixels.
    angle: `[batch]`, in radians, counter-clockwise.
    mirror_rows, mirror_columns: `[batch]`, -1 mirrors and 1 does not; of rows is upside down.
    displacements: `[batch, 2, rows, columns]` of the coordinates; nothing for none.
    """

    down: tf.Tensor
    right: tf.Tensor
    angle: tf.Tensor
    mirror_rows: tf.Tensor
    mirror_columns: tf.Tensor
    displacements: tf.Tensor | tuple[()] = ()


def moved(images: tf.Tensor, movement: Movement) -> tf.Tensor:
    """Return pictures `[batch, rows, columns, channels]`, each moved, float32.

    The pixel at p shows what was at M (R(-angle) (p + d(p) - c) - s) + c, with the middle c of the
    picture, the shift s and the mirror M. A picture continues its edge beyond it.
    """
    rows, columns = images.shape[1:3]
    middle_row, middle_column = (rows - 1) / 2, (columns - 1) / 2
    y = tf.range(rows, dtype=tf.float32)[None, :, None] - middle_row
    x = tf.range(columns, dtype=tf.float32)[None, None, :] - middle_column
    if not isinstance(movement.displacements, tuple):
        y, x = y + movement.displacements[:, 0], x + movement.displacements[:, 1]
    down, right, angle, mirror_rows, mirror_columns = (
        tensor[:, None, None] for tensor in movement[:5]
    )
    cosine, sine = tf.cos(angle), tf.sin(angle)
    y, x = x * sine + y * cosine - down, x * cosine - y * sine - right
    return sampled(images, mirror_rows * y + middle_row, mirror_columns * x + middle_column)


def sampled(images: tf.Tensor, y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Return what pictures have at points between their pixels, bilinear, float32.

    With y = i + a and x = j + b, whole i and j: (1 - a) (1 - b) I[i, j] + (1 - a) b I[i, j + 1]
    + a (1 - b) I[i + 1, j] + a b I[i + 1, j + 1].

    Args:
        images: `[batch, rows, columns, channels]`.
        y, x: `[batch, ...]`, row and column of every point; beyond the edge it is the edge.
    """
    images = tf.cast(images, tf.float32)
    rows, columns, channels = images.shape[1:]
    y, x = tf.clip_by_value(y, 0.0, rows - 1.0), tf.clip_by_value(x, 0.0, columns - 1.0)
    above, left = tf.floor(y), tf.floor(x)
    a, b = (y - above)[..., None], (x - left)[..., None]
    i, j = tf.cast(above, tf.int32), tf.cast(left, tf.int32)
    below, beside = tf.minimum(i + 1, rows - 1), tf.minimum(j + 1, columns - 1)
    pixels = tf.reshape(images, [-1, rows * columns, channels])

    def at(row: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
        return tf.gather(pixels, row * columns + column, batch_dims=1)

    upper = (1 - b) * at(i, j) + b * at(i, beside)
    lower = (1 - b) * at(below, j) + b * at(below, beside)
    return (1 - a) * upper + a * lower
