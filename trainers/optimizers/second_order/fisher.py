"""The Fisher information of what a model's outputs say about the target, in the outputs.

Source: Amari, "Natural Gradient Works Efficiently in Learning", Neural Computation 10(2), 1998;
Martens, "New Insights and Perspectives on the Natural Gradient Method", JMLR 21, 2020, sections
9.2-9.3: J^T F_out J is the Fisher information of the weights, and where the outputs are a
distribution's natural parameters it equals the generalized Gauss-Newton matrix.

| loss | outputs | predictive distribution | F_out u |
| --- | --- | --- | --- |
| cross_entropy | scores z, p = softmax(z) | categorical(p) | p * u - p (p . u) |
| cross_entropy | softmax values p | categorical(p) | u / p |
| cross_entropy | sigmoid values q | K independent Bernoulli(q_k) | u / (q (1 - q)) |
| mse | any K values | Gaussian, variance K / 2 each | (2 / K) u |

The variance K / 2 makes the loss, a mean of squares over the K outputs, the negative logarithm of
the density up to a constant.
"""

from __future__ import annotations

import tensorflow as tf

import configs
from trainers.engine.batch import Batch
from trainers.optimizers.second_order.curvature import OutputProduct

# Probabilities are kept this far from 0 and 1, as Keras's losses keep them.
_EPSILON = 1e-7


def output_fisher(loss: str, output_activation: str) -> OutputProduct:
    """Return the function (batch, outputs, u) -> F_out u, both `[batch, ..., K]`.

    Args:
        loss: a resolved loss, "cross_entropy" or "mse".
        output_activation: "linear" outputs are scores.

    Raises:
        ConfigError: the loss is no negative log-likelihood that is known here.
    """
    if loss == "mse":
        return _gaussian
    if loss == "cross_entropy":
        products = {"softmax": _probabilities, "sigmoid": _bernoulli}
        return products.get(output_activation, _scores)
    raise configs.ConfigError(
        f"optimizer 'natural_gradient' needs a predictive distribution, loss {loss!r} has none; "
        "use --loss cross_entropy or --loss mse"
    )


def _scores(_: Batch, outputs: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    p = tf.nn.softmax(outputs)
    return p * u - p * tf.reduce_sum(p * u, axis=-1, keepdims=True)


def _probabilities(_: Batch, outputs: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    return u / tf.maximum(outputs, _EPSILON)


def _bernoulli(_: Batch, outputs: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    q = tf.clip_by_value(outputs, _EPSILON, 1.0 - _EPSILON)
    return u / (q * (1.0 - q))


def _gaussian(_: Batch, outputs: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    return u * (2.0 / outputs.shape[-1])
