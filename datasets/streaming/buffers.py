"""Memory that is used again: the system would clear new memory page by page, which costs a copy."""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from datasets.storage import ALIGNMENT, aligned

_LEAST_BYTES = 1 << 20
_MOST_FREE = 3  # as many as a chunk has arrays


class Buffers:
    """Lends arrays; when the last view or tensor over one is gone, its memory is lent again."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def lend(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Return an array of undefined content that begins at a multiple of `ALIGNMENT`."""
        nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        if nbytes < _LEAST_BYTES:
            return aligned(shape, dtype)
        space = self._take(nbytes)
        # Views of an array refer to the array that owns the memory, but not through a memoryview:
        # all views of `lent` keep `lent` alive, and none of them `space`.
        lent = np.frombuffer(space.data, np.uint8)
        weakref.finalize(lent, self._give_back, space).atexit = False
        return lent[:nbytes].view(dtype).reshape(tuple(shape))

    def _take(self, nbytes: int) -> np.ndarray:
        for number, space in enumerate(self._free):
            if nbytes <= space.nbytes < 2 * nbytes:
                return self._free.pop(number)
        # What is too small or too large now would only add to what is in memory.
        self._free.clear()
        return aligned((-(-nbytes // ALIGNMENT) * ALIGNMENT,), np.uint8)

    def _give_back(self, space: np.ndarray) -> None:
        if len(self._free) < _MOST_FREE:
            self._free.append(space)
