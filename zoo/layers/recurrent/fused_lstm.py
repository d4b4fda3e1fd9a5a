"""LSTM layers that compute `lstm_recurrence`: as Keras's does, and with a state."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.layers.initializers import find_initializer
from zoo.layers.recurrent.lstm_recurrence import lstm
from zoo.layers.roles import Role, mark_variable


@keras.saving.register_keras_serializable(package="zoo")
class KerasLSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, with its arguments, weights and results, which trains faster on a CPU.

    Its loop is that of `zoo.layers.recurrent.lstm_recurrence`, unless that would compute something
    else, see `is_written`; a GPU is there, for which Keras calls cuDNN; or `use_cudnn` is not
    "auto", as where gradients are differentiated again: Keras's loop compiles sooner then.
    """

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, list[Any]]:
        """Return the last output, all outputs if they are wanted, and the last state."""
        gpus = tf.config.list_physical_devices("GPU")
        if mask is not None or not self.is_written or gpus or self.use_cudnn != "auto":
            return super().inner_loop(sequences, initial_state, mask, training)
        weights = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
        state = (tf.cast(each, self.variable_dtype) for each in initial_state)
        outputs, output, cell = lstm(
            tf.convert_to_tensor(sequences),
            *(tf.convert_to_tensor(each) for each in weights),
            *state,
            every_step=self.return_sequences,
        )
        return output, outputs, [output, cell]

    @property
    def is_written(self) -> bool:
        """Whether the options are those of the written gradient: tanh, sigmoid, a bias."""
        activations = (self.activation, self.recurrent_activation)
        return (
            activations == (keras.activations.tanh, keras.activations.sigmoid)
            and self.use_bias
            and not (self.dropout or self.recurrent_dropout)
            and not (self.go_backwards or self.unroll)
        )


@keras.saving.register_keras_serializable(package="zoo")
class FusedLSTM(keras.Layer):
    """`keras.layers.LSTM` with tanh and sigmoid, which takes a state and returns the last one.

    | weight | shape | start |
    | --- | --- | --- |
    | kernel W | `[features, 4 n]` | `initializer` |
    | recurrent kernel U | `[n, 4 n]` | `recurrent_initializer` |
    | bias b | `[4 n]` | 0, or 1 for f |

    in the order i, f, g, o of `zoo.recurrent.lstm`, so that weights move between the two layers as
    they are. In mixed precision the matrix products and the outputs have the policy's 16-bit type;
    the gates, the cell and the state stay in the weights' type, as sums over many steps lose
    digits.

    Args:
        units: n, at least 1.
        initializer: of W, see `zoo.layers.initializers`.
        recurrent_initializer: of U.
        unit_forget_bias: start the part of b that belongs to f at 1.
        **kwargs: name, dtype and the like of every Keras layer.

    Raises:
        ModelOptionError: an unknown initializer.
    """

    use_bias = True

    def __init__(
        self,
        units: int,
        *,
        initializer: str = "glorot",
        recurrent_initializer: str = "orthogonal",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        # Weights and state arrive in full precision: the layer itself casts what it multiplies.
        super().__init__(autocast=False, **kwargs)
        self.units = units
        self.kernel_initializer = find_initializer(initializer)
        self.recurrent_initializer = find_initializer(recurrent_initializer)
        self.unit_forget_bias = unit_forget_bias
        # Names, and not the objects, are what the saved configuration holds.
        self._names = {
            "initializer": initializer,
            "recurrent_initializer": recurrent_initializer,
        }

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        four = 4 * self.units
        starts: dict[str, tuple[Any, Any, Role]] = {
            "kernel": ((input_shape[-1], four), self.kernel_initializer, "kernel"),
            "recurrent_kernel": ((self.units, four), self.recurrent_initializer, "kernel"),
            "bias": ((four,), self._initial_bias, "other"),
        }
        for name, (shape, initializer, role) in starts.items():
            weight = self.add_weight(shape, initializer, name=name, autocast=False)
            setattr(self, name, mark_variable(weight, role))

    def _initial_bias(self, shape: Any, dtype: Any = None) -> Any:
        forget = keras.ops.full((self.units,), float(self.unit_forget_bias), dtype)
        zeros = keras.ops.zeros((self.units,), dtype)
        return keras.ops.concatenate([zeros, forget, zeros, zeros])

    def call(self, inputs: Any, state: Sequence[Any] | None = None) -> tuple[Any, tuple[Any, Any]]:
        """Map inputs and a state to the outputs of every step and the last state.

        Args:
            inputs: x, `[batch, time, features]`.
            state: h and c before the first step, `[batch, n]` each; None stands for zeros.

        Returns:
            h_1 ... h_T as `[batch, time, n]` in the policy's compute type, and the pair of h_T and
            c_T, `[batch, n]` each in the weights' type.
        """
        zeros = tf.zeros((tf.shape(inputs)[0], self.units), self.variable_dtype)
        first = (zeros, zeros) if state is None else state
        outputs, output, cell = lstm(
            tf.cast(inputs, self.compute_dtype),
            tf.convert_to_tensor(self.kernel),
            tf.convert_to_tensor(self.recurrent_kernel),
            tf.convert_to_tensor(self.bias),
            *(tf.cast(each, self.variable_dtype) for each in first),
        )
        return outputs, (output, cell)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"units": self.units, "unit_forget_bias": self.unit_forget_bias}
        return {**super().get_config(), **self._names, **own}
