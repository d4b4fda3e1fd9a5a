"""Where a dataset's arrays live: memory when they are small, temporary files when not."""

import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from datasets.errors import DataError, one_line

GIB = 1 << 30

ALIGNMENT = 64
"""Bytes: where an array begins at a multiple of them, TensorFlow can read it in its place."""

# Mapping -> descriptor of its file, to read rows without touching the mapping, and the bytes that
# the arrays that came with it may take in memory.
_FILES: weakref.WeakKeyDictionary[mmap.mmap, tuple[int, int]] = weakref.WeakKeyDictionary()
# Linux tells there what a process may use; other systems have no such folders.
_PROCESSES, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")


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
        self._budget = 0 if self.resident else int(max_resident_gib * GIB)
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
                return aligned(shape, dtype)
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
            array = np.memmap(file, dtype=dtype, mode="w+", shape=tuple(shape))
            mapping: Any = array.base
            descriptor = os.dup(file.fileno())
            _FILES[mapping] = descriptor, self._budget
        weakref.finalize(mapping, os.close, descriptor)
        return array

    def _disk_error(self, nbytes: int, reason: str) -> DataError:
        return DataError(
            f"dataset {self._name!r} needs {_gib(nbytes)} for temporary files under "
            f"{tempfile.gettempdir()}, {reason}; free space, point TMPDIR to a larger disk, or "
            "raise max_resident_gib"
        )


def aligned(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Return an array in memory, of undefined content, that begins at a multiple of `ALIGNMENT`."""
    nbytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    space = np.empty(nbytes + ALIGNMENT, np.uint8)
    first = -space.ctypes.data % ALIGNMENT
    return space[first : first + nbytes].view(dtype).reshape(tuple(shape))


def release(array: np.ndarray) -> None:
    """Take a mapped array's pages out of this process; what they hold stays in the file."""
    if not isinstance(array, np.memmap) or array.mode == "c":  # written pages of "c" are in no file
        return
    mapping = _mapping(array)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def file_of(array: np.ndarray) -> tuple[int, int] | None:
    """Return the descriptor of the file under a whole array of `Storage`, and its first byte there.

    None of an array in memory, or over another file.
    """
    found = _of_storage(array)
    if found is None or not array.flags.c_contiguous:
        return None
    return _FILES[found][0], array.ctypes.data - np.frombuffer(found, np.uint8).ctypes.data


def budget_bytes(array: np.ndarray) -> int:
    """Return how much memory may be taken by what came with a mapped array; 0 of any other one."""
    found = _of_storage(array)
    return 0 if found is None else _FILES[found][1]


def _of_storage(array: np.ndarray) -> mmap.mmap | None:
    found = _mapping(array) if isinstance(array, np.memmap) else None
    return found if found in _FILES else None


def _mapping(array: np.memmap) -> mmap.mmap | None:
    """Return what an array is mapped by; None of a copy, which keeps the class and is in memory."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


def require_memory(
    name: str, nbytes: int, what: str = "its text is read", choose: str = "a shorter text"
) -> None:
    """Raise `DataError` if what is in memory only while it is cut up has no room there."""
    available = available_memory_bytes()
    if available is not None and nbytes > available:
        raise DataError(
            f"dataset {name!r} takes {_gib(nbytes)} of memory while {what}, "
            f"{_gib(available)} are available; free memory or choose {choose}"
        )


def available_memory_bytes() -> int | None:
    """Return how much this process may still allocate, in bytes, or None where nobody says.

    The least of the kernel's estimate, the control group's limit, and the address-space limit.
    """
    estimates = [_kernel_estimate(), *_control_group_estimates(), _address_space_estimate()]
    return min((estimate for estimate in estimates if estimate is not None), default=None)


def _kernel_estimate() -> int | None:
    try:
        for line in (_PROCESSES / "meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _control_group_estimates() -> Iterator[int]:
    """Yield what each control group of this process leaves: a batch system's, a container's.

    The limit that counts may be that of any group above this process's own. Both versions of
    control groups are read; inside a container the groups have no path to be found by, so that the
    root of what is mounted counts too.
    """
    try:
        lines = (_PROCESSES / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, own = line.split(":", 2)
        if not controllers:
            base, names = _GROUPS, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            base, names = _GROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        group = PurePosixPath(own.lstrip("/"))
        for folder in (group, *group.parents):
            try:
                limit, used = (
                    int((base / folder / name).read_text(encoding="utf-8")) for name in names
                )
            except (OSError, ValueError):
                continue  # not there, or its limit is "max"
            yield max(0, limit - used)


def _address_space_estimate() -> int | None:
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        used = (
            int((_PROCESSES / "self" / "statm").read_text(encoding="utf-8").split()[0])
            * resource.getpagesize()
        )
        return max(0, limit - used)
    except (ImportError, OSError):
        return None


def _gib(nbytes: int) -> str:
    return f"{nbytes / GIB:.2f} GiB"
