"""Rows of mapped files, in memory that does not grow with the files."""

import os

import numpy as np

from datasets.storage import aligned, file_of, release


def gathered(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `array[rows]` in memory of its own.

    Of a file rows are read, not touched in its mapping: of that, each would bring sixteen pages
    into this process, and soon all of them.

    Args:
        array: in memory, or mapped.
        rows: `[n]` integers in 0..len(array)-1.
    """
    result = aligned((len(rows), *array.shape[1:]), array.dtype)
    file = file_of(array) if hasattr(os, "preadv") else None
    if len(rows) > 1 and bool((np.diff(rows) == 1).all()):
        result[:] = array[rows[0] : rows[-1] + 1]
        release(array)
    elif file is None or not array.nbytes:
        np.take(array, rows, axis=0, out=result, mode="clip")  # "raise" would copy
        release(array)
    else:
        _read(*file, rows, result)
    return result


def _read(descriptor: int, first: int, rows: np.ndarray, result: np.ndarray) -> None:
    size = result.nbytes // len(rows)
    into, place, read = result.data.cast("B"), 0, os.preadv
    for offset in (first + rows.astype(np.int64) * size).tolist():
        if read(descriptor, (into[place : place + size],), offset) != size:
            raise OSError(f"a temporary file ends before its byte {offset + size:,}")
        place += size
