"""Whether there is memory for a model's weights, asked of each before it is allocated."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

import configs
from datasets.storage import GIB, available_memory_bytes
from zoo.errors import reason_of

# Up to such a width a hundred layers fit anywhere, and to ask takes as long as to build.
_NARROW = 1024
_REMEDY = "make it smaller by its --model options"


@contextlib.contextmanager
def room_for_weights(model: str, widest: int) -> Iterator[None]:
    """Build a model meanwhile, and stop as soon as its weights can no longer be trained here.

    That takes them once more, for their gradient; an optimizer may want more.

    Args:
        model: its name, for the message.
        widest: the largest number that it is built with; where it is small, each weight is
            allocated without being asked for its size first.

    Raises:
        ConfigError: they take more memory than is available, or than could be allocated.
    """
    available = available_memory_bytes() if widest > _NARROW else None
    count = nbytes = 0

    def counting(create: Callable[..., Any], **about: Any) -> Any:
        nonlocal count, nbytes
        if available is None:
            return create(**about)
        shape, dtype = _form(about["initial_value"], about.get("dtype"))
        count += math.prod(shape)
        nbytes += math.prod(shape) * dtype.size
        if 2 * nbytes > available:
            raise configs.ConfigError(
                f"model {model!r} is too large: {count:,} parameters or more, with their gradient "
                f"{2 * nbytes / GIB:.2f} GiB, of {available / GIB:.2f} GiB that are available; "
                f"{_REMEDY}"
            )
        return create(**about)

    try:
        with tf.variable_creator_scope(counting):
            yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        reason = reason_of(error, 200)
        raise configs.ConfigError(
            f"model {model!r} is too large for this device's memory; {_REMEDY} ({reason})"
        ) from error


def _form(initial: Any, dtype: Any) -> tuple[list[int], tf.DType]:
    """Return a variable's shape and type; of values to be computed only the graph is made."""
    if callable(initial):
        initial = tf.function(initial, autograph=False).get_concrete_function().outputs[0]
    return [int(size) for size in initial.shape], tf.as_dtype(dtype or initial.dtype)
