"""The recurrence of an LSTM with its gradient written by hand, which trains faster on a CPU.

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

import tensorflow as tf

from zoo.layers.padding import needed_steps

# Time steps written out in one iteration of the loop. With few units, a step's products take no
# longer than the overhead of an iteration; with more steps than this, XLA's code gets slower.
_STEPS_A_TURN = 4


def lstm(
    inputs: Any,
    kernel: Any,
    recurrent: Any,
    bias: Any,
    output: Any,
    cell: Any,
    *,
    every_step: bool = True,
) -> tuple[Any, Any, Any]:
    """Return the outputs of every step, and the output and the cell of the last.

    The matrix products have the type of the inputs; gates, cells and outputs between steps have
    that of the state, as sums over many steps lose digits.

    Args:
        inputs: x, `[batch, time, features]`.
        kernel: W, `[features, 4 n]`.
        recurrent: U, `[n, 4 n]`.
        bias: b, `[4 n]`.
        output: h before the first step, `[batch, n]`.
        cell: c before the first step, `[batch, n]`.
        every_step: whether outputs of other steps than the last are wanted.

    Returns:
        h_1 ... h_T as `[batch, time, n]` in the type of the inputs, or h_T alone as
        `[batch, 1, n]`; h_T and c_T, `[batch, n]` each in the type of the state.
    """

    @tf.custom_gradient
    def differentiable(*tensors: Any) -> Any:
        (outputs, *last), gradient = _with_gradient(*tensors)
        if every_step:
            return (outputs, *last), gradient
        return tuple(last), lambda *to_last: gradient(None, *to_last)

    *outputs, output, cell = differentiable(inputs, kernel, recurrent, bias, output, cell)
    return (outputs[0] if every_step else tf.cast(output[:, None], inputs.dtype)), output, cell


def _with_gradient(
    inputs: Any, kernel: Any, recurrent: Any, bias: Any, first: Any, cell: Any
) -> Any:
    narrow, wide = inputs.dtype, first.dtype
    rows = _rows(_swap(inputs))  # [time * batch, features]
    sums = tf.cast(tf.matmul(rows, tf.cast(kernel, narrow)), wide) + tf.cast(bias, wide)
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
    needed = needed_steps()
    last, (outputs, cells, gates) = _loop(forward, (first, cell), (sums,), results, needed)

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
            from_output, to_sums, forget, *from_above = values
            to_output = tf.add_n([to_output, *from_above])
            to_cell += to_output * from_output
            both = tf.concat([to_cell, to_cell, to_cell, to_output], axis=-1)
            delta = tf.cast(both * to_sums, narrow)
            product = tf.matmul(delta, transposed)
            return (tf.cast(product, wide), to_cell * forget), (delta,)

        values = [from_output, tf.concat(to_sums, axis=-1), f]
        if to_outputs is not None:
            values.append(tf.cast(_swap(to_outputs), wide))
        before, (deltas,) = _loop(
            backward,
            (to_last_output, to_last_cell),
            values,
            [(narrow, 4 * units)],
            needed,
            reverse=True,
        )
        deltas = _rows(deltas)  # [time * batch, 4 units]
        to_rows = tf.matmul(deltas, tf.cast(kernel, narrow), transpose_b=True)
        outputs_before = tf.cast(_rows(outputs_before), narrow)
        return (
            _swap(_like_steps(to_rows, inputs)),
            tf.cast(tf.matmul(rows, deltas, transpose_a=True), kernel.dtype),
            tf.cast(tf.matmul(outputs_before, deltas, transpose_a=True), recurrent.dtype),
            tf.cast(tf.reduce_sum(tf.cast(deltas, wide), axis=0), bias.dtype),
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
    needed: Any = None,
    *,
    reverse: bool = False,
) -> tuple[Any, list[Any]]:
    """Apply a step to `values` along their first axis, which is time.

    Args:
        step: maps the carry and one step's values to the next carry and that step's results.
        carry: before the first step.
        values: `[time, batch, features]` each.
        results: type and features of each result.
        needed: the steps to compute, int32 `[]`, or None for all; the results of others are 0.
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

    turns = None if steps is None else steps // a_turn
    if needed is not None:
        # Whole turns: `count` is a multiple of them too. A bound that XLA knew would be run to.
        count, turns = tf.minimum(-(-needed // a_turn) * a_turn, count), None
    _, carry, targets = tf.while_loop(
        lambda index, *_: index < count,
        turn,
        (tf.constant(0), carry, targets),
        maximum_iterations=turns,
    )
    return carry, [target.stack() for target in targets]
