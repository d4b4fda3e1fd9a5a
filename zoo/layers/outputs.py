"""The last layers of a model: its scores, and an activation of them if one is wanted."""

from typing import Any

import keras

from zoo.errors import ModelOptionError
from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer


def full_precision() -> str:
    """Return the type of a model's outputs: that of its weights."""
    # In mixed precision a loss of 16-bit scores would overflow or round: the weights' own type
    # is 32-bit there, and the policy's single type everywhere else.
    return keras.config.dtype_policy().variable_dtype


def add_scores(
    values: Any,
    num_classes: int,
    initializer: str,
    name: str = "scores",
    bias_initializer: str = "zeros",
) -> Any:
    """Apply the affine map to one score per class, in the type of the weights.

    Args:
        values: symbolic, `[batch, ..., features]`.
        num_classes: number of scores.
        initializer: of the kernel, see `zoo.layers.initializers`.
        name: the layer's name.
        bias_initializer: of the bias.

    Returns:
        `[batch, ..., num_classes]`.
    """
    return keras.layers.Dense(
        num_classes,
        kernel_initializer=find_initializer(initializer),
        bias_initializer=find_initializer(bias_initializer),
        dtype=full_precision(),
        name=name,
    )(values)


def add_predictions(scores: Any, output_activation: str, num_classes: int, model: str) -> Any:
    """Apply a model's output activation as its last layer, `predictions`.

    Args:
        scores: symbolic scores, `[batch, ..., classes]`.
        output_activation: an activation's name; "linear" adds no layer and returns the scores.
        num_classes: number of classes; softmax needs two, for over one it is always 1.
        model: the model's name, for the message.

    Raises:
        ModelOptionError: softmax over one class.
    """
    if output_activation == "linear":
        return scores
    if output_activation == "softmax" and num_classes == 1:
        raise ModelOptionError(
            f"model {model!r} got output_activation='softmax' with num_classes=1, which is "
            "always 1; use 'sigmoid' or num_classes=2"
        )
    activation = find_activation(output_activation)
    return keras.layers.Activation(activation, dtype=full_precision(), name="predictions")(scores)
