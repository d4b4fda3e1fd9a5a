"""An LSTM layer with the gradient written by hand, which trains about twice as fast on a CPU.

Sources: the cell, see `zoo.lstm`; the order of the products: Appleyard, Kocisky & Blunsom,
"Optimizing Performance of Recurrent Neural Networks on GPUs", arXiv:1604.01946, 2016, section 3.

Automatic differentiation of a loop over time adds one small product to the gradient of every
weight at every step. Here the loops hold what depends on the step before, and nothing else:

    before the forward loop     z_t = x_t W + b                        one product for all t
    forward, t = 1 ... T        i, f, g, o = s, s, tanh, s of the parts of z_t + h_(t-1) U
                                c_t = f * c_(t-1) + i * g
                                h_t = o * tanh(c_t)
    backward, t = T ... 1       H = H + dL/dh_t from above
                                C = C + H * o * (1 - tanh(c_t)^2)
                                D_t = [C g i (1 - i), C c_(t-1) f (1 - f), C i (1 - g^2),
                                       H tanh(c_t) o (1 - o)]
                                H = D_t U^T,  C = C * f
    after the backward loop     dL/dW = sum x_t^T D_t,  dL/dU = sum h_(t-1)^T D_t,
                                dL/db = sum D_t,  dL/dx_t = D_t W^T    one product each

with s the logistic sigmoid, H and C the gradients `[batch, n]` with respect to h_t and c_t, and
D_t that with respect to the sums, `[batch, 4 n]`. The factors of C and H in D_t are computed
for all steps at once, before the backward loop.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.layers.initializers import find_initializer
from zoo.layers.roles import Role, mark_variable

# Time steps written out in one iteration of the loop. With few units, a step's products take no
# longer than the overhead of an iteration; with more steps than this, XLA's code gets slower.
_STEPS_A_TURN = 4


@keras.saving.register_keras_serializable(package="zoo")
class FusedLSTM(keras.Layer):
    """`keras.layers.LSTM` with tanh and sigmoid, which takes a state and returns the last one.

    | weight | shape | start |
    | --- | --- | --- |
    | kernel W | `[features, 4 n]` | `initializer` |
    | recurrent kernel U | `[n, 4 n]` | `recurrent_initializer` |
    | bias b | `[4 n]` | 0, or 1 for f |

    in the order i, f, g, o of `zoo.lstm`, so that weights move between the two layers as they
    are. In mixed precision the matrix products and the outputs have the policy's 16-bit type;
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
        outputs, output, cell = _lstm(
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


@tf.custom_gradient
def _lstm(inputs: Any, kernel: Any, recurrent: Any, bias: Any, first: Any, cell: Any) -> Any:
    """All h_t, the last h and the last c; the products have the type of `inputs`."""
    narrow, wide = inputs.dtype, kernel.dtype
    rows = _rows(_swap(inputs))  # [time * batch, features]
    sums = tf.cast(tf.matmul(rows, tf.cast(kernel, narrow)), wide) + bias
    sums = _like_steps(sums, inputs)
    narrow_recurrent = tf.cast(recurrent, narrow)

    def forward(carry: Any, values: Any) -> Any:
        output, cell = carry
        (sums,) = values
        product = tf.matmul(tf.cast(output, narrow), narrow_recurrent)
        i, f, g, o = tf.split(sums + tf.cast(product, wide), 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * cell + i * g
        output = o * tf.tanh(cell)
        return (output, cell), (output, cell, tf.concat([i, f, g, o], axis=-1))

    units = recurrent.shape[0]
    results = [(wide, units), (wide, units), (wide, 4 * units)]
    last, (outputs, cells, gates) = _loop(forward, (first, cell), (sums,), results)

    def gradient(to_outputs: Any, to_last_output: Any, to_last_cell: Any) -> Any:
        cells_before = tf.concat([cell[None], cells[:-1]], axis=0)
        outputs_before = tf.concat([first[None], outputs[:-1]], axis=0)
        i, f, g, o = tf.split(gates, 4, axis=-1)
        bent = tf.tanh(cells)
        from_output = o * (1 - bent**2)
        to_sums = [g * i * (1 - i), cells_before * f * (1 - f), i * (1 - g**2), bent * o * (1 - o)]
        # Transposed once, as a product with a transposed factor is slower at every step.
        transposed = tf.cast(tf.transpose(recurrent), narrow)

        def backward(carry: Any, values: Any) -> Any:
            to_output, to_cell = carry
            from_above, from_output, to_sums, forget = values
            to_output += from_above
            to_cell += to_output * from_output
            both = tf.concat([to_cell, to_cell, to_cell, to_output], axis=-1)
            delta = tf.cast(both * to_sums, narrow)
            product = tf.matmul(delta, transposed)
            return (tf.cast(product, wide), to_cell * forget), (delta,)

        above = tf.cast(_swap(to_outputs), wide)
        values = (above, from_output, tf.concat(to_sums, axis=-1), f)
        before, (deltas,) = _loop(
            backward, (to_last_output, to_last_cell), values, [(narrow, 4 * units)], reverse=True
        )
        deltas = _rows(deltas)  # [time * batch, 4 units]
        to_rows = tf.matmul(deltas, tf.cast(kernel, narrow), transpose_b=True)
        outputs_before = tf.cast(_rows(outputs_before), narrow)
        return (
            _swap(_like_steps(to_rows, inputs)),
            tf.cast(tf.matmul(rows, deltas, transpose_a=True), wide),
            tf.cast(tf.matmul(outputs_before, deltas, transpose_a=True), wide),
            tf.reduce_sum(tf.cast(deltas, wide), axis=0),
            *before,
        )

    return (tf.cast(_swap(outputs), narrow), *last), gradient


def _swap(values: Any) -> Any:
    """`[batch, time, ...]` to `[time, batch, ...]` and back."""
    return tf.transpose(values, (1, 0, 2))


def _rows(values: Any) -> Any:
    """`[time, batch, features]` to `[time * batch, features]`."""
    return tf.reshape(values, (-1, values.shape[-1]))


def _like_steps(rows: Any, inputs: Any) -> Any:
    """`[time * batch, features]` to `[time, batch, features]`, as many as `inputs` has."""
    batch, steps = inputs.shape[0], inputs.shape[1]
    if batch is None or steps is None:
        batch, steps = tf.unstack(tf.shape(inputs)[:2])
    return tf.ensure_shape(
        tf.reshape(rows, (steps, batch, rows.shape[-1])),
        (inputs.shape[1], inputs.shape[0], rows.shape[-1]),
    )


def _loop(
    step: Callable[[Any, Any], Any],
    carry: Any,
    values: Sequence[Any],
    results: Sequence[tuple[Any, int]],
    reverse: bool = False,
) -> tuple[Any, list[Any]]:
    """Apply a step to `values` along their first axis, which is time.

    Args:
        step: maps the carry and one step's values to the next carry and that step's results.
        carry: before the first step.
        values: `[time, batch, features]` each.
        results: type and features of each result.
        reverse: go from the last step to the first.

    Returns:
        The carry after the last step, and each result as `[time, batch, features]`.
    """
    steps, batch = values[0].shape[:2]
    count = tf.shape(values[0])[0] if steps is None else steps
    a_turn = 1 if steps is None else math.gcd(steps, _STEPS_A_TURN)
    sources = [
        tf.TensorArray(each.dtype, count, element_shape=each.shape[1:]).unstack(each)
        for each in values
    ]
    targets = [
        tf.TensorArray(kind, count, element_shape=(batch, features)) for kind, features in results
    ]

    def turn(index: Any, carry: Any, targets: Any) -> Any:
        for within in range(a_turn):
            time = count - 1 - index - within if reverse else index + within
            carry, new = step(carry, [source.read(time) for source in sources])
            targets = [target.write(time, each) for target, each in zip(targets, new, strict=True)]
        return index + a_turn, carry, targets

    _, carry, targets = tf.while_loop(
        lambda index, *_: index < count,
        turn,
        (tf.constant(0), carry, targets),
        maximum_iterations=None if steps is None else steps // a_turn,
    )
    return carry, [target.stack() for target in targets]
