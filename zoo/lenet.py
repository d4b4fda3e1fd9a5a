"""LeNet-1, LeNet-4 and LeNet-5, with the parts of 1998 or with today's.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86(11), 1998, sections II.B and III.C. LeNet-1: LeCun et al., "Handwritten
digit recognition with a back-propagation network", NIPS 2, 1990.

| | lenet1 | lenet4 | lenet5 |
| --- | --- | --- | --- |
| frame, in pixels | 28 x 28 | 32 x 32 | 32 x 32 |
| C1, maps of 5 x 5 windows | 4 | 4 | 6 |
| S2, of 2 x 2 pixels each | 4 | 4 | 6 |
| C3, maps of 5 x 5 windows | 12 | 16 | 16 |
| S4, of 2 x 2 pixels each | 12 | 16 | 16 |
| hidden units | none | 37 | C5 120, F6 84 |
| parameters | 2,578 | 16,977 | 60,000 |

What the paper leaves open, or has otherwise:

- LeNet-4 is told as "about 17,000" weights alone: its maps and hidden units are chosen here, to
  have as many. Its C3 reads all maps.
- LeNet-1's table has the 20 connections that 2,578 weights need, and is the one of 1990 as it is
  remembered, not looked up. Its digits were reduced to 16 x 16 pixels; here they stay as they are.
- The learning rule of the paper, a stochastic diagonal Levenberg-Marquardt method (appendix C), is
  no part of a model, and the project has others.
- The bitmaps of the last layer are drawn anew: see `zoo.layers.lenet.bitmaps`.
"""

from typing import Any, Literal, NamedTuple

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.errors import ModelOptionError
from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer
from zoo.layers.lenet.connected_convolution import ConnectedConv2D, Table
from zoo.layers.lenet.radial_basis import RadialBasisScores
from zoo.layers.lenet.trained_average import TrainedAveragePooling2D
from zoo.layers.outputs import add_predictions, add_scores, full_precision

_WINDOW = 5
# Pixels in [0, 1], the background 0: its mean is then about 0 and its variance about 1.
_BACKGROUND, _FOREGROUND = -0.1, 1.175


class _Variant(NamedTuple):
    """Sizes of one LeNet: the frame's side, maps of C1 and C3, and hidden units after them."""

    frame: int
    first: int
    second: int
    hidden: tuple[int, ...]
    table: Table | None = None


_LENET5_TABLE: Table = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)
_LENET1_TABLE: Table = (
    *((0,), (0, 1), (0, 1), (1,), (0, 1), (0, 1)),
    *((2,), (2, 3), (2, 3), (3,), (2, 3), (2, 3)),
)
_VARIANTS = {
    "lenet1": _Variant(28, 4, 12, (), _LENET1_TABLE),
    "lenet4": _Variant(32, 4, 16, (37,)),
    "lenet5": _Variant(32, 6, 16, (120, 84), _LENET5_TABLE),
}
# The units before the last layer that a bitmap is compared to.
_CODE = 84


def _framed(images: Any, side: int) -> Any:
    """Enlarge small images by a whole factor, and put them into the middle of a frame."""
    rows, columns = images.shape[1:3]
    if max(rows, columns) > side:
        raise ModelOptionError(
            f"model 'lenet' got images of {rows} x {columns} pixels; allowed: up to "
            f"{side} x {side} for this variant; make them smaller, or use model 'cnn'"
        )
    # As MNIST's 28 pixels lie in 32: a window of the first layer is centred on every one of them.
    factor = max(1, (side - 4) // max(rows, columns))
    if factor > 1:
        images = keras.layers.UpSampling2D(factor, name="enlarge")(images)
    margins = [
        ((side - factor * size) // 2, (side - factor * size + 1) // 2) for size in (rows, columns)
    ]
    images = keras.layers.ZeroPadding2D(tuple(margins), name="frame")(images)
    return keras.layers.Rescaling(_FOREGROUND - _BACKGROUND, _BACKGROUND, name="contrast")(images)


def _output_of(variant: str, output: str) -> str:
    codes = _VARIANTS[variant].hidden[-1:] == (_CODE,)
    if output == "rbf" and not codes:
        raise ModelOptionError(
            f"model 'lenet' got output='rbf' with variant={variant!r}, whose last layer does not "
            f"read {_CODE} units; allowed: auto, dense; or use variant='lenet5'"
        )
    return output if output != "auto" else "rbf" if codes else "dense"


@register_model(
    paper="LeCun et al. 1998, Gradient-based learning applied to document recognition",
    default_dataset="mnist_5k",
    input_axes=("rows columns channels",),
)
def lenet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    variant: Literal["lenet1", "lenet4", "lenet5"] = "lenet5",
    pooling: Literal["trained_average", "max"] = "trained_average",
    connections: Literal["table", "full"] = "table",
    output: Literal["auto", "rbf", "dense"] = "auto",
    activation: Activation = "scaled_tanh",
    initializer: Initializer = "lecun_1998_uniform",
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Two convolutions with subsampling, then layers of units: LeNet as printed, or with new parts.

    Maps `[batch, rows, columns, channels]`, pixels x in [0, 1], to `[batch, num_classes]`. Images
    are enlarged by the largest whole factor that leaves 2 pixels around them, framed, and become
    1.275 x - 0.1. LeNet-5 goes on by C1 `[28, 28, 6]`, S2 `[14, 14, 6]`, C3 `[10, 10, 16]`, S4
    `[5, 5, 16]`, C5 `[120]`, F6 `[84]`, and scores: for one channel 156 + 12 + 1,516 + 32 + 48,120
    + 10,164 = 60,000 parameters. With max-pooling, all connections and a dense last layer it has
    156 + 2,416 + 48,120 + 10,164 + 850 = 61,706.

    Args:
        input_shape: (rows, columns, channels), up to 32 x 32 pixels, or 28 x 28 for lenet1.
        num_classes: number of classes, at least 1.
        variant: which LeNet; the module has their sizes.
        pooling: of S2 and S4: a trained weight and bias for each map's sums of 2 x 2 pixels, and
            the activation; or the largest pixel.
        connections: of C3: some of S2's maps each, as in the paper's table I, or all. lenet4 has
            no table.
        output: of the scores: minus the distance from each class's bitmap, or a dense layer; auto
            is what the variant had, rbf for lenet5.
        activation: of every layer before the scores, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: larger images, an unknown activation or initializer, bitmaps for other
            than 84 units, or softmax over a single class.
    """
    sizes, last = _VARIANTS[variant], _output_of(variant, output)

    def activated(layer: keras.Layer, values: Any) -> Any:
        function = find_activation(activation)
        return keras.layers.Activation(function, name=f"{layer.name}_activation")(layer(values))

    def convolution(maps: int, name: str) -> keras.Layer:
        kernel = find_initializer(initializer)
        return keras.layers.Conv2D(maps, _WINDOW, kernel_initializer=kernel, name=name)

    def halved(images: Any, name: str) -> Any:
        if pooling == "max":
            return keras.layers.MaxPooling2D(2, name=name)(images)
        return activated(TrainedAveragePooling2D(initializer, name=name), images)

    inputs = keras.Input(input_shape, name="inputs")
    values = activated(convolution(sizes.first, "c1"), _framed(inputs, sizes.frame))
    values = halved(values, "s2")
    table = sizes.table if connections == "table" else None
    if table is None:
        values = activated(convolution(sizes.second, "c3"), values)
    else:
        values = activated(ConnectedConv2D(table, _WINDOW, initializer, name="c3"), values)
    values = keras.layers.Flatten(name="flatten")(halved(values, "s4"))
    # C5's windows are as large as what they read, so that it is a dense layer.
    for name, units in zip(("c5", "f6"), sizes.hidden, strict=False):
        kernel = find_initializer(initializer)
        values = activated(keras.layers.Dense(units, kernel_initializer=kernel, name=name), values)
    if last == "rbf":
        scores = RadialBasisScores(num_classes, name="scores", dtype=full_precision())(values)
    else:
        scores = add_scores(values, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "lenet")
    return keras.Model(inputs, outputs, name="lenet")
