"""Elastic distortion: every pixel is moved by a smooth random field.

Source: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied
to visual document analysis", section 2.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from trainers.augmentation.noise import noise

# Standard deviations after which the Gaussian is cut off.
_REACH = 4.0


def displacements(
    seeds: tf.Tensor, shape: tuple[int, int], *, strength: float, sigma: float
) -> tf.Tensor:
    """Return what is added to the coordinates of every pixel, `[examples, 2, rows, columns]`.

    d = strength (G * u),  u ~ U(-1, 1) for each pixel and axis

    with a Gaussian G of deviation `sigma` pixels and sum 1; outside of the picture u is 0. Well
    inside, d has a standard deviation of strength / (sigma sqrt(12 pi)) pixels, where sigma is 1
    or more.

    Args:
        seeds: int32 `[examples, 2]`; each fixes its example's field.
        shape: rows and columns of the pictures.
        strength: alpha of the paper, in pixels.
        sigma: above 0.
    """
    fields = tf.reshape(noise(seeds, shape[0] * shape[1]), [-1, 2, *shape])
    return strength * smoothed(fields, sigma)


def smoothed(fields: tf.Tensor, sigma: float) -> tf.Tensor:
    """Return fields `[..., rows, columns]` convolved with a Gaussian, and with 0 outside of them.

    G(t) = exp(-t^2 / (2 sigma^2)) / sum over |t| <= 4 sigma of the same, along either axis.
    """
    rows, columns = fields.shape[-2:]
    down, across = tf.constant(_gaussian(rows, sigma)), tf.constant(_gaussian(columns, sigma))
    # Two matrix products: the Gaussian of a plane is that of its axes, one after the other.
    return tf.einsum("ij,...jk,lk->...il", down, fields, across)


def _gaussian(size: int, sigma: float) -> np.ndarray:
    """Return the convolution as a matrix `[size, size]`, float32."""
    reach = int(_REACH * sigma + 0.5)
    total = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma)).sum()
    distances = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    weights = np.exp(-0.5 * np.square(distances / sigma)) / total
    return np.where(distances <= reach, weights, 0.0).astype(np.float32)
