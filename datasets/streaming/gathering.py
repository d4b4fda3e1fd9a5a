"""Rows of mapped files, in memory that does not grow with the files."""

import itertools
import os

import numpy as np

from datasets.storage import aligned, file_of, release

# Arrays of which all pages may be in this process: small ones, and what has a number an example.
_MAPPED_BYTES, _MAPPED_ROW_BYTES = 1 << 24, 16


def gathered(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `array[rows]` in memory of its own.

    Of a large file rows are read, not touched in its mapping: of that, each would bring up to 2 MiB
    of pages into this process, and soon all of them.

    Args:
        array: in memory, or mapped.
        rows: `[n]` integers in 0..len(array)-1, of which n is 1 or more.
    """
    result = aligned((len(rows), *array.shape[1:]), array.dtype)
    size = result.nbytes // len(rows)
    file = file_of(array) if hasattr(os, "preadv") else None
    if (np.diff(rows) == 1).all():
        result[:] = array[rows[0] : rows[-1] + 1]
        release(array)
    elif file is None or array.nbytes <= _MAPPED_BYTES or size <= _MAPPED_ROW_BYTES:
        np.take(array, rows, axis=0, out=result, mode="clip")  # "raise" would copy
    else:
        descriptor, first = file
        places = [(row,) for row in result.reshape(len(rows), -1)]
        offsets = (first + rows.astype(np.int64) * size).tolist()
        # In C, from here to the sum: Python between two reads would take as long as they do.
        read = map(os.preadv, itertools.repeat(descriptor), places, offsets)  # type: ignore[arg-type]
        if sum(read) != result.nbytes:
            raise OSError("a temporary file is shorter than its array")
    return result
