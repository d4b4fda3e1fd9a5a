"""Many batches at a time, read ahead by a thread."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from datasets.dataset import Split
from datasets.errors import DataError
from datasets.storage import budget_bytes
from datasets.streaming.buffers import Buffers
from datasets.streaming.gathering import gathered
from datasets.streaming.tensors import as_tensor

CHUNK_BYTES = 8 << 20
"""What a chunk has at least: enough to keep a compiled loop busy, little enough for many."""

_MOST_CHUNK_BYTES = 256 << 20
# Of the budget, what training leaves to others: chunks of an evaluation meanwhile, one block of a
# file, and a compiled loop for each size of chunk.
_OTHERS_BYTES = 5 * CHUNK_BYTES


def chunk_bytes(split: Split, least: int = CHUNK_BYTES) -> int:
    """Return how large a chunk of a streamed split is in training, where two are in memory.

    As large as the budget allows, `max_resident_gib`: every chunk is a call of the compiled loop,
    which takes milliseconds to begin, and of a chunk's rows in the order of the file many are found
    together.

    Args:
        split: streamed.
        least: bytes, however small the budget is.
    """
    half = (budget_bytes(split.inputs) - _OTHERS_BYTES) // 2
    return max(least, min(half, _MOST_CHUNK_BYTES))


def chunks(
    split: Split, order: np.ndarray, examples_per_chunk: int
) -> Iterator[tuple[Any, Any, Any]]:
    """Return a split's examples in the given order, in tensors that each hold many batches.

    Args:
        split: resident or streamed.
        order: `[n]` integers in 0..split.size-1, as from `epoch_order`.
        examples_per_chunk: 1 or more; the last chunk holds what is left.

    Returns:
        What `read_ahead` returns of parts of the order, each of `examples_per_chunk` rows or, the
        last one, of less.
    """
    if examples_per_chunk < 1:
        raise DataError(f"examples_per_chunk is {examples_per_chunk}, allowed is 1 or more")
    order = np.asarray(order)
    if order.ndim != 1 or not order.size or order.min() < 0 or order.max() >= split.size:
        raise DataError(
            f"order of shape {order.shape}: expected one axis of numbers in 0..{split.size - 1}"
        )
    starts = range(0, len(order), examples_per_chunk)
    return read_ahead(split, (order[start : start + examples_per_chunk] for start in starts))


def read_ahead(split: Split, parts: Iterable[np.ndarray]) -> Iterator[tuple[Any, Any, Any]]:
    """Return a split's examples in tensors, of which the next are read while some are in use.

    A thread begins at once, and goes through `parts` too. Two chunks are in memory at once, where
    the caller lets go of one before it asks for the next.

    Args:
        split: resident or streamed.
        parts: of every chunk its rows, `[c]` integers in 0..split.size-1, of which c is 1 or more.

    Returns:
        An iterator of inputs `[c, ...]`, targets `[c, ...]` and weights `[c, ...]`.
    """
    arrays = (split.inputs, split.targets, split.weights)
    upcoming, pool, buffers = iter(parts), ThreadPoolExecutor(1), Buffers()

    def read() -> list[np.ndarray] | None:
        rows = next(upcoming, None)
        if rows is None:
            return None
        places = [buffers.lend((len(rows), *each.shape[1:]), each.dtype) for each in arrays]
        return [gathered(each, rows, place) for each, place in zip(arrays, places, strict=True)]

    waiting = pool.submit(read)

    def drained() -> Iterator[tuple[Any, Any, Any]]:
        nonlocal waiting
        try:
            while (chunk := waiting.result()) is not None:
                waiting = pool.submit(read)
                # Two chunks are in memory only if no name here holds what the caller has.
                yield as_tensor(chunk.pop(0)), as_tensor(chunk.pop(0)), as_tensor(chunk.pop(0))
        finally:
            pool.shutdown(cancel_futures=True)

    return drained()
