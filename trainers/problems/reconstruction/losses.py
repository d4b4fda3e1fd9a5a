"""What a reconstruction loses: the distance to the image, and the divergence of its code."""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

Distance = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """Return KL(N(m, exp(l)) || N(0, 1)) = 1/2 sum_j (m_j^2 + exp(l_j) - 1 - l_j), in nats.

    Source: Kingma & Welling 2014, appendix B.

    Args:
        mean, log_variance: m and l, `[batch, codes]`.

    Returns:
        `[batch]`, at least 0.
    """
    terms = tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance
    return 0.5 * tf.reduce_sum(terms, axis=-1)


def make_distance(loss: str) -> Distance:
    """Return R: (images in [0, 1], scores), each `[batch, ...]`, to nats per image, `[batch]`.

    cross_entropy: - sum_i x_i ln p_i + (1 - x_i) ln(1 - p_i) with p = sigmoid(scores), each pixel
    the probability of a black or white one (Kingma & Welling 2014, appendix C.1). Where pixels are
    grey this has a floor above 0: the sum of the pixels' own entropies.

    mse: 1/2 sum_i (x_i - p_i)^2, the negative log-likelihood of pixels that are normal around p
    with variance 1, without its constant. A weight beta of the divergence then stands for pixels
    of variance beta, in units of which the loss is measured.
    """
    if loss == "mse":
        return lambda images, scores: (
            0.5 * tf.reduce_sum(tf.square(_flat(images) - tf.sigmoid(_flat(scores))), axis=-1)
        )
    return lambda images, scores: tf.reduce_sum(
        tf.nn.sigmoid_cross_entropy_with_logits(_flat(images), _flat(scores)), axis=-1
    )


def squared_error(images: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Return the mean over pixels of (x - sigmoid(scores))^2, `[batch]`."""
    return tf.reduce_mean(tf.square(_flat(images) - tf.sigmoid(_flat(scores))), axis=-1)


def _flat(images: tf.Tensor) -> tf.Tensor:
    return tf.reshape(images, [-1, math.prod(images.shape[1:])])
