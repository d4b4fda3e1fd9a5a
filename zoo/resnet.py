"""A residual network of the kind for small images.

Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, section
4.2: 6 n + 2 layers for images of 32 x 32 pixels, of which 20, 32, 44, 56 and 110 are in the paper's
table 6. Shortcuts: section 3.3, options (A) and (B). Normalization: see
`zoo.layers.normalization`.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.errors import ModelOptionError
from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, keeps_bias
from zoo.layers.outputs import add_predictions, add_scores
from zoo.layers.shortcut import ZeroPaddedShortcut

_WINDOW = 3
# Three stages of n blocks of two layers each, after a first layer and before the scores.
_STAGES = 3
_LAYERS_A_ROUND = 2 * _STAGES


def _blocks(depth: int) -> int:
    """Return how many blocks a stage of a network of `depth` = 6 n + 2 layers has: n."""
    if depth % _LAYERS_A_ROUND != 2:
        below = max(8, depth - (depth - 2) % _LAYERS_A_ROUND)
        raise ModelOptionError(
            f"model 'resnet' got depth={depth}; allowed: 6 n + 2 layers, as 8, 14, 20, 32, 44, 56 "
            f"or 110; the nearest are {below} and {below + _LAYERS_A_ROUND}"
        )
    return (depth - 2) // _LAYERS_A_ROUND


@register_model(
    paper="He, Zhang, Ren & Sun 2016, Deep Residual Learning for Image Recognition",
    default_dataset="mnist_5k",
    input_axes=("rows columns channels",),
    ranges={"depth": "[8, 1202]", "filters": "[1, inf)"},
)
def resnet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: int = 20,
    filters: int = 16,
    shortcut: Literal["identity", "projection"] = "identity",
    activation: Activation = "relu",
    initializer: Initializer = "he",
    normalization: Literal["none", "batch", "layer"] = "batch",
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Blocks of two convolutions that learn what to add to their input.

    Maps `[batch, rows, columns, channels]` to `[batch, num_classes]`. After a convolution to f maps
    come three stages of n blocks, of f, 2 f and 4 f maps; the first block of the second and third
    halves the image, rounded up. A block gives

        y = a(x' + N(K_2 * a(N(K_1 * x))))

    with 3 x 3 windows K, normalization N and activation a; x' is x, but where maps or sizes change:
    every second pixel and zeros for the new maps, or N of a trained 1 x 1 convolution. Then each
    map's mean goes to a dense layer. A convolution from m to n maps has 9 m n parameters and a
    normalization 2 n that are trained; the projection m n and 2 n more. Depths of 20, 32, 44, 56
    and 110 layers have 0.27, 0.46, 0.66, 0.85 and 1.7 million on colour images, as in table 6.

    Args:
        input_shape: (rows, columns, channels), every size known.
        num_classes: number of classes, at least 1.
        depth: weighted layers one after another, 6 n + 2.
        filters: maps f of the first stage.
        shortcut: where maps or sizes change: identity and zeros, the paper's option (A), or a
            projection, (B).
        activation: of every convolution and block, see `zoo.layers.activations`.
        initializer: of every kernel, see `zoo.layers.initializers`; biases start at 0.
        normalization: before every activation, see `zoo.layers.normalization`.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: another depth than 6 n + 2, an unknown activation or initializer, or
            softmax over a single class.
    """
    blocks = _blocks(depth)

    def convolved(values: Any, maps: int, name: str, window: int = _WINDOW, stride: int = 1) -> Any:
        layer = keras.layers.Conv2D(
            maps,
            window,
            stride,
            padding="same",
            use_bias=keeps_bias(normalization),
            kernel_initializer=find_initializer(initializer),
            name=name,
        )
        return add_normalized(values, layer, normalization)

    def activated(values: Any, name: str) -> Any:
        return keras.layers.Activation(find_activation(activation), name=name)(values)

    def block(values: Any, maps: int, stride: int, name: str) -> Any:
        past = values
        if stride > 1 or values.shape[-1] != maps:
            past = (
                convolved(values, maps, f"{name}_shortcut", window=1, stride=stride)
                if shortcut == "projection"
                else ZeroPaddedShortcut(maps, stride, name=f"{name}_shortcut")(values)
            )
        values = convolved(values, maps, f"{name}_convolution_1", stride=stride)
        values = activated(values, f"{name}_activation_1")
        values = convolved(values, maps, f"{name}_convolution_2")
        values = keras.layers.Add(name=f"{name}_sum")([past, values])
        return activated(values, f"{name}_activation_2")

    inputs = keras.Input(input_shape, name="inputs")
    values = activated(convolved(inputs, filters, "convolution"), "activation")
    for stage in range(_STAGES):
        for index in range(blocks):
            stride = 2 if stage and not index else 1
            name = f"stage_{stage + 1}_block_{index + 1}"
            values = block(values, filters * 2**stage, stride, name)
    values = keras.layers.GlobalAveragePooling2D(name="means")(values)
    scores = add_scores(values, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "resnet")
    return keras.Model(inputs, outputs, name="resnet")
