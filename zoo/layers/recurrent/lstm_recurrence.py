"""The recurrence of an LSTM with its gradient written by hand, which trains faster on a CPU.

Sources: the cell, see `zoo.recurrent.lstm`; the order of the products: Appleyard, Kocisky &
Blunsom, "Optimizing Performance of Recurrent Neural Networks on GPUs", arXiv:1604.01946, 2016,
section 3.

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
    after the backward loop     [dL/dW, dL/dU] = sum [x_t, h_(t-1)]^T D_t
                                dL/db = sum D_t,  dL/dx_t = D_t W^T    one product each

with s the logistic sigmoid, H and C the gradients `[batch, n]` with respect to h_t and c_t, and
D_t that with respect to the sums, `[batch, 4 n]`. The factors of C and H in D_t are computed
for all steps at once, before the backward loop.

As s(z) = (1 + tanh(z / 2)) / 2, the columns of i, f and o in W, U and b are halved beforehand,
which is exact, and one tanh of `[batch, 4 n]` bends all four. Two halves of the batch go through
the loops side by side: a step's product is too small to be worth sharing between cores. An odd
batch gets a row of zeros, so that both halves are of one size and XLA compiles their steps once.
"""

from typing import Any

import tensorflow as tf

from zoo.layers.padding import needed_steps
from zoo.layers.recurrent.time_loop import array_of, like_steps, loop, room_for, rows_of, swap


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

    batch = inputs.shape[0]
    odd = bool(_parts(batch)) and batch % 2 == 1
    if odd:
        # A row of zeros adds nothing to a gradient, as its own outputs are cut off.
        inputs, output, cell = (
            tf.pad(each, [[0, 1]] + [[0, 0]] * (each.shape.rank - 1))
            for each in (inputs, output, cell)
        )
    results = differentiable(inputs, kernel, recurrent, bias, output, cell)
    *outputs, output, cell = (each[:batch] for each in results) if odd else results
    return (outputs[0] if every_step else tf.cast(output[:, None], inputs.dtype)), output, cell


def _with_gradient(
    inputs: Any, kernel: Any, recurrent: Any, bias: Any, output: Any, cell: Any
) -> Any:
    narrow, wide = inputs.dtype, output.dtype
    steps, units = inputs.shape[1], recurrent.shape[0]
    count = tf.shape(inputs)[1] if steps is None else steps
    sizes = _parts(inputs.shape[0])
    halves = [0.5] * (2 * units) + [1.0] * units + [0.5] * units
    kernel_halved, recurrent_halved, bias_halved = (
        tf.cast(each * tf.constant(halves, each.dtype), kind)
        for each, kind in ((kernel, narrow), (recurrent, narrow), (bias, wide))
    )
    parts = _split(inputs, sizes)
    rows = [rows_of(swap(part)) for part in parts]  # [time * batch, features]

    def forward(part: int, time: Any, carry: Any) -> Any:
        output, cell, bent, cells, outputs = carry
        product = tf.matmul(tf.cast(output, narrow), recurrent_halved)
        gates = tf.tanh(sums[part].read(time) + tf.cast(product, wide))
        i, f, g, o = tf.split(gates, 4, axis=-1)
        cell = 0.5 * ((1 + f) * cell + (1 + i) * g)
        output = 0.5 * (1 + o) * tf.tanh(cell)
        written = (bent.write(time, gates), cells.write(time, cell), outputs.write(time, output))
        return (output, cell, *written)

    carries, sums = [], []
    first = list(zip(_split(output, sizes), _split(cell, sizes), strict=True))
    for part, row, state in zip(parts, rows, first, strict=True):
        of_inputs = tf.cast(tf.matmul(row, kernel_halved), wide) + bias_halved
        sums.append(array_of(like_steps(of_inputs, part)))
        room = [room_for(wide, count, part, size * units) for size in (4, 1, 1)]
        carries.append((*state, *room))
    needed = needed_steps()
    carries = loop(forward, carries, steps, count, needed)
    last = [tf.concat(each, 0) for each in zip(*(carry[:2] for carry in carries), strict=True)]
    kept = [[array.stack() for array in carry[2:]] for carry in carries]

    def gradient(to_outputs: Any, to_last_output: Any, to_last_cell: Any) -> Any:
        # Transposed once, as a product with a transposed factor is slower at every step.
        transposed = tf.cast(tf.transpose(recurrent), narrow)
        sources = [
            [array_of(each) for each in _factors(cell, bent, cells)]
            for (_, cell), (bent, cells, _) in zip(first, kept, strict=True)
        ]
        if to_outputs is not None:
            for source, above in zip(sources, _split(to_outputs, sizes), strict=True):
                source.append(array_of(tf.cast(swap(above), wide)))

        def backward(part: int, time: Any, carry: Any) -> Any:
            to_output, to_cell, deltas = carry
            from_output, forget, factors, *above = (each.read(time) for each in sources[part])
            to_output = tf.add_n([to_output, *above])
            to_cell += to_output * from_output
            both = tf.concat([to_cell, to_cell, to_cell, to_output], axis=-1)
            delta = tf.cast(both * factors, narrow)
            product = tf.cast(tf.matmul(delta, transposed), wide)
            return product, to_cell * forget, deltas.write(time, delta)

        to_last = zip(_split(to_last_output, sizes), _split(to_last_cell, sizes), strict=True)
        carries = [
            (*state, room_for(narrow, count, part, 4 * units))
            for state, part in zip(to_last, parts, strict=True)
        ]
        carries = loop(backward, carries, steps, count, needed, reverse=True)
        deltas = [rows_of(carry[2].stack()) for carry in carries]  # [time * batch, 4 units]
        kernel_transposed = tf.cast(tf.transpose(kernel), narrow)
        to_inputs = [
            swap(like_steps(tf.matmul(delta, kernel_transposed), part))
            for delta, part in zip(deltas, parts, strict=True)
        ]
        to_weights = []
        for row, delta, (output, _), (_, _, outputs) in zip(rows, deltas, first, kept, strict=True):
            before = tf.cast(rows_of(_before(output, outputs)), narrow)
            read = tf.concat([row, before], axis=-1)
            to_weights.append(tf.matmul(read, delta, transpose_a=True))
        to_kernel, to_recurrent = tf.split(tf.add_n(to_weights), [kernel.shape[0], units])
        to_bias = tf.add_n([tf.reduce_sum(tf.cast(delta, wide), axis=0) for delta in deltas])
        return (
            tf.concat(to_inputs, axis=0),
            tf.cast(to_kernel, kernel.dtype),
            tf.cast(to_recurrent, recurrent.dtype),
            tf.cast(to_bias, bias.dtype),
            *(tf.concat(each, 0) for each in zip(*(carry[:2] for carry in carries), strict=True)),
        )

    outputs = tf.concat([swap(outputs) for *_, outputs in kept], axis=0)
    return (tf.cast(outputs, narrow), *last), gradient


def _factors(cell: Any, bent: Any, cells: Any) -> tuple[Any, Any, Any]:
    """Return of what C and H become: H's factor in C, C's in the next C, and both's in D."""
    i, f, g, o = tf.split(bent, 4, axis=-1)
    i, f, o = (0.5 + 0.5 * each for each in (i, f, o))
    top = tf.tanh(cells)
    of_cell = [g * i * (1 - i), _before(cell, cells) * f * (1 - f), i * (1 - g**2)]
    return o * (1 - top**2), f, tf.concat([*of_cell, top * o * (1 - o)], axis=-1)


def _parts(batch: int | None) -> list[int]:
    """Return the sizes of the parts of a batch that go through the loops side by side."""
    if batch is None or batch < 2 or tf.executing_eagerly():
        return []
    if tf.config.list_physical_devices("GPU"):  # on which larger products are the faster ones
        return []
    return [batch - batch // 2, batch // 2]


def _split(values: Any, sizes: list[int]) -> list[Any]:
    return tf.split(values, sizes) if sizes else [values]


def _before(first: Any, steps: Any) -> Any:
    """`[time, batch, n]`: what was there before each step."""
    return tf.concat([first[None], steps[:-1]], axis=0)
