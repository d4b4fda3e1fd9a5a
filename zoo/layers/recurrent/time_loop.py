"""Loops over time in a graph, in the forms that XLA and TensorFlow's kernels run fast."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

# Time steps written out in one iteration of the loop. With few units, a step's products take no
# longer than the overhead of an iteration; with more steps than this, compiling takes longer.
_STEPS_A_TURN = 4


def swap(values: Any) -> Any:
    """`[batch, time, ...]` to `[time, batch, ...]` and back."""
    return tf.transpose(values, (1, 0, 2))


def rows_of(values: Any) -> Any:
    """`[time, batch, features]` to `[time * batch, features]`."""
    return tf.reshape(values, (-1, values.shape[-1]))


def like_steps(rows: Any, inputs: Any) -> Any:
    """`[time * batch, features]` to `[time, batch, features]`, as many as `inputs` has."""
    batch, steps = inputs.shape[0], inputs.shape[1]
    if batch is None or steps is None:
        batch, steps = tf.unstack(tf.shape(inputs)[:2])
    return tf.ensure_shape(
        tf.reshape(rows, (steps, batch, rows.shape[-1])),
        (inputs.shape[1], inputs.shape[0], rows.shape[-1]),
    )


def array_of(values: Any) -> Any:
    """Return `[time, batch, features]` as an array over time."""
    count = tf.shape(values)[0] if values.shape[0] is None else values.shape[0]
    array = tf.TensorArray(
        values.dtype, count, clear_after_read=False, element_shape=values.shape[1:]
    )
    return array.unstack(values)


def room_for(kind: Any, count: Any, inputs: Any, features: int) -> Any:
    """Return an array over time to write `[batch, features]` into."""
    return tf.TensorArray(kind, count, element_shape=(inputs.shape[0], features))


def loop(
    step: Callable[[int, Any, Any], Any],
    carries: Sequence[Any],
    steps: int | None,
    count: Any,
    needed: Any = None,
    *,
    reverse: bool = False,
) -> list[Any]:
    """Apply a step along time, to several parts of the batch side by side.

    Args:
        step: maps a part's number, the time and the part's carry to its next carry.
        carries: of each part, before the first step: tensors and arrays over time.
        steps: their number, if it is known while the graph is made.
        count: the same, or a tensor.
        needed: the steps to compute, int32 `[]`, or None for all; nothing is written at others.
        reverse: go from the last step to the first.

    Returns:
        The parts' carries after the last step.
    """
    a_turn = max(n for n in range(1, _STEPS_A_TURN + 1) if (steps or 1) % n == 0)

    def turn(index: Any, carries: Any) -> Any:
        after = []
        for part, carry in enumerate(carries):
            for within in range(a_turn):
                time = count - 1 - index - within if reverse else index + within
                carry = step(part, time, carry)
            after.append(carry)
        return index + a_turn, after

    turns = None if steps is None else steps // a_turn
    if needed is not None:
        # Whole turns: `count` is a multiple of them too. A bound that XLA knew would be run to.
        count, turns = tf.minimum(-(-needed // a_turn) * a_turn, count), None
    return tf.while_loop(
        lambda index, _: index < count,
        turn,
        (tf.constant(0), list(carries)),
        maximum_iterations=turns,
    )[1]
