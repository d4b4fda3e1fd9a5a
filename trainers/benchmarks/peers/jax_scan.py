"""JAX's loop: all updates of a turn in one jitted `lax.scan`, its buffers donated.

Convolutions alone are jitted update by update: XLA's are some 20 times slower inside a loop on a
CPU. Shapes are static, so that a batch of short sequences is cut to the next of a few lengths, for
each of which the update is compiled. Weights are a list in our model's order, and all functions are
pure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from trainers.benchmarks.peers import jax_generative
from trainers.benchmarks.peers.jax_models import loss_of
from trainers.benchmarks.peers.prepared import Prepared

Turn = Callable[[int], float]
_LENGTHS = 4


def prepare(prepared: Prepared) -> Turn:
    """Return the turn of a row: train on the examples of turn n, and return their mean loss."""
    data = tuple(
        jnp.asarray(each) for each in (prepared.inputs, prepared.targets, prepared.example_weights)
    )
    lengths = _lengths(prepared.steps)
    one_update, state = _update(prepared, lengths), _state(prepared)

    @partial(jax.jit, donate_argnums=(0,))
    def scan(state: Any, data: Any, rows: Any) -> Any:
        return lax.scan(partial(one_update, data), state, rows)

    step = jax.jit(one_update, donate_argnums=(1,))

    def turn(number: int) -> float:
        nonlocal state
        classes = np.searchsorted(lengths, prepared.steps[number]).astype(np.int32)
        rows = (prepared.order[number], prepared.follows[number], classes)
        if prepared.kind in ("cnn", "gan"):
            figures = []
            for one in zip(*rows, strict=True):
                state, figure = step(data, state, one)
                figures.append(figure)
            losses, counts = (jnp.stack(each) for each in zip(*figures, strict=True))
        else:
            state, (losses, counts) = scan(state, data, rows)
        return float((losses * counts).sum() / counts.sum())

    return turn


def _lengths(steps: np.ndarray) -> list[int]:
    """Return a few lengths, of which the last is that of the longest batch."""
    quantiles = np.quantile(steps, np.arange(1, _LENGTHS + 1) / _LENGTHS, method="higher")
    return sorted({int(each) for each in quantiles})


def _state(prepared: Prepared) -> Any:
    if prepared.kind == "gan":
        return jax_generative.state_of(prepared)
    weights = [jnp.asarray(each) for each in prepared.weights]
    moments = ([jnp.zeros_like(each) for each in weights] for _ in range(2))
    carried = jnp.zeros((2, prepared.order.shape[2], prepared.options.get("units", 1)))
    return weights, *moments, jnp.zeros(()), carried, jax.random.key(0)


def _update(prepared: Prepared, lengths: list[int]) -> Callable[..., Any]:
    if prepared.kind == "gan":
        return jax_generative.update_of(prepared, apply)
    loss = loss_of(prepared)
    settings = prepared.optimizer

    def update(data: Any, state: Any, rows: Any) -> Any:
        weights, first, second, count, carried, key = state
        indices, follows, length = rows
        key, own = jax.random.split(key)
        carried = carried * follows[:, None]

        def slopes_of(steps: int) -> Any:
            # 0 stands for whole examples.
            cut = (lambda each: each[:, :steps]) if steps else (lambda each: each)
            batch = tuple(cut(each[indices]) for each in data)
            return jax.value_and_grad(loss, has_aux=True)(weights, *batch, carried, own)

        branches = [partial(slopes_of, steps) for steps in lengths]
        (value, (counted, carried)), slopes = lax.switch(length, branches)
        count += 1
        weights, first, second = apply(settings, weights, slopes, first, second, count)
        return (weights, first, second, count, carried, key), (value, counted)

    return update


def apply(
    settings: dict[str, Any], weights: Any, slopes: Any, first: Any, second: Any, count: Any
) -> tuple[Any, Any, Any]:
    """Return weights and moments after one step of "sgd" or "adam", as Keras computes them."""
    rate = settings["learning_rate"]
    if settings["name"] == "sgd":
        return [w - rate * g for w, g in zip(weights, slopes, strict=True)], first, second
    beta_1, beta_2 = settings["beta_1"], settings["beta_2"]
    rate = rate * jnp.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    first = [m + (g - m) * (1 - beta_1) for m, g in zip(first, slopes, strict=True)]
    second = [v + (g * g - v) * (1 - beta_2) for v, g in zip(second, slopes, strict=True)]
    moved = [
        w - rate * m / (jnp.sqrt(v) + settings["epsilon"])
        for w, m, v in zip(weights, first, second, strict=True)
    ]
    return moved, first, second
