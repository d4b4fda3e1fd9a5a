"""Subsampling with one trained weight and one trained bias for each map.

Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86(11), 1998, section II.B, layers S2 and S4.
"""

from typing import Any

import keras

from zoo.layers.initializers import find_initializer
from zoo.layers.roles import mark_variable

_SIDE = 2
_PIXELS = _SIDE**2


@keras.saving.register_keras_serializable(package="zoo")
class TrainedAveragePooling2D(keras.layers.AveragePooling2D):
    """Sums every 2 x 2 pixels of a map, times the map's weight, plus its bias.

    With m(i, j) the sum of the four pixels of block (i, j) of map n, it gives k_n m(i, j) + b_n.
    Maps `[batch, rows, columns, maps]` to `[batch, rows / 2, columns / 2, maps]`, rounded down. It
    has 2 parameters for each map: `kernel` `[maps]`, k, and `bias` `[maps]`, b, which starts at 0.

    Args:
        initializer: of k, see `zoo.layers.initializers`; its fan_in is 4, its fan_out the maps.
        name: the layer's name.
    """

    def __init__(self, initializer: str = "glorot", name: str | None = None, **settings: Any):
        super().__init__(_SIDE, data_format="channels_last", name=name, **settings)
        self.initializer = initializer

    def build(self, input_shape: Any) -> None:
        """Create a weight and a bias for each map."""
        maps = input_shape[-1]
        initializer = find_initializer(self.initializer)
        self.kernel = self.add_weight(
            shape=(maps,),
            # As if each of the four pixels had its own, of which one is taken for all.
            initializer=lambda shape, dtype=None: initializer((_PIXELS, *shape), dtype)[0],
            name="kernel",
        )
        self.bias = self.add_weight(shape=(maps,), initializer="zeros", name="bias")
        mark_variable(self.kernel, "kernel")
        mark_variable(self.bias, "other")

    def call(self, inputs: Any) -> Any:
        """Return `[batch, rows / 2, columns / 2, maps]`."""
        return _PIXELS * super().call(inputs) * self.kernel + self.bias

    def get_config(self) -> dict[str, Any]:
        """Return the initializer, the name and the type; the size is always 2."""
        config = super().get_config()
        kept = {key: config[key] for key in ("name", "trainable", "dtype")}
        return {**kept, "initializer": self.initializer}
