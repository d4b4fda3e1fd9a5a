"""The original LSTM's hidden layer: memory blocks that share gates, and no forget gate.

Source: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997,
equations 1 to 9; the truncated gradient: its appendix A.1.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.layers.initializers import find_initializer
from zoo.layers.padding import needed_steps
from zoo.layers.recurrent.time_loop import array_of, loop, room_for, swap
from zoo.layers.roles import mark_variable


@keras.saving.register_keras_serializable(package="zoo")
class MemoryBlockCell(keras.Layer):
    """One step of m memory blocks of s cells each, n = m s; use it in `MemoryBlocks`.

    A block's cells share one input gate and one output gate, and all units are connected to all.
    With the input x_t `[batch, features]`, the units' outputs before u_t = [y_t, i_t, o_t],
    `[batch, n + 2 m]`, the cells' content c `[batch, n]`, u and c 0 at the start, and s the
    logistic sigmoid:

        [g_t, i_t, o_t] = s(x_t W + u_(t-1) U + b)   cell inputs n, input gates m, output gates m
        c_t = c_(t-1) + r(i_t) * (4 g_t - 2)
        y_t = r(o_t) * (2 s(c_t) - 1)

    where r repeats a block's gate for each of its cells, so that the paper's g = 4 s - 2 lies in
    [-2, 2] and its h = 2 s - 1 in [-1, 1]. Nothing is forgotten: the content's derivative with
    respect to itself a step before is 1, the constant error carousel.

    Truncated, as in the paper, u_(t-1) is taken for a constant when gradients are computed: errors
    flow back through time inside the cells' contents alone.

    | weight | shape | start |
    | --- | --- | --- |
    | kernel W | `[features, n + 2 m]` | `initializer` |
    | recurrent kernel U | `[n + 2 m, n + 2 m]` | `recurrent_initializer` |
    | bias b | `[n + 2 m]`, or `[2 m]` of the gates alone | 0, or as told for each block's gates |

    Args:
        units: cells n, at least 1.
        cells_per_block: s, which divides n.
        cell_bias: whether cell inputs have biases too, and not the gates alone.
        truncated: whether errors stop at the units' outputs of the step before.
        initial_range: above 0 every weight and bias starts uniformly in +- this instead.
        input_gate_biases: where b of each block's input gate starts, one number for all blocks, or
            none: as other biases.
        output_gate_biases: the same of output gates.
        initializer: of W, see `zoo.layers.initializers`.
        recurrent_initializer: of U.
        **kwargs: name, dtype and the like of every Keras layer.
    """

    def __init__(
        self,
        units: int,
        *,
        cells_per_block: int = 1,
        cell_bias: bool = True,
        truncated: bool = True,
        initial_range: float = 0.0,
        input_gate_biases: Sequence[float] = (),
        output_gate_biases: Sequence[float] = (),
        initializer: str = "glorot",
        recurrent_initializer: str = "orthogonal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.cells_per_block = units, cells_per_block
        self.blocks = units // cells_per_block
        self.cell_bias, self.truncated = cell_bias, truncated
        # The output comes first: what runs a cell by itself takes the first state for it.
        self.state_size = [units, 2 * self.blocks, units]
        self.output_size = units
        self._start: dict[str, Any] = {
            "initial_range": initial_range,
            "input_gate_biases": list(input_gate_biases),
            "output_gate_biases": list(output_gate_biases),
            "initializer": initializer,
            "recurrent_initializer": recurrent_initializer,
        }

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        sums = self.units + 2 * self.blocks
        biases = sums if self.cell_bias else 2 * self.blocks
        starts = {
            "kernel": ((input_shape[-1], sums), starting(**self._part("initializer"))),
            "recurrent_kernel": ((sums, sums), starting(**self._part("recurrent_initializer"))),
            "bias": ((biases,), self._initial_bias),
        }
        for name, (shape, initializer) in starts.items():
            weight = self.add_weight(shape, initializer, name=name)
            setattr(self, name, mark_variable(weight, "other" if name == "bias" else "kernel"))

    def _part(self, name: str) -> dict[str, Any]:
        return {"initializer": self._start[name], "initial_range": self._start["initial_range"]}

    def _initial_bias(self, shape: Any, dtype: Any = None) -> Any:
        bias = starting("zeros", self._start["initial_range"])(shape, dtype)
        parts = keras.ops.split(bias, [shape[0] - 2 * self.blocks, shape[0] - self.blocks])
        for place, name in ((1, "input_gate_biases"), (2, "output_gate_biases")):
            if given := self._start[name]:
                each = keras.ops.convert_to_tensor(given, dtype)
                parts[place] = keras.ops.broadcast_to(each, (self.blocks,))
        return keras.ops.concatenate(parts)

    def sums_of_inputs(self, inputs: Any) -> Any:
        """Return x W + b, `[..., n + 2 m]`."""
        bias = self.bias
        if not self.cell_bias:
            bias = keras.ops.pad(bias, [[self.units, 0]])
        return keras.ops.matmul(inputs, self.kernel) + bias

    def gates(self, sums: Any) -> tuple[Any, Any, Any, Any]:
        """Return what is added to the contents, r(o) and both gates, of the sums."""
        bent = keras.ops.sigmoid(sums)
        edges = [self.units, self.units + self.blocks]
        candidate, input_gate, output_gate = keras.ops.split(bent, edges, axis=-1)
        added = self._repeated(input_gate) * (4 * candidate - 2)
        return added, self._repeated(output_gate), input_gate, output_gate

    def _repeated(self, gate: Any) -> Any:
        return keras.ops.repeat(gate, self.cells_per_block, axis=-1)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Map x_t and [y_(t-1), gates_(t-1), c_(t-1)] to y_t and the states after it."""
        output, before, content = states
        seen = keras.ops.concatenate([output, before], axis=-1)
        if self.truncated:
            seen = keras.ops.stop_gradient(seen)
        sums = self.sums_of_inputs(inputs) + keras.ops.matmul(seen, self.recurrent_kernel)
        added, opened, input_gate, output_gate = self.gates(sums)
        content = content + added
        output = opened * (2 * keras.ops.sigmoid(content) - 1)
        after = keras.ops.concatenate([input_gate, output_gate], axis=-1)
        return output, [output, after, content]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "units": self.units,
            "cells_per_block": self.cells_per_block,
            "cell_bias": self.cell_bias,
            "truncated": self.truncated,
        }
        return {**super().get_config(), **own, **self._start}


def starting(initializer: str, initial_range: float) -> keras.initializers.Initializer:
    """Return an initializer: uniform in +- `initial_range` if that is not 0, else the named one."""
    if initial_range:
        return keras.initializers.RandomUniform(-initial_range, initial_range)
    return find_initializer(initializer)


@keras.saving.register_keras_serializable(package="zoo")
class MemoryBlocks(keras.layers.RNN):
    """`keras.layers.RNN` of a `MemoryBlockCell`, which trains faster if that is truncated.

    With u_(t-1) for a constant, only the values of u need a loop over time. Once they are known,
    all steps' gates are one product, contents are a running sum, and automatic differentiation of
    these gives the truncated gradient without a loop.
    """

    @property
    def is_written(self) -> bool:
        """Whether gradients need no loop over time."""
        return bool(self.cell.truncated) and not (self.go_backwards or self.unroll)

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, list[Any]]:
        """Return the last output, all outputs if they are wanted, and the last state."""
        if mask is not None or not self.is_written:
            return super().inner_loop(sequences, initial_state, mask, training)
        first = [tf.convert_to_tensor(each) for each in initial_state]
        sums = self.cell.sums_of_inputs(tf.convert_to_tensor(sequences))
        seen = tf.stop_gradient(self._seen(sums, first))
        recurrent = tf.convert_to_tensor(self.cell.recurrent_kernel)
        added, opened, input_gates, output_gates = self.cell.gates(
            sums + tf.matmul(seen, recurrent)
        )
        contents = first[2][:, None] + tf.cumsum(added, axis=1)
        outputs = opened * (2 * tf.sigmoid(contents) - 1)
        last = [outputs, tf.concat([input_gates, output_gates], axis=-1), contents]
        state = [each[:, -1] for each in last]
        return state[0], outputs if self.return_sequences else state[0][:, None], state

    def _seen(self, sums: Any, first: list[Any]) -> Any:
        """Return what the units had put out before each step, `[batch, time, n + 2 m]`."""
        cell = self.cell
        before = tf.concat(first[:2], axis=-1)
        recurrent = tf.stop_gradient(tf.convert_to_tensor(cell.recurrent_kernel))
        steps = sums.shape[1]
        count = tf.shape(sums)[1] if steps is None else steps
        of_inputs = array_of(swap(tf.stop_gradient(sums)))

        def forward(_: int, time: Any, carry: Any) -> Any:
            seen, content, written = carry
            written = written.write(time, seen)
            added, opened, input_gate, output_gate = cell.gates(
                of_inputs.read(time) + tf.matmul(seen, recurrent)
            )
            content = content + added
            output = opened * (2 * tf.sigmoid(content) - 1)
            return tf.concat([output, input_gate, output_gate], axis=-1), content, written

        room = room_for(sums.dtype, count, sums, sums.shape[-1])
        carry = (before, first[2], room)
        ((_, _, written),) = loop(forward, [carry], steps, count, needed_steps())
        return swap(written.stack())
