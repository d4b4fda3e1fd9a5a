"""JAX's models of the rows, as functions of a list of weights in our order.

Each maps weights, a batch, a carried state and a key to the loss, what it counts, and the state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from trainers.benchmarks.peers.prepared import Prepared

Loss = Callable[..., tuple[Any, tuple[Any, Any]]]


def loss_of(prepared: Prepared) -> Loss:
    """Return the loss of a row's model."""
    kinds = {
        "mlp": _mlp, "cnn": _cnn, "symbols": _symbols, "last_step": _last_step, "text": _text,
        "vae": _vae,
    }  # fmt: skip
    return kinds[prepared.kind](prepared)


def cross_entropy(scores: Any, targets: Any) -> Any:
    """Return the loss of each prediction, of logits in the last axis."""
    chosen = jnp.take_along_axis(scores, targets[..., None], -1)[..., 0]
    return jax.nn.logsumexp(scores, -1) - chosen


def _mlp(prepared: Prepared) -> Loss:
    activation = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[prepared.options["activation"]]
    dropout = prepared.options["dropout"]

    def loss(
        weights: Any, inputs: Any, targets: Any, _: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        values = inputs.reshape(len(inputs), -1)
        for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            values = activation(values @ kernel + bias)
            if dropout:
                key, own = jax.random.split(key)
                keep = jax.random.bernoulli(own, 1 - dropout, values.shape)
                values = jnp.where(keep, values / (1 - dropout), 0)
        scores = values @ weights[-2] + weights[-1]
        return cross_entropy(scores, targets).mean(), (1.0, carried)

    return loss


def _cnn(prepared: Prepared) -> Loss:
    def loss(
        weights: Any, inputs: Any, targets: Any, _: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        values = inputs
        for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            values = lax.conv_general_dilated(
                values, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            values = jax.nn.relu(values + bias)
            window = (1, 2, 2, 1)
            values = lax.reduce_window(values, -jnp.inf, lax.max, window, window, "VALID")
        scores = values.reshape(len(values), -1) @ weights[-2] + weights[-1]
        return cross_entropy(scores, targets).mean(), (1.0, carried)

    return loss


def _lstm(weights: Any, inputs: Any, first: Any, *, every_step: bool = True) -> tuple[Any, Any]:
    """Return outputs `[time, batch, units]`, or the last, and the last state `[2, batch, units]`.

    Args:
        weights: kernel, recurrent kernel and bias, whose gates are in the order i, f, g, o.
        inputs: `[time, batch, features]`.
        first: the state before, `[2, batch, units]`.
        every_step: whether all outputs are wanted.
    """
    kernel, recurrent, bias = weights

    def step(state: Any, sums: Any) -> Any:
        output, cell = state
        i, f, g, o = jnp.split(sums + output @ recurrent, 4, axis=-1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        output = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (output, cell), output if every_step else None

    last, outputs = lax.scan(step, (first[0], first[1]), inputs @ kernel + bias)
    return outputs if every_step else last[0], jnp.stack(last)


def _symbols(prepared: Prepared) -> Loss:
    def loss(
        weights: Any, inputs: Any, targets: Any, counted: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        embedded = weights[0][inputs.T]
        hidden, _ = _lstm(weights[1:4], embedded, jnp.zeros_like(carried))
        losses = cross_entropy(hidden @ weights[4] + weights[5], targets.T) * counted.T
        weight = counted.sum()
        return losses.sum() / weight, (weight, carried)

    return loss


def _text(prepared: Prepared) -> Loss:
    def loss(
        weights: Any, inputs: Any, targets: Any, _: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        hidden, carried = _lstm(weights[1:4], weights[0][inputs.T], carried)
        losses = cross_entropy(hidden @ weights[4] + weights[5], targets.T)
        return losses.mean(), (1.0, carried)

    return loss


def _last_step(prepared: Prepared) -> Loss:
    def loss(
        weights: Any, inputs: Any, targets: Any, _: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        rows = inputs.reshape(*inputs.shape[:2], -1).swapaxes(0, 1)
        hidden, _last = _lstm(weights[:3], rows, jnp.zeros_like(carried), every_step=False)
        return cross_entropy(hidden @ weights[3] + weights[4], targets).mean(), (1.0, carried)

    return loss


def _vae(prepared: Prepared) -> Loss:
    def loss(
        weights: Any, inputs: Any, targets: Any, _: Any, carried: Any, key: Any
    ) -> tuple[Any, tuple[Any, Any]]:
        pairs = list(zip(weights[::2], weights[1::2], strict=True))
        (k1, b1), (k2, b2), (k3, b3), (k4, b4), (k5, b5) = pairs
        images = inputs.reshape(len(inputs), -1)
        hidden = jax.nn.relu(images @ k1 + b1)
        mean, log_variance = hidden @ k2 + b2, hidden @ k3 + b3
        codes = mean + jnp.exp(log_variance / 2) * jax.random.normal(key, mean.shape)
        scores = jax.nn.relu(codes @ k4 + b4) @ k5 + b5
        drawn = jnp.maximum(scores, 0) - scores * images + jnp.log1p(jnp.exp(-jnp.abs(scores)))
        kl = 0.5 * (mean**2 + jnp.exp(log_variance) - 1 - log_variance)
        return drawn.sum(-1).mean() + kl.sum(-1).mean(), (1.0, carried)

    return loss
