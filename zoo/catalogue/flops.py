"""Floating-point operations of a model's forward pass, layer by layer.

Counted: every product and every sum of matrix products, convolutions and the LSTM cell's state
(a multiply-add is 2), one sum per bias, and one comparison or sum per pixel of a pool's window. Not
counted: activations, dropout, noise, reshaping, table look-ups and the choice of a step.

| layer | operations per example |
| --- | --- |
| dense, m to n, at p positions | p (2 m n + n) |
| convolution, k x k, m to n maps, p output pixels | p (2 k k m n + n) |
| transposed convolution, k x k, m to n maps, p input, q output pixels | p 2 k k m n + q n |
| k x k pool to v values | k k v |
| trained average of 2 x 2 to v values | 7 v |
| radial basis functions, m to n | 3 m n |
| sum of two of v values, and a rescaling of v values | v, and 2 v |
| global average or maximum of v values | v |
| LSTM, m to n, t steps | t (4 (2 n (m + n) + 2 n) + 4 n) |
| GRU, m to n, t steps | t (6 n (m + n) + 14 n), 11 n with the reset gate first |
| m to n cells in p blocks, k = n + 2 p, b biases, t steps | t (2 k (m + k) + k + b + 7 n) |
| layer-normalized LSTM, m to n, t steps | t (8 n (m + n) + 67 n) |
| batch normalization of v values | 2 v |
| layer or group normalization of v values | 7 v |
| running normalization of v values | 2 v |

Batch normalization is an affine map once trained. Layer normalization takes for every value a
sum for the mean, a difference, a square and its sum, and three operations for deviation, gain
and offset. A normalized LSTM's cell has such normalizations of 4 n, 4 n and n values, 63 n,
beside its own 4 n. Weight normalization computes its weights once a batch, not for every
example, and so adds nothing to the layer it wraps. A packed discriminator is counted once per pack.

A dense layer's sum of m products is m multiply-adds when counted with an accumulator that
starts at 0, as profilers count it; an LSTM's x W and h U are two such sums and one addition of
them. TensorFlow's profiler gives the same figures for every dense, convolutional, pooling and
recurrent layer of the zoo, a recurrent one unrolled: into a loop it does not see, which is why the
layers are counted here. Normalizations it counts as Keras happens to write them, with operations
for each unit beside those for each value; and activations where they are made of sums and
comparisons, as leaky and step are, but not relu, tanh or sigmoid.
"""

import math
from collections.abc import Callable
from typing import Any

import keras

from zoo.errors import ModelError

_FREE_LAYERS = (
    "Activation",
    "Concatenate",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GaussianSample",
    "InputLayer",
    "LastRealStep",
    "OneHot",
    "Pack",
    "PaddingToZeros",
    "ReLU",
    "RealStepsReversed",
    "Reshape",
    "Softmax",
    "Unpack",
    "UpSampling2D",
    "ZeroPadding2D",
    "ZeroPaddedShortcut",
)


def flops_per_example(model: keras.Model, time_steps: int | None = None) -> int:
    """Count the forward pass of one example; a multiply-add is 2.

    Args:
        model: a built functional or sequential model, each of whose layers is used once.
        time_steps: the length of the sequence, for a model whose time axis is None.

    Raises:
        ModelError: a layer type this module does not know, or an unknown length.
    """
    total = 0
    for layer in model.layers:
        kind = type(layer).__name__
        if isinstance(layer, keras.Model):
            total += flops_per_example(layer, time_steps)
        elif kind in _COUNTS:
            total += _COUNTS[kind](layer, _sizes(layer, time_steps))
        elif kind not in _FREE_LAYERS:
            raise ModelError(
                f"cannot count the operations of layer {layer.name!r} of type {kind}; "
                f"known: {', '.join(sorted([*_COUNTS, *_FREE_LAYERS]))}; add it to "
                "zoo/catalogue/flops.py"
            )
    return total


def _sizes(layer: Any, time_steps: int | None) -> tuple[list[int], list[int]]:
    """Return the layer's input and output shape without the batch, with the length filled in."""
    shapes = []
    # A recurrent layer's state comes after the sequence, on both sides.
    try:
        sides = (layer.input, layer.output)
    except AttributeError as error:  # it is called by a class, and not in a graph of layers
        raise ModelError(
            f"layer {layer.name!r} is in no graph, so that its shapes are not known"
        ) from error
    for tensor in (keras.tree.flatten(side)[0] for side in sides):
        sizes = [size or time_steps or 0 for size in tensor.shape[1:]]
        if 0 in sizes:
            raise ModelError(
                f"layer {layer.name!r} has the shape {tuple(tensor.shape)} of unknown length; "
                "give time_steps"
            )
        shapes.append(sizes)
    return shapes[0], shapes[1]


def _dense(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    inputs, outputs = sizes
    return math.prod(outputs) * (2 * inputs[-1] + int(layer.use_bias))


def _convolution(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    outputs = sizes[1]
    # The kernel is [rows, columns, input maps / groups, output maps].
    per_output = 2 * math.prod(layer.kernel.shape[:-1])
    return math.prod(outputs) * (per_output + int(layer.use_bias))


def _transposed_convolution(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    inputs, outputs = sizes
    # Every input pixel adds its window to the output; the kernel is [rows, columns, n, m].
    window = 2 * math.prod(layer.kernel.shape)
    return math.prod(inputs[:-1]) * window + math.prod(outputs) * int(layer.use_bias)


def _lstm(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    steps, features = sizes[0]
    units = layer.units
    # The two products are added, and the bias to them.
    gates = 4 * (2 * units * (features + units) + units + units * int(layer.use_bias))
    state = 4 * units  # f * c, i * g, their sum, o * a(c)
    return steps * (gates + state)


def _gru(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    steps, features = sizes[0]
    units = layer.units
    products = 6 * units * (features + units)
    # Biases; what is added to a product; r's product; z h + (1 - z) g.
    rest = (6 if layer.reset_after else 3) + 3 + 1 + 4
    return steps * (products + rest * units)


def _memory_blocks(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    steps, features = sizes[0]
    sums = layer.cell.units + 2 * layer.cell.blocks
    # The two products are added, and the biases to them.
    products = 2 * sums * (features + sums) + sums + layer.cell.bias.shape[0]
    # The squashing functions' 4 g - 2 and 2 h - 1; i * g and its sum; o * h.
    return steps * (products + (2 + 2 + 2 + 1) * layer.cell.units)


def _recurrence(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    kind = type(layer.cell).__name__
    if kind != "LayerNormalizedLSTMCell":
        raise ModelError(
            f"cannot count the operations of layer {layer.name!r} with a cell of type {kind}; "
            "known: LayerNormalizedLSTMCell; add it to zoo/catalogue/flops.py"
        )
    steps, features = sizes[0]
    units = layer.cell.units
    # Two sums with one bias between them: adding the sums replaces the second bias's addition.
    normalizations = 7 * (4 * units + 4 * units + units)
    return steps * (8 * units * (features + units) + normalizations + 4 * units)


def _weight_normalized(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    return _COUNTS[type(layer.layer).__name__](layer.layer, sizes)


def _pool(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    return math.prod(layer.pool_size) * math.prod(sizes[1])


def _connected_convolution(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    # Computed as one that reads all maps, by zeros where nothing is connected.
    inputs, outputs = sizes
    return math.prod(outputs) * (2 * layer.kernel_size**2 * inputs[-1] + 1)


def _radial_basis(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    # A difference, a square, and a sum whose first number has its sign turned instead.
    return 3 * math.prod(sizes[0]) * math.prod(sizes[1])


def _global_pool(layer: Any, sizes: tuple[list[int], list[int]]) -> int:
    return math.prod(sizes[0])


def _per_value(operations: int) -> Callable[[Any, tuple[list[int], list[int]]], int]:
    return lambda layer, sizes: operations * math.prod(sizes[1])


_COUNTS: dict[str, Callable[[Any, tuple[list[int], list[int]]], int]] = {
    "Add": _per_value(1),
    "AveragePooling2D": _pool,
    "BatchNormalization": _per_value(2),
    "RunningNormalization": _per_value(2),
    "ConnectedConv2D": _connected_convolution,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "Dense": _dense,
    "FusedLSTM": _lstm,
    "GRU": _gru,
    "GlobalAveragePooling2D": _global_pool,
    "GlobalMaxPooling1D": _global_pool,
    "GroupNormalization": _per_value(7),
    "KerasLSTM": _lstm,
    "LSTM": _lstm,
    "LayerNormalization": _per_value(7),
    "MaxPooling2D": _pool,
    "MemoryBlocks": _memory_blocks,
    "RNN": _recurrence,
    "RadialBasisScores": _radial_basis,
    "Rescaling": _per_value(2),
    "StridedConv2D": _convolution,
    "StridedConv2DTranspose": _transposed_convolution,
    "TrainedAveragePooling2D": _per_value(7),
    "WeightNormalization": _weight_normalized,
}
