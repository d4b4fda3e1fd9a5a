"""Layer normalization inside the LSTM's recurrence.

Source: Ba, Kiros & Hinton, "Layer Normalization", arXiv:1607.06450, 2016, equations 20 to 22.
"""

from typing import Any

import keras

from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer
from zoo.layers.roles import mark_variable


@keras.saving.register_keras_serializable(package="zoo")
class LayerNormalizedLSTMCell(keras.Layer):
    """One step of an LSTM that normalizes both sums and the cell; use it in `keras.layers.RNN`.

    With N(z) = (z - mean(z)) / sqrt(variance(z) + epsilon) over the last axis of z, the input
    x_t `[batch, features]`, the output h and the cell c, both `[batch, n]` and 0 at the start:

        i, f, g, o = N(x_t W) p + N(h_(t-1) U) q + b
        c_t = s(f) c_(t-1) + s(i) a(g)
        h_t = s(o) a(N(c_t) r + d)

    where the first line is `[batch, 4 n]`, split in four, and N sees all 4 n sums at once, as in
    equation 20. Products with the gains p, q and r are by element. The paper's offsets of the two
    sums and the bias only ever act as their sum, so that b stands for all three.

    | weight | shape | start |
    | --- | --- | --- |
    | kernel W | `[features, 4 n]` | `initializer` |
    | recurrent kernel U | `[n, 4 n]` | `recurrent_initializer` |
    | bias b | `[4 n]` | 0, or 1 for f |
    | input gain p, recurrent gain q | `[4 n]` each | 1 |
    | cell gain r, cell offset d | `[n]` each | 1 and 0 |

    Together 4 n (features + n + 3) + 2 n parameters. N is computed in 32 bits or more.

    Args:
        units: n, at least 1.
        activation: a, see `zoo.layers.activations`.
        recurrent_activation: s, of the gates.
        initializer: of W, see `zoo.layers.initializers`.
        recurrent_initializer: of U.
        unit_forget_bias: start the part of b that belongs to f at 1.
        epsilon: added to the variance.
        **kwargs: name, dtype and the like of every Keras layer.

    Raises:
        ModelOptionError: an unknown activation or initializer.
    """

    def __init__(
        self,
        units: int,
        *,
        activation: str = "tanh",
        recurrent_activation: str = "sigmoid",
        initializer: str = "glorot",
        recurrent_initializer: str = "orthogonal",
        unit_forget_bias: bool = True,
        epsilon: float = 1e-3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.epsilon = units, epsilon
        self.activation = find_activation(activation)
        self.recurrent_activation = find_activation(recurrent_activation)
        self.kernel_initializer = find_initializer(initializer)
        self.recurrent_initializer = find_initializer(recurrent_initializer)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]
        self.output_size = units
        # Names, and not the objects, are what the saved configuration holds.
        self._names = {
            "activation": activation,
            "recurrent_activation": recurrent_activation,
            "initializer": initializer,
            "recurrent_initializer": recurrent_initializer,
        }

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        four = 4 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], four), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, four), self.recurrent_initializer, name="recurrent_kernel"
        )
        self.bias = self.add_weight((four,), self._initial_bias, name="bias")
        self.input_gain = self.add_weight((four,), "ones", name="input_gain")
        self.recurrent_gain = self.add_weight((four,), "ones", name="recurrent_gain")
        self.cell_gain = self.add_weight((self.units,), "ones", name="cell_gain")
        self.cell_offset = self.add_weight((self.units,), "zeros", name="cell_offset")
        for variable in self.trainable_variables:
            kernel = variable is self.kernel or variable is self.recurrent_kernel
            mark_variable(variable, "kernel" if kernel else "other")

    def _initial_bias(self, shape: Any, dtype: Any = None) -> Any:
        forget = keras.ops.full((self.units,), float(self.unit_forget_bias), dtype)
        zeros = keras.ops.zeros((self.units,), dtype)
        return keras.ops.concatenate([zeros, forget, zeros, zeros])

    def _normalize(self, values: Any) -> Any:
        # Squares of 16-bit numbers overflow, and their sums lose digits.
        wide = keras.backend.result_type(values.dtype, "float32")
        exact = keras.ops.cast(values, wide)
        mean, variance = keras.ops.moments(exact, axes=-1, keepdims=True)
        normal = (exact - mean) * keras.ops.rsqrt(variance + self.epsilon)
        return keras.ops.cast(normal, values.dtype)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Map x_t and [h_(t-1), c_(t-1)] to h_t and [h_t, c_t]."""
        output, cell = states
        gates = (
            self._normalize(keras.ops.matmul(inputs, self.kernel)) * self.input_gain
            + self._normalize(keras.ops.matmul(output, self.recurrent_kernel)) * self.recurrent_gain
            + self.bias
        )
        input_gate, forget_gate, candidate, output_gate = keras.ops.split(gates, 4, axis=-1)
        cell = self.recurrent_activation(forget_gate) * cell + self.recurrent_activation(
            input_gate
        ) * self.activation(candidate)
        normal = self._normalize(cell) * self.cell_gain + self.cell_offset
        output = self.recurrent_activation(output_gate) * self.activation(normal)
        return output, [output, cell]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "units": self.units,
            "unit_forget_bias": self.unit_forget_bias,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **self._names, **own}
