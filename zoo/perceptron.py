"""The perceptron: one layer of units, each a weighted sum and an activation.

Source: Rosenblatt, "The Perceptron: A Probabilistic Model for Information Storage and
Organization in the Brain", Psychological Review 65(6), 1958.

| registered as | output activation | what it is |
| --- | --- | --- |
| rosenblatt | step | Rosenblatt's unit and, on half the squared error, his learning rule |
| perceptron | linear, softmax | multinomial logistic regression |
| perceptron | sigmoid | a logistic unit per class; one class is logistic regression |
"""

from typing import Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import BiasInitializer, Initializer
from zoo.layers.outputs import add_predictions, add_scores


def _one_layer(
    name: str,
    input_shape: tuple[int, ...],
    num_classes: int,
    initializer: str,
    bias_initializer: str,
    output_activation: str,
) -> keras.Model:
    inputs = keras.Input(input_shape, name="inputs")
    features = keras.layers.Flatten(name="flatten")(inputs)
    scores = add_scores(features, num_classes, initializer, bias_initializer=bias_initializer)
    outputs = add_predictions(scores, output_activation, num_classes, name)
    return keras.Model(inputs, outputs, name=name)


@register_model(
    other_tasks=("regression",),
    paper="Rosenblatt 1958, The Perceptron, Psychological Review 65(6)",
    default_dataset="digits",
    input_axes=("features...",),
)
def perceptron(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    initializer: Initializer = "glorot",
    bias_initializer: BiasInitializer = "zeros",
    output_activation: Literal["linear", "softmax", "sigmoid", "step"] = "linear",
) -> keras.Model:
    """One unit per class on the flattened input.

    Maps `[batch, ...]`, flattened to `[batch, features]`, to `[batch, num_classes]` by
    y = f(x W + b). It has (features + 1) num_classes parameters.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: number of units, at least 1.
        initializer: of W, see `zoo.layers.initializers`.
        bias_initializer: of b.
        output_activation: of the scores, f; "linear" leaves them, "step" thresholds them at 0.

    Raises:
        ModelOptionError: softmax over a single class.
    """
    return _one_layer(
        "perceptron", input_shape, num_classes, initializer, bias_initializer, output_activation
    )


@register_model(
    paper="Rosenblatt 1958, The Perceptron, Psychological Review 65(6)",
    default_dataset="digits",
    input_axes=("features...",),
)
def rosenblatt(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    initializer: Initializer = "zeros",
    bias_initializer: BiasInitializer = "zeros",
    output_activation: Literal["step"] = "step",
) -> keras.Model:
    """Rosenblatt's units: 1 where the weighted sum is at least 0, else 0.

    Maps `[batch, ...]`, flattened to `[batch, features]`, to zeros and ones
    `[batch, num_classes]`. The step's gradient is taken to be 1, so that gradient descent at
    the rate eta on half the squared error is Rosenblatt's rule w <- w + eta (t - y) x. It has
    (features + 1) num_classes parameters.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: number of units, at least 1.
        initializer: of the weights, see `zoo.layers.initializers`.
        bias_initializer: of the bias.
        output_activation: what makes it Rosenblatt's; no other value is allowed.
    """
    return _one_layer(
        "rosenblatt", input_shape, num_classes, initializer, bias_initializer, output_activation
    )
