"""Empirical risk: one per-element loss for every name, all from `keras.losses` but three.

Every loss maps (targets, outputs) to one value per prediction, `[batch]` or `[batch, time]`; the
step weighs and sums them and divides by the global batch. Classes are compared one-hot where a
formula needs numbers: with K classes, `mse`, `mae` and `huber` are means over the K outputs.

The table is read without importing TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import configs
from trainers.objectives.of_scores import (
    multiclass_hinge,
    perceptron_criterion,
    rejecting_cross_entropy,
)

if TYPE_CHECKING:
    import tensorflow as tf

    LossFunction = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Setting(NamedTuple):
    """What a loss may depend on beside targets and outputs.

    config: its own settings.
    num_classes: number of outputs.
    output_activation: the model's last activation: "linear" outputs are scores (logits).
    """

    config: configs.LossConfig
    num_classes: int
    output_activation: str


@dataclass(frozen=True)
class Loss:
    """One row.

    Args:
        function: from (targets, outputs, setting) to one value per prediction. Targets are numbers
            `[batch, outputs]`, or classes as one-hot `[batch, ..., classes]`.
        predicts: what a model may predict under it: "classes", "numbers".
        takes_ids: whether it is given the ids of classes instead, `[batch, ...]`.
        curved: whether it has a second derivative, which second-order methods need; the others
            are made of straight lines.
        needs_signs: whether outputs must be scores of either sign, and so not probabilities.
        passes_steps: whether it makes sense of outputs that are 0 or 1: the step activation passes
            gradients straight through, which are differences of outputs and targets.
    """

    function: Callable[[Any, Any, Setting], Any]
    predicts: tuple[str, ...]
    takes_ids: bool = False
    curved: bool = False
    needs_signs: bool = False
    passes_steps: bool = False


def _keras(name: str) -> Callable[[Any, Any, Setting], Any]:
    def function(targets: tf.Tensor, outputs: tf.Tensor, _: Setting) -> tf.Tensor:
        import keras

        return getattr(keras.losses, name)(targets, outputs)

    return function


def _huber(targets: tf.Tensor, outputs: tf.Tensor, setting: Setting) -> tf.Tensor:
    import keras

    return keras.losses.huber(targets, outputs, delta=setting.config.huber_delta)


def _cross_entropy(ids: tf.Tensor, outputs: tf.Tensor, setting: Setting) -> tf.Tensor:
    """Return -ln p[target] for softmax outputs and scores.

    Sigmoid outputs answer one yes/no question per class, so that their loss is the sum of the K
    binary cross-entropies (Nielsen 2015, eq. 63).
    """
    import keras

    if setting.output_activation == "sigmoid":
        one_hot = keras.ops.one_hot(ids, setting.num_classes, dtype=outputs.dtype)
        return setting.num_classes * keras.losses.binary_crossentropy(one_hot, outputs)
    from_logits = setting.output_activation != "softmax"
    return keras.losses.sparse_categorical_crossentropy(ids, outputs, from_logits=from_logits)


_EITHER = ("classes", "numbers")
_USUAL = {"classes": "cross_entropy", "numbers": "mse"}
LOSSES = {
    "mse": Loss(_keras("mean_squared_error"), _EITHER, curved=True, passes_steps=True),
    "mae": Loss(_keras("mean_absolute_error"), _EITHER, passes_steps=True),
    "huber": Loss(_huber, _EITHER, curved=True, passes_steps=True),
    "cross_entropy": Loss(_cross_entropy, ("classes",), takes_ids=True, curved=True),
    "rejecting_cross_entropy": Loss(
        lambda targets, outputs, setting: rejecting_cross_entropy(
            targets, outputs, setting.config.rejection_penalty
        ),
        ("classes",),
        curved=True,
        needs_signs=True,
    ),
    "hinge": Loss(
        lambda targets, outputs, _: multiclass_hinge(targets, outputs),
        ("classes",),
        needs_signs=True,
    ),
    "perceptron": Loss(
        lambda targets, outputs, _: perceptron_criterion(targets, outputs),
        ("classes",),
        needs_signs=True,
    ),
}
_OURS = frozenset(LOSSES)
CUSTOM = "custom"
"""What stands in a configuration for a function that was given from Python."""


def register_loss(name: str, row: Loss) -> None:
    """Add a loss of the user's own.

    Raises:
        ConfigError: the name is taken.
    """
    if name in LOSSES or name in ("auto", CUSTOM):
        raise configs.ConfigError(f"the loss name {name!r} is taken; choose another")
    LOSSES[name] = row


def find(name: str) -> Loss:
    """Return the row called `name`; raise `ConfigError` with the nearest match if there is none."""
    if name == CUSTOM:
        raise configs.ConfigError(
            "the loss of this run is a function that was given from Python, and only there it can "
            "be given again: trainers.open(RUN_DIR, loss=...)"
        )
    if name not in LOSSES:
        raise configs.ConfigError(
            f"unknown loss {name!r}{configs.instead(name, ['auto', *LOSSES])}"
        )
    return LOSSES[name]


def fitting(predicts: str) -> list[str]:
    """Return the losses for a model that predicts "classes" or "numbers", the usual one first."""
    usual = _USUAL[predicts]
    names = [name for name, row in LOSSES.items() if predicts in row.predicts]
    return sorted(names, key=lambda name: name != usual)


def is_in_nats(name: str, output_activation: str) -> bool:
    """Return whether a loss of classes is -ln p[target], which an entropy can be compared with."""
    return name in ("auto", "cross_entropy") and output_activation != "sigmoid"


def resolve(
    name: str,
    task: str,
    allowed: Sequence[str],
    output_activation: str = "linear",
    *,
    from_table: bool = True,
) -> str:
    """Return the loss that `name` means for a task; "auto" picks the task's usual one.

    Args:
        name: "auto", or the answer itself.
        task: what the model learns, for the message.
        allowed: the losses of the task, the usual one first; none where it has one of its own.
        output_activation: of the model.
        from_table: whether they are the rows of this table, or the task's own.

    Raises:
        ConfigError: the loss does not fit the task or the model's output activation.
    """
    if (name == "auto" and not allowed) or (name == CUSTOM and from_table):
        return name
    if name == "auto":
        name = "mse" if output_activation == "step" and "mse" in allowed else allowed[0]
    if name not in allowed:
        find(name)
        instead = f"use --loss {', '.join(allowed)}" if allowed else "leave --loss out"
        raise configs.ConfigError(f"loss {name!r} does not apply to {task}; {instead}")
    if from_table:
        _require_outputs(name, output_activation)
    return name


def _require_outputs(name: str, output_activation: str) -> None:
    row = find(name)
    if output_activation == "step" and not row.passes_steps:
        instead = [loss for loss, other in LOSSES.items() if other.passes_steps]
        raise configs.ConfigError(
            f"loss {name!r} needs scores, but the model's outputs are 0 or 1; "
            f"use --loss {', '.join(instead)} or --model.output-activation linear"
        )
    if row.needs_signs and output_activation in ("softmax", "sigmoid"):
        raise configs.ConfigError(
            f"loss {name!r} needs scores of either sign, but the model's outputs are "
            f"{output_activation} values; use --model.output-activation linear"
        )


def loss_function(
    config: configs.LossConfig,
    predicts: str,
    num_classes: int,
    output_activation: str,
    given: Loss | None = None,
) -> LossFunction:
    """Return the per-element loss function of a configuration.

    Args:
        config: `name` is resolved; `huber_delta` > 0 in units of the target.
        predicts: "classes" or "numbers".
        num_classes: number of outputs.
        output_activation: the model's last activation: "linear" outputs are scores (logits).
        given: the row of a function of the user's, in the place of a name's.

    Returns:
        targets `[batch, ...]` (int class ids, or float `[batch, outputs]` for numbers) and outputs
        `[batch, ..., num_classes]` to float losses `[batch, ...]`.
    """
    import keras

    row, setting = given or find(config.name), Setting(config, num_classes, output_activation)

    def as_written(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return row.function(targets, outputs, setting)

    function = as_written if config.name in _OURS or given else with_control_flow(as_written)
    if predicts == "numbers" or row.takes_ids:
        return function
    return lambda targets, outputs: function(
        keras.ops.one_hot(targets, num_classes, dtype=outputs.dtype), outputs
    )


def with_control_flow(function: LossFunction) -> LossFunction:
    """Return a user's function, which may ask tensors in Python's `if`, for use in a graph."""
    import tensorflow as tf

    in_graph = tf.function(function)
    return lambda targets, outputs: (function if tf.executing_eagerly() else in_graph)(
        targets, outputs
    )
