"""Rows of mapped files, in memory that does not grow with the files."""

import itertools
import os

import numpy as np

from datasets.storage import aligned, file_of, release

# Arrays of which all pages may be in this process: small ones, and what has a number an example.
_MAPPED_BYTES, _MAPPED_ROW_BYTES = 1 << 24, 16
# Of a large file, this much of its mapping is touched at once.
_BLOCK_BYTES = 1 << 22
# Where a file's rows lie further apart than so many rows, reading each costs less than mapping what
# lies between them: 2.9 us a row, against 0.9 where every second row is wanted and 2.1 of every 20.
_SPARSE = 32


def gathered(array: np.ndarray, rows: np.ndarray, result: np.ndarray | None = None) -> np.ndarray:
    """Return `array[rows]` in memory of its own.

    Of a large file, rows in ascending order are copied block by block, and every block leaves
    memory before the next; others are read one by one. To touch these in the file's mapping would
    bring up to 2 MiB of pages into this process for each, and soon all of them.

    Args:
        array: in memory, or mapped.
        rows: `[n]` integers in 0..len(array)-1, of which n is 1 or more; ascending ones are found
            faster.
        result: C-contiguous `[n, ...]` of the same type, to be filled; None for a new array.
    """
    if result is None:
        result = aligned((len(rows), *array.shape[1:]), array.dtype)
    size = result.nbytes // len(rows)
    mapped = isinstance(array, np.memmap) and size > _MAPPED_ROW_BYTES
    if mapped and _ascending(rows) and int(rows[-1]) - int(rows[0]) < _SPARSE * len(rows):
        _copy_blocks(array, rows, result)
    elif not (mapped and array.nbytes > _MAPPED_BYTES and _read_each(array, rows, result)):
        np.take(array, rows, axis=0, out=result, mode="clip")  # "raise" would copy
    return result


def _ascending(rows: np.ndarray) -> bool:
    return bool((rows[1:] > rows[:-1]).all())


def _copy_blocks(array: np.ndarray, rows: np.ndarray, result: np.ndarray) -> None:
    block_rows = max(1, _BLOCK_BYTES * len(rows) // result.nbytes)
    done = 0
    while done < len(rows):
        end = int(np.searchsorted(rows, int(rows[done]) + block_rows))
        np.take(array, rows[done:end], axis=0, out=result[done:end], mode="clip")
        release(array)
        done = end


def _read_each(array: np.ndarray, rows: np.ndarray, result: np.ndarray) -> bool:
    """Read rows one by one, and return whether the system has a way to."""
    file = file_of(array) if hasattr(os, "preadv") else None
    if file is None:
        return False
    descriptor, first = file
    places = [(row,) for row in result.reshape(len(rows), -1)]
    offsets = (first + rows.astype(np.int64) * (result.nbytes // len(rows))).tolist()
    # In C, from here to the sum: Python between two reads would take as long as they do.
    read = map(os.preadv, itertools.repeat(descriptor), places, offsets)  # type: ignore[arg-type]
    if sum(read) != result.nbytes:
        raise OSError("a temporary file is shorter than its array")
    return True
