"""A convolution in which each map reads only some of the maps before it.

Source: LeCun, Bottou, Bengio & Haffner 1998, section II.B, layer C3 and table I: it breaks the
symmetry between maps, and keeps the number of weights small.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from zoo.layers.initializers import find_initializer
from zoo.layers.roles import mark_variable

Table = tuple[tuple[int, ...], ...]


@keras.saving.register_keras_serializable(package="zoo")
class ConnectedConv2D(keras.Layer):
    """Convolution without padding whose map n reads the maps that row n of a table lists.

    y_n = sum of x_m * K_mn over the m of row n, plus b_n, * being a correlation with k x k pixels.
    Maps `[batch, rows, columns, m]` to `[batch, rows - k + 1, columns - k + 1, rows of the table]`.
    It has k k weights for each connection and one bias for each map: `kernel` `[k, k, connections]`
    in the order of the table, and `bias` `[maps]`, which starts at 0.

    Args:
        table: for each map, the maps before it that it reads, from 0 on.
        kernel_size: k.
        initializer: of the kernel, see `zoo.layers.initializers`; a map's fan_in is k k times the
            length of its row, and its fan_out k k times the number of rows of that length.
        name: the layer's name.
    """

    def __init__(
        self,
        table: Any,
        kernel_size: int = 5,
        initializer: str = "glorot",
        name: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(name=name, **settings)
        self.table: Table = tuple(tuple(row) for row in table)
        self.kernel_size, self.initializer = kernel_size, initializer

    def build(self, input_shape: Any) -> None:
        """Create the kernel of the connections that there are, and a bias for each map."""
        maps, side = input_shape[-1], self.kernel_size
        connections = sum(map(len, self.table))
        # Where a map reads another: which of the connections; elsewhere: the zeros behind them.
        places = np.full((maps, len(self.table)), connections)
        number = 0
        for map_, row in enumerate(self.table):
            places[list(row), map_] = range(number, number + len(row))
            number += len(row)
        self._places = places.reshape(-1)
        self.kernel = self.add_weight(
            shape=(side, side, connections), initializer=self._drawn, name="kernel"
        )
        self.bias = self.add_weight(shape=(len(self.table),), initializer="zeros", name="bias")
        mark_variable(self.kernel, "kernel")
        mark_variable(self.bias, "other")

    def _drawn(self, shape: Any, dtype: Any = None) -> Any:
        """Return the kernel's first values: drawn together for all rows of one length."""
        side, columns = self.kernel_size, {}
        for length in sorted({len(row) for row in self.table}):
            rows = [n for n, row in enumerate(self.table) if len(row) == length]
            drawn = find_initializer(self.initializer)((side, side, length, len(rows)), dtype)
            columns.update({n: drawn[..., place] for place, n in enumerate(rows)})
        return keras.ops.concatenate([columns[n] for n in range(len(self.table))], axis=-1)

    def call(self, inputs: Any) -> Any:
        """Return `[batch, rows - k + 1, columns - k + 1, maps]`."""
        side, maps = self.kernel_size, len(self.table)
        kernel = keras.ops.convert_to_tensor(self.kernel)
        kernel = keras.ops.concatenate([kernel, keras.ops.zeros_like(kernel[..., :1])], axis=-1)
        kernel = tf.gather(kernel, self._places, axis=-1)
        kernel = keras.ops.reshape(kernel, (side, side, -1, maps))
        sums = keras.ops.conv(inputs, kernel, padding="valid", data_format="channels_last")
        return sums + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `(batch, rows - k + 1, columns - k + 1, maps)`."""
        batch, *sides, _ = input_shape
        return (batch, *(size - self.kernel_size + 1 for size in sides), len(self.table))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "table": [list(row) for row in self.table],
            "kernel_size": self.kernel_size,
            "initializer": self.initializer,
        }
