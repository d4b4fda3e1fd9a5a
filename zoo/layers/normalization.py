"""The `normalization` option: what stands between a layer's weighted sums and its activation.

| name | what is normalized | source |
| --- | --- | --- |
| none | nothing | |
| batch | each unit or map over the batch (and positions) | Ioffe & Szegedy 2015, section 3.2 |
| layer | each example over the units (and positions) | Ba, Kiros & Hinton 2016, equations 3, 4 |
| weight | each unit's weight vector, see `weight_normalization` | Salimans & Kingma 2016 |

Batch and layer normalization add a gain and an offset of their own for every unit or map, as
gain (a - mean) / sqrt(variance + 0.001) + offset. The offset does a bias's work, and batch
normalization's mean cancels any bias, so that the layer before either has none. In training
batch normalization uses the statistics of the batch at hand, which is a micro-batch where
gradients are accumulated; otherwise moving averages with momentum 0.99. Where a
`tf.distribute` strategy shares the batch among replicas, the statistics are the whole batch's.
"""

from typing import Any

import keras

from zoo.errors import ModelOptionError
from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.valued_initializers import starts_at_zero
from zoo.layers.weight_normalization import WeightNormalization


def keeps_bias(normalization: str) -> bool:
    """Return whether a dense or convolutional layer has a bias under this normalization."""
    return normalization in ("none", "weight")


def add_normalized(values: Any, layer: keras.Layer, normalization: str) -> Any:
    """Apply a dense or convolutional layer without activation, normalized.

    Args:
        values: symbolic, `[batch, features]` or `[batch, rows, columns, channels]`.
        layer: a new layer, with a bias where `keeps_bias` says so.
        normalization: "none", "batch", "weight" or "layer".

    Returns:
        What the activation is applied to: `[batch, units]` or `[batch, rows, columns, maps]`.
    """
    name = f"{layer.name}_normalization"
    if normalization == "weight":
        return WeightNormalization(layer, name=name)(values)
    sums = layer(values)
    if normalization == "batch":
        return BatchNormalization(name=name)(sums)
    if normalization == "layer" and len(sums.shape) == 2:
        return keras.layers.LayerNormalization(name=name)(sums)
    if normalization == "layer":
        # One group: statistics over all maps and positions, one gain and offset for a map.
        return keras.layers.GroupNormalization(groups=1, name=name)(sums)
    return sums


def check_normalization(
    model: str, normalization: str, *initializers: str, max_norm: float | None = None
) -> None:
    """Fails where weight normalization would have no direction to start from, or a bound to keep.

    Args:
        model: the model's name, for the message.
        normalization: the option's value.
        initializers: names of the initializers of the kernels to be normalized.
        max_norm: the largest norm that a unit's weights may have, or None.

    Raises:
        ModelOptionError: weight normalization of kernels that start at 0 or are bounded.
    """
    if normalization == "weight" and max_norm is not None:
        raise ModelOptionError(
            f"model {model!r} got max_norm={max_norm} with normalization='weight', whose kernels "
            "are directions without a length; leave one of the two out"
        )
    if normalization == "weight" and any(map(starts_at_zero, initializers)):
        raise ModelOptionError(
            f"model {model!r} got normalization='weight' with weights that start at 0, which have "
            "no direction; use an initializer such as 'glorot'"
        )
