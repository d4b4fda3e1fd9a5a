"""A shortcut past layers that halve an image and have more maps: no weights, zeros for what is new.

Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, section
3.3, option (A).
"""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="zoo")
class ZeroPaddedShortcut(keras.Layer):
    """Takes every s-th pixel of every s-th row, and puts maps of zeros behind the maps there are.

    Maps `[batch, rows, columns, maps]` to `[batch, rows / s, columns / s, filters]`, rounded up.

    Args:
        filters: maps of the result, at least as many as there are.
        stride: s.
        name: the layer's name.
    """

    def __init__(self, filters: int, stride: int, name: str | None = None, **settings: Any) -> None:
        super().__init__(name=name, **settings)
        self.filters, self.stride = filters, stride

    def call(self, inputs: Any) -> Any:
        """Return `[batch, rows / s, columns / s, filters]`."""
        kept = inputs[:, :: self.stride, :: self.stride]
        return keras.ops.pad(kept, [(0, 0)] * 3 + [(0, self.filters - inputs.shape[-1])])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `(batch, rows / s, columns / s, filters)`."""
        batch, rows, columns, _ = input_shape
        return (batch, -(-rows // self.stride), -(-columns // self.stride), self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "filters": self.filters, "stride": self.stride}
