"""Where a dataset's arrays live: memory when they are small, temporary files when not."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, one_line

GIB = 1 << 30


class Storage:
    """Allocates a dataset's arrays, all resident or all memory-mapped files.

    The files lie in the system's temporary folder (`TMPDIR` chooses it) without a name: the
    system frees them when the last array over them is gone, even after a kill.

    Args:
        name: the dataset's, for messages.
        nbytes: total size of the arrays to come.
        max_resident_gib: the largest total, in GiB of 2^30 bytes, that may stay in memory.

    Raises:
        DataError: memory or disk is too small for `nbytes`; nothing has been allocated yet.
    """

    def __init__(self, name: str, nbytes: int, max_resident_gib: float):
        self.resident = nbytes <= max_resident_gib * GIB
        self._name = name
        if self.resident:
            available = available_memory_bytes()
            if available is not None and nbytes > available:
                raise DataError(
                    f"dataset {name!r} takes {_gib(nbytes)} of memory, {_gib(available)} are "
                    f"available; free memory, or set max_resident_gib (now {max_resident_gib:g}) "
                    "below its size to stream it from temporary files"
                )
        else:
            free = shutil.disk_usage(tempfile.gettempdir()).free
            if nbytes > free:
                raise self._disk_error(nbytes, f"{_gib(free)} are free")

    def allocate(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Return an array of undefined content, plain or `np.memmap`."""
        if self.resident:
            try:
                return np.empty(tuple(shape), dtype)
            except MemoryError as error:
                raise DataError(
                    f"dataset {self._name!r}: {one_line(error)}; lower max_resident_gib to stream "
                    "it from temporary files"
                ) from error
        nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        with tempfile.TemporaryFile(prefix="keras-zoo-") as file:
            try:
                # Writing to a mapped hole on a full disk kills the process: claim the space now.
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, nbytes)
            except OSError as error:
                raise self._disk_error(nbytes, one_line(error)) from error
            return np.memmap(file, dtype=dtype, mode="w+", shape=tuple(shape))

    def _disk_error(self, nbytes: int, reason: str) -> DataError:
        return DataError(
            f"dataset {self._name!r} needs {_gib(nbytes)} for temporary files under "
            f"{tempfile.gettempdir()}, {reason}; free space, point TMPDIR to a larger disk, or "
            "raise max_resident_gib"
        )


def require_memory(name: str, nbytes: int) -> None:
    """Raise `DataError` if a dataset's text, in memory while it is cut up, has no room there."""
    available = available_memory_bytes()
    if available is not None and nbytes > available:
        raise DataError(
            f"dataset {name!r} takes {_gib(nbytes)} of memory while its text is read, "
            f"{_gib(available)} are available; free memory or choose a shorter text"
        )


def available_memory_bytes() -> int | None:
    """Return how much this process may still allocate, in bytes, or None where nobody says.

    The least of the kernel's estimate, the control group's limit, and the address-space limit.
    """
    estimates = [_kernel_estimate(), _control_group_estimate(), _address_space_estimate()]
    return min((estimate for estimate in estimates if estimate is not None), default=None)


def _kernel_estimate() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _control_group_estimate() -> int | None:
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        return max(0, limit - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        return None  # no control group, or its limit is "max"


def _address_space_estimate() -> int | None:
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        return max(0, limit - used)
    except (ImportError, OSError):
        return None


def _gib(nbytes: int) -> str:
    return f"{nbytes / GIB:.2f} GiB"
