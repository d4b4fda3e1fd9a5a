"""Backpropagation from scratch in NumPy: to be read, and to test the trained models against.

Sources: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
Nature 323, 1986, equations 4 to 7; Nielsen, "Neural Networks and Deep Learning", 2015, chapter 2,
equations BP1 to BP4, here for a batch of rows and for the mean over its B examples.

A network of K hidden layers maps rows h_0 to scores. Forward, for k = 1 ... K:

    z_k = h_(k-1) W_k + b_k         weighted sums
    h_k = f(z_k)                    activations
    s   = h_K W + b                 scores

Backward, with d the derivative of the loss by a layer's weighted sums, called its error:

    d      = dL/ds                       (BP1: the last layer's error)
    d_k    = (d_(k+1) W_(k+1)^T) f'(z_k) (BP2: the error of the layer before, by element)
    dL/db_k = sum of the rows of d_k     (BP3)
    dL/dW_k = h_(k-1)^T d_k              (BP4)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np


class Activation(NamedTuple):
    """f, and its derivative written in terms of y = f(z), which the forward pass has already."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


ACTIVATIONS = {
    # s(z) = 1 / (1 + e^-z), in the form that cannot overflow; s' = s (1 - s).
    "sigmoid": Activation(lambda z: 0.5 * (1 + np.tanh(z / 2)), lambda y: y * (1 - y)),
    # tanh' = 1 - tanh^2.
    "tanh": Activation(np.tanh, lambda y: 1 - y**2),
    # (A tanh(S z))' = A S (1 - tanh^2(S z)), with LeNet's A = 1.7159 and S = 2/3.
    "scaled_tanh": Activation(
        lambda z: 1.7159 * np.tanh(2 / 3 * z), lambda y: 1.7159 * 2 / 3 * (1 - (y / 1.7159) ** 2)
    ),
    # relu' is 1 above 0 and, by convention, 0 at 0.
    "relu": Activation(lambda z: np.maximum(z, 0), lambda y: (y > 0).astype(y.dtype)),
}


def softmax_cross_entropy(scores: np.ndarray, classes: np.ndarray) -> tuple[float, np.ndarray]:
    """L = mean over the batch of -ln p[class], p = softmax(s); returns L and dL/ds.

    The derivative is (p - y) / B with y the one-hot classes: the softmax's and the logarithm's
    derivatives cancel.

    Args:
        scores: s, `[batch, classes]`.
        classes: `[batch]` ints.
    """
    # Softmax does not change when the largest score is taken from all; the exponential then
    # cannot overflow.
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    one_hot = np.eye(scores.shape[1])[classes]
    return -(one_hot * log_p).sum() / len(scores), (np.exp(log_p) - one_hot) / len(scores)


def mean_squared_error(scores: np.ndarray, classes: np.ndarray) -> tuple[float, np.ndarray]:
    """L = mean over the batch and the C outputs of (s - y)^2; returns L and dL/ds.

    The derivative is 2 (s - y) / (B C) with y the one-hot classes.

    Args:
        scores: s, `[batch, classes]`.
        classes: `[batch]` ints.
    """
    difference = scores - np.eye(scores.shape[1])[classes]
    return (difference**2).mean(), 2 * difference / difference.size


LOSSES = {"cross_entropy": softmax_cross_entropy, "mse": mean_squared_error}


def forward(
    weights: Sequence[np.ndarray], inputs: np.ndarray, activation: str
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the scores, and every layer's input h_0 ... h_K, which the way back needs.

    Args:
        weights: W_1, b_1, ..., W, b, alternating, as `zoo`'s `mlp` lists them; W is
            `[units before, units]`, b `[units]`.
        inputs: `[batch, ...]`, flattened to h_0 `[batch, features]`.
        activation: f: "sigmoid", "tanh", "scaled_tanh" or "relu".
    """
    f = ACTIVATIONS[activation].value
    hidden = [inputs.reshape(len(inputs), -1)]
    # All layers but the last, whose sums are the scores and stay as they are.
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        hidden.append(f(hidden[-1] @ kernel + bias))
    return hidden[-1] @ weights[-2] + weights[-1], hidden


def backward(
    weights: Sequence[np.ndarray], hidden: Sequence[np.ndarray], error: np.ndarray, activation: str
) -> list[np.ndarray]:
    """Return the loss's derivative by each of `weights`, in their order.

    Args:
        weights: as in `forward`.
        hidden: h_0 ... h_K of the forward pass.
        error: dL/ds `[batch, classes]`, BP1.
        activation: f.
    """
    slope = ACTIVATIONS[activation].slope
    gradients: list[np.ndarray] = []
    # From the last layer to the first, so that each finds the error of the one after it.
    for layer in reversed(range(len(hidden))):
        kernel, values = weights[2 * layer], hidden[layer]
        # BP4 and BP3: a weight's derivative is what comes in times the error of what goes out,
        # summed over the batch; a bias is a weight whose input is 1.
        gradients = [values.T @ error, error.sum(axis=0), *gradients]
        # BP2: the error flows back along the weights and through the slope of f. The first layer
        # has only the inputs before it, which have no f.
        if layer > 0:
            error = (error @ kernel.T) * slope(values)
    return gradients


def gradients(
    weights: Sequence[np.ndarray],
    inputs: np.ndarray,
    classes: np.ndarray,
    *,
    activation: str,
    loss: str,
) -> tuple[float, list[np.ndarray]]:
    """Return the loss of a batch and its derivative by each of `weights`.

    Args:
        weights, inputs, activation: as in `forward`.
        classes: `[batch]` ints.
        loss: "cross_entropy" or "mse", see `LOSSES`.
    """
    scores, hidden = forward(weights, inputs, activation)
    value, error = LOSSES[loss](scores, classes)
    return float(value), backward(weights, hidden, error, activation)
