"""The chunks of an epoch, read ahead by a thread."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from datasets.dataset import Split
from datasets.errors import DataError
from datasets.streaming.gathering import gathered
from datasets.streaming.tensors import as_tensor

CHUNK_BYTES = 8 << 20
"""What chunks should have: enough to keep a compiled loop busy, little enough for many."""

_AHEAD = 2


def chunks(
    split: Split, order: np.ndarray, examples_per_chunk: int
) -> Iterator[tuple[Any, Any, Any]]:
    """Return a split's examples in the given order, in tensors that each hold many batches.

    A thread begins at once to gather rows, and goes on while the previous chunk is in use; at most
    four chunks are in memory at once.

    Args:
        split: resident or streamed.
        order: `[n]` integers in 0..split.size-1, as from `epoch_order`.
        examples_per_chunk: 1 or more; the last chunk holds what is left.

    Returns:
        An iterator of inputs `[c, ...]`, targets `[c, ...]` and weights `[c, ...]`, where c is
        `examples_per_chunk` or, in the last chunk, less.
    """
    if examples_per_chunk < 1:
        raise DataError(f"examples_per_chunk is {examples_per_chunk}, allowed is 1 or more")
    order = np.asarray(order)
    if order.ndim != 1 or not order.size or order.min() < 0 or order.max() >= split.size:
        raise DataError(
            f"order of shape {order.shape}: expected one axis of numbers in 0..{split.size - 1}"
        )
    arrays = (split.inputs, split.targets, split.weights)
    starts = iter(range(0, len(order), examples_per_chunk))
    pool = ThreadPoolExecutor(1)
    waiting: deque[Future[list[np.ndarray]]] = deque()

    def read_on() -> None:
        start = next(starts, None)
        if start is not None:
            rows = order[start : start + examples_per_chunk]
            waiting.append(pool.submit(lambda: [gathered(array, rows) for array in arrays]))

    for _ in range(_AHEAD):
        read_on()

    def drained() -> Iterator[tuple[Any, Any, Any]]:
        try:
            while waiting:
                chunk = waiting.popleft().result()
                read_on()
                yield tuple(map(as_tensor, chunk))
        finally:
            pool.shutdown(cancel_futures=True)

    return drained()
