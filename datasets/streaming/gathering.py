"""Rows of mapped files, in a bounded amount of memory."""

import mmap

import numpy as np

from datasets.storage import aligned, mapping, release

# A row that is touched brings its neighbours' pages along, up to 64 KiB on Linux.
_ROWS_BETWEEN_RELEASES = 1024
_NEIGHBOURS_BYTES = 1 << 16


def gathered(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `array[rows]` in memory of its own; of a mapped file at most 64 MiB stay mapped.

    Args:
        array: in memory, or mapped.
        rows: `[n]` integers in 0..len(array)-1.
    """
    result = aligned((len(rows), *array.shape[1:]), array.dtype)
    file = mapping(array)
    if file is None:
        return np.take(array, rows, axis=0, out=result, mode="clip")  # "raise" would copy
    sequential = len(rows) > 0 and bool((np.diff(rows) == 1).all())
    if hasattr(mmap, "MADV_RANDOM"):
        # Read from a disk, a page that nobody asked for costs as much as one that somebody did.
        file.madvise(mmap.MADV_NORMAL if sequential else mmap.MADV_RANDOM)
    if sequential:
        result[:] = array[rows[0] : rows[-1] + 1]
    else:
        small = array.nbytes <= _ROWS_BETWEEN_RELEASES * _NEIGHBOURS_BYTES
        step = len(rows) if small else _ROWS_BETWEEN_RELEASES
        for start in range(0, len(rows), step):
            some = slice(start, start + step)
            np.take(array, rows[some], axis=0, out=result[some], mode="clip")
            release(array)
    release(array)
    return result
