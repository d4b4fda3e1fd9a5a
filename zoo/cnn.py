"""A convolutional network of the LeNet kind.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998, section II. It differs from LeNet-5 as later
networks do: maxima instead of trained averages, rectified units, every map reads all maps.
Normalization: see `zoo.layers.normalization`. Dropout and the bound on each unit's incoming
weights: Srivastava et al., JMLR 15, 2014, section 5.1.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, BiasInitializer, Initializer
from zoo.errors import ModelOptionError
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, check_normalization, keeps_bias
from zoo.layers.outputs import add_predictions, add_scores


def _activated(values: Any, layer: keras.Layer, activation: str, normalization: str) -> Any:
    name = layer.name
    values = add_normalized(values, layer, normalization)
    # The activation is a layer of its own, so that a normalization can go before it.
    return keras.layers.Activation(find_activation(activation), name=f"{name}_activation")(values)


def _pooled(images: Any, name: str) -> Any:
    # A 1-pixel side cannot be halved: small images get fewer pools, not an error.
    if min(images.shape[1:3]) < 2:
        return images
    return keras.layers.MaxPooling2D(2, name=f"{name}_pool")(images)


def _require_room(images: Any, kernel_size: int, padding: str, block: int) -> None:
    """Fails where a window without padding is larger than what it is to slide over."""
    rows, columns = images.shape[1:3]
    if padding == "valid" and min(rows, columns) < kernel_size:
        raise ModelOptionError(
            f"model 'cnn' got padding='valid' with kernel_size={kernel_size}, and convolution "
            f"{block} has {rows} x {columns} pixels to read; allowed: windows no larger than that; "
            "use padding='same', a smaller kernel_size or fewer blocks of filters"
        )


def _dense_sizes(dense_units: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return the units of each hidden dense layer; 0 stands for no layer."""
    if isinstance(dense_units, int):
        return (dense_units,) if dense_units else ()
    if 0 in dense_units:
        raise ModelOptionError(
            f"model 'cnn' got dense_units={list(dense_units)}; allowed: 0 for no hidden layer, or "
            "at least 1 unit in each; leave the layers of 0 units out"
        )
    return dense_units


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
        "input_dropout": "[0, 1)",
        "max_norm": "(0, inf)",
    },
)
def cnn(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: tuple[int, ...] = (32, 64),
    kernel_size: int = 3,
    padding: Literal["same", "valid"] = "same",
    dense_units: int | tuple[int, ...] = 0,
    activation: Activation = "relu",
    initializer: Initializer = "glorot",
    bias_initializer: BiasInitializer = "zeros",
    output_initializer: Initializer | None = None,
    normalization: Literal["none", "batch", "weight", "layer"] = "none",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    max_norm: float | None = None,
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Convolutions, each halved by max-pooling, then a dense classifier.

    Maps `[batch, rows, columns, channels]` to `[batch, num_classes]`. Each block convolves, with
    padding to the same size or, "valid", from r x c to (r - k + 1) x (c - k + 1) pixels, and keeps
    the maximum of every 2 x 2 pixels, as long as both sides have 2. A convolution of k x k from m
    to n maps has (k k m + 1) n parameters, a dense layer (m + 1) n. A normalization adds n to
    either: a gain for every map or unit.

    With max_norm = c, every update ends with w <- w min(1, c / |w|) for the incoming weights w of
    each map and each hidden unit.

    Args:
        input_shape: (rows, columns, channels), every size known.
        num_classes: number of classes, at least 1.
        filters: maps of each block, from the input on.
        kernel_size: side k of the convolution's window in pixels.
        padding: of the convolutions: zeros around an image, or none and a smaller result.
        dense_units: units of each hidden layer before the scores, one number or several; 0 for
            none.
        activation: of every convolution and hidden layer, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`.
        bias_initializer: of every bias.
        output_initializer: of the scores' kernel, whose bias then starts at 0; None for the same as
            others.
        normalization: before every activation, see `zoo.layers.normalization`; not of the scores.
        dropout: fraction set to 0 in training before each dense layer, in [0, 1).
        input_dropout: fraction of the pixels set to 0 in training, in [0, 1).
        max_norm: largest norm c of the incoming weights of a map or hidden unit; None for no bound.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single class, a
            window larger than what it reads, a layer of 0 units beside others, or weight
            normalization of weights that start at 0 or have a largest norm.
    """
    check_normalization("cnn", normalization, initializer, max_norm=max_norm)

    def options(axes: tuple[int, ...]) -> dict[str, Any]:
        return {
            "use_bias": keeps_bias(normalization),
            "kernel_initializer": find_initializer(initializer),
            "bias_initializer": find_initializer(bias_initializer),
            "kernel_constraint": keras.constraints.MaxNorm(max_norm, axes) if max_norm else None,
        }

    inputs = keras.Input(input_shape, name="inputs")
    values = Dropout(input_dropout, name="input_dropout")(inputs) if input_dropout else inputs
    for index, maps in enumerate(filters, start=1):
        _require_room(values, kernel_size, padding, index)
        name = f"convolution_{index}"
        layer = keras.layers.Conv2D(
            maps, kernel_size, padding=padding, name=name, **options((0, 1, 2))
        )
        values = _pooled(_activated(values, layer, activation, normalization), name)
    values = keras.layers.Flatten(name="flatten")(values)
    if dropout:
        values = Dropout(dropout, name="flatten_dropout")(values)
    for index, units in enumerate(_dense_sizes(dense_units), start=1):
        name = "dense" if index == 1 else f"dense_{index}"
        layer = keras.layers.Dense(units, name=name, **options((0,)))
        values = _activated(values, layer, activation, normalization)
        if dropout:
            values = Dropout(dropout, name=f"{name}_dropout")(values)
    if output_initializer is not None:
        initializer, bias_initializer = output_initializer, "zeros"
    scores = add_scores(values, num_classes, initializer, bias_initializer=bias_initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "cnn")
    return keras.Model(inputs, outputs, name="cnn")
