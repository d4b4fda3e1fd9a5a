"""JAX's generative adversarial network: one jitted update of both networks.

Random numbers differ from ours, so that losses are alike as means only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from trainers.benchmarks.peers.prepared import Prepared

_WINDOW, _SLOPE, _DEVIATION, _EPSILON = 4, 0.2, 0.02, 1e-3
_FORM = ("NHWC", "HWIO", "NHWC")


def networks(prepared: Prepared) -> tuple[list[Any], list[Any]]:
    """Return the generator's and the discriminator's first weights."""
    options = prepared.options
    rows, columns, maps = prepared.inputs.shape[1:]
    filters, latent = options["filters"], options["latent_dim"]
    values = rows // 4 * (columns // 4) * 2 * filters
    keys = iter(jax.random.split(jax.random.key(1), 8))

    def normal(*shape: int) -> Any:
        return _DEVIATION * jax.random.normal(next(keys), shape)

    drawing = [
        normal(latent, values), jnp.ones(values), jnp.zeros(values),
        normal(_WINDOW, _WINDOW, 2 * filters, filters), jnp.ones(filters), jnp.zeros(filters),
        normal(_WINDOW, _WINDOW, filters, maps), jnp.zeros(maps),
    ]  # fmt: skip
    judging = [
        normal(_WINDOW, _WINDOW, maps, filters), jnp.zeros(filters),
        normal(_WINDOW, _WINDOW, filters, 2 * filters), jnp.zeros(2 * filters),
        normal(values, 1), jnp.zeros(1),
    ]  # fmt: skip
    return drawing, judging


def _normalized(values: Any, gain: Any, offset: Any) -> Any:
    """Return values of mean 0 and variance 1 over all axes of an example, with gain and offset."""
    axes = tuple(range(1, values.ndim))
    centered = values - values.mean(axes, keepdims=True)
    deviation = jnp.sqrt((centered**2).mean(axes, keepdims=True) + _EPSILON)
    return centered / deviation * gain + offset


def _draw(weights: Any, latents: Any, low: tuple[int, int]) -> Any:
    project, gain, offset, enlarge, gains, offsets, last, bias = weights
    values = jax.nn.relu(_normalized(latents @ project, gain, offset))
    values = values.reshape(len(latents), *low, -1)
    values = lax.conv_transpose(values, enlarge, (2, 2), "SAME", dimension_numbers=_FORM)
    values = jax.nn.relu(_normalized(values, gains, offsets))
    images = lax.conv_transpose(values, last, (2, 2), "SAME", dimension_numbers=_FORM)
    return jax.nn.sigmoid(images + bias)


def _judge(weights: Any, images: Any, dropout: float, key: Any) -> Any:
    values = images
    for index, own in enumerate(jax.random.split(key)):
        kernel, bias = weights[2 * index : 2 * index + 2]
        values = lax.conv_general_dilated(values, kernel, (2, 2), "SAME", dimension_numbers=_FORM)
        values = jax.nn.leaky_relu(values + bias, _SLOPE)
        if dropout:
            keep = jax.random.bernoulli(own, 1 - dropout, values.shape)
            values = jnp.where(keep, values / (1 - dropout), 0)
    return values.reshape(len(values), -1) @ weights[-2] + weights[-1]


def update_of(prepared: Prepared, apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return (data, state, rows) to the state after both networks' update, and the loss.

    Args:
        prepared: the row.
        apply: the optimizer, see `jax_scan.apply`.
    """
    options, settings = prepared.options, prepared.optimizer
    low = (prepared.inputs.shape[1] // 4, prepared.inputs.shape[2] // 4)
    dropout, momentum = options["dropout"], settings["ema_momentum"] or 0.0

    def update(data: Any, state: Any, rows: Any) -> Any:
        (drawing, *moments), (judging, *others), average, count, key = state
        real = data[0][rows[0]]
        key, *keys = jax.random.split(key, 4)
        latents = jax.random.normal(keys[0], (len(real), options["latent_dim"]))
        images, backward = jax.vjp(lambda weights: _draw(weights, latents, low), drawing)

        def judging_loss(weights: Any) -> Any:
            scores = _judge(weights, jnp.concatenate([real, images]), dropout, keys[1])
            of_real, of_fake = jnp.split(scores, 2)
            return (jax.nn.softplus(-of_real) + jax.nn.softplus(of_fake)).mean()

        count += 1
        slopes = jax.grad(judging_loss)(judging)
        judging, *others = apply(settings, judging, slopes, *others, count)

        def drawing_loss(images: Any) -> Any:
            return jax.nn.softplus(-_judge(judging, images, dropout, keys[2])).mean()

        loss, slope = jax.value_and_grad(drawing_loss)(images)
        drawing, *moments = apply(settings, drawing, backward(slope)[0], *moments, count)
        average = [
            old + (new - old) * (1 - momentum) for old, new in zip(average, drawing, strict=True)
        ]
        return ((drawing, *moments), (judging, *others), average, count, key), (loss, 1.0)

    return update


def state_of(prepared: Prepared) -> Any:
    """Return both networks with their optimizers' moments, the average, the count and a key."""
    states = []
    for weights in networks(prepared):
        moments = ([jnp.zeros_like(each) for each in weights] for _ in range(2))
        states.append((weights, *moments))
    average = [each.copy() for each in states[0][0]]
    return *states, average, jnp.zeros(()), jax.random.key(0)
