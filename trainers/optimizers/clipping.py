"""Bound a gradient's global norm, whether or not its loss was scaled."""

from __future__ import annotations

import keras
import tensorflow as tf


def clipped(
    optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor], limit: float | None
) -> list[tf.Tensor]:
    """Return gradients scaled down together to a global norm of at most `limit`.

    Args:
        optimizer: that will take them; one that scales the loss scales the limit alike.
        gradients: of the loss that it scaled.
        limit: of the unscaled gradient's norm, or None for no bound.
    """
    if limit is None:
        return gradients
    scale = getattr(optimizer, "scale_loss", lambda value: value)
    return tf.clip_by_global_norm(gradients, scale(limit))[0]
