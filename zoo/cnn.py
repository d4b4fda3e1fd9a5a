"""A convolutional network of the LeNet kind.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998, section II. It differs from LeNet-5 as later
networks do: maxima instead of trained averages, rectified units, every map reads all maps.
Normalization: see `zoo.layers.normalization`.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, check_normalization, keeps_bias
from zoo.layers.outputs import add_predictions, add_scores


def _convolution_block(
    images: Any,
    filters: int,
    kernel_size: int,
    activation: str,
    initializer: str,
    normalization: str,
    name: str,
) -> Any:
    convolution = keras.layers.Conv2D(
        filters,
        kernel_size,
        padding="same",
        use_bias=keeps_bias(normalization),
        kernel_initializer=find_initializer(initializer),
        name=name,
    )
    images = add_normalized(images, convolution, normalization)
    # The activation is a layer of its own, so that a normalization can go before it.
    images = keras.layers.Activation(find_activation(activation), name=f"{name}_activation")(images)
    rows, columns = images.shape[1:3]
    # A 1-pixel side cannot be halved: small images get fewer pools, not an error.
    if min(rows, columns) < 2:
        return images
    return keras.layers.MaxPooling2D(2, name=f"{name}_pool")(images)


@register_model(
    other_tasks=("regression",),
    paper="LeCun et al. 1998, Gradient-based learning applied to document recognition",
    default_dataset="digits",
    input_axes=("rows columns channels",),
    ranges={
        "filters": "[1, inf)",
        "kernel_size": "[1, inf)",
        "dense_units": "[0, inf)",
        "dropout": "[0, 1)",
    },
)
def cnn(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: tuple[int, ...] = (32, 64),
    kernel_size: int = 3,
    dense_units: int = 0,
    activation: Activation = "relu",
    initializer: Initializer = "glorot",
    normalization: Literal["none", "batch", "weight", "layer"] = "none",
    dropout: float = 0.0,
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Convolutions, each halved by max-pooling, then a dense classifier.

    Maps `[batch, rows, columns, channels]` to `[batch, num_classes]`. Each block convolves with
    padding to the same size and keeps the maximum of every 2 x 2 pixels, as long as both sides
    have 2. A convolution of k x k from m to n maps has (k k m + 1) n parameters, a dense layer
    (m + 1) n. A normalization adds n to either: a gain for every map or unit.

    Args:
        input_shape: (rows, columns, channels), every size known.
        num_classes: number of classes, at least 1.
        filters: maps of each block, from the input on.
        kernel_size: side of the convolution's window in pixels.
        dense_units: units of the hidden layer before the scores; 0 for none.
        activation: of every convolution and of the hidden layer, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.
        normalization: before every activation, see `zoo.layers.normalization`; not of the scores.
        dropout: fraction set to 0 in training before each dense layer, in [0, 1).
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single class, or
            weight normalization of weights that start at 0.
    """
    check_normalization("cnn", normalization, initializer)
    inputs = keras.Input(input_shape, name="inputs")
    values = inputs
    for index, maps in enumerate(filters, start=1):
        values = _convolution_block(
            values,
            maps,
            kernel_size,
            activation,
            initializer,
            normalization,
            f"convolution_{index}",
        )
    values = keras.layers.Flatten(name="flatten")(values)
    if dropout:
        values = Dropout(dropout, name="flatten_dropout")(values)
    if dense_units:
        dense = keras.layers.Dense(
            dense_units,
            use_bias=keeps_bias(normalization),
            kernel_initializer=find_initializer(initializer),
            name="dense",
        )
        values = add_normalized(values, dense, normalization)
        values = keras.layers.Activation(find_activation(activation), name="dense_activation")(
            values
        )
        if dropout:
            values = Dropout(dropout, name="dense_dropout")(values)
    scores = add_scores(values, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "cnn")
    return keras.Model(inputs, outputs, name="cnn")
