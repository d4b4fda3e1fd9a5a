"""Empirical risk: one per-element loss for every name, all from `keras.losses` but one.

Every loss maps (targets, outputs) to one value per prediction, `[batch]` or `[batch, time]`; the
step weighs and sums them and divides by the global batch. Classes are compared one-hot where a
formula needs numbers: with K classes, `mse`, `mae` and `huber` are means over the K outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import configs

if TYPE_CHECKING:
    import tensorflow as tf

    Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

_DEFAULT = {"classification": "cross_entropy", "next_symbol": "cross_entropy", "regression": "mse"}
_REGRESSION = ("mse", "mae", "huber")
# The problems beyond supervision name the losses they take; "auto" is the first, or their own.
_BEYOND: dict[str, tuple[str, ...]] = {
    "next_character": ("cross_entropy",),
    "reconstruction": ("cross_entropy", "mse"),
    "generation": (),
    "control": (),
}
# The step activation passes gradients straight through, which only makes sense for a difference.
_STEP_OUTPUT = ("mse", "mae", "huber")


def resolve(name: str, task: str, output_activation: str) -> str:
    """Return the loss that `name` means for a task; "auto" picks the task's usual one.

    Raises:
        ConfigError: the loss does not fit the task or the model's output activation.
    """
    if task in _BEYOND:
        return _resolve_beyond(name, task)
    if name == "auto":
        name = "mse" if output_activation == "step" else _DEFAULT[task]
    if task == "regression" and name not in _REGRESSION:
        raise configs.ConfigError(
            f"loss {name!r} needs classes, but the task is regression; "
            f"use --loss {', '.join(_REGRESSION)}"
        )
    if output_activation == "step" and name not in _STEP_OUTPUT:
        raise configs.ConfigError(
            f"loss {name!r} needs scores, but the model's outputs are 0 or 1; "
            f"use --loss {', '.join(_STEP_OUTPUT)} or --model.output-activation linear"
        )
    if name in ("hinge", "perceptron") and output_activation in ("softmax", "sigmoid"):
        raise configs.ConfigError(
            f"loss {name!r} needs scores of either sign, but the model's outputs are "
            f"{output_activation} values; use --model.output-activation linear"
        )
    return name


def _resolve_beyond(name: str, task: str) -> str:
    allowed = _BEYOND[task]
    if name == "auto":
        return allowed[0] if allowed else "auto"
    if name not in allowed:
        instead = f"use --loss {', '.join(allowed)}" if allowed else "leave --loss out"
        raise configs.ConfigError(f"loss {name!r} does not apply to {task}; {instead}")
    return name


def make(config: configs.LossConfig, task: str, num_classes: int, output_activation: str) -> Loss:
    """Return the per-element loss function of a configuration.

    Args:
        config: `name` is resolved first; `huber_delta` > 0 in units of the target.
        task: "classification", "next_symbol" or "regression".
        num_classes: number of outputs.
        output_activation: the model's last activation: "linear" outputs are scores (logits).

    Returns:
        targets `[batch, ...]` (int class ids, or float `[batch, outputs]` for regression) and
        outputs `[batch, ..., num_classes]` to float losses `[batch, ...]`.
    """
    import keras

    name = resolve(config.name, task, output_activation)
    if name == "cross_entropy":
        return _cross_entropy(num_classes, output_activation)
    compare: dict[str, Any] = {
        "mse": keras.losses.mean_squared_error,
        "mae": keras.losses.mean_absolute_error,
        "huber": lambda y, p: keras.losses.huber(y, p, delta=config.huber_delta),
        "hinge": keras.losses.categorical_hinge,
        "perceptron": perceptron_criterion,
    }
    function = compare[name]
    if task == "regression":
        return lambda targets, outputs: function(targets, outputs)
    return lambda targets, outputs: function(
        keras.ops.one_hot(targets, num_classes, dtype=outputs.dtype), outputs
    )


def _cross_entropy(num_classes: int, output_activation: str) -> Loss:
    """Softmax outputs and scores: -ln p[target]. Sigmoid outputs answer one yes/no question per
    class, so their loss is the sum of the K binary cross-entropies (Nielsen 2015, eq. 63)."""
    import keras

    if output_activation == "sigmoid":
        return lambda targets, outputs: (
            num_classes
            * keras.losses.binary_crossentropy(
                keras.ops.one_hot(targets, num_classes, dtype=outputs.dtype), outputs
            )
        )
    from_logits = output_activation != "softmax"
    return lambda targets, outputs: keras.losses.sparse_categorical_crossentropy(
        targets, outputs, from_logits=from_logits
    )


def perceptron_criterion(one_hot: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Rosenblatt's criterion, summed over the units: sum_k max(0, -t_k s_k), t_k = 2 y_k - 1.

    Its gradient is nonzero only for units on the wrong side, which is the perceptron's learning
    rule (Bishop 2006, eq. 4.54). Keras has no such loss.

    Args:
        one_hot: `[batch, ..., units]`, 0 or 1.
        scores: `[batch, ..., units]`, any real numbers.

    Returns:
        `[batch, ...]`, zero where every unit is right.
    """
    import keras

    return keras.ops.sum(keras.ops.relu((1.0 - 2.0 * one_hot) * scores), axis=-1)
