"""Decoded pictures kept between runs, found again by what the files hold."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from datasets.cache import entries
from datasets.cache.entries import note_read, place_of, sha256, told
from datasets.errors import named, one_line

RULE = 1
"""Version of how files become arrays: another one finds nothing that this one kept."""

_ARRAY = "pictures.npy"


class Cache:
    """The entry of one listing of files and one way of reading them.

    An entry is a folder with an array, and the SHA-256 of the array and of the files that it was
    made of; it is believed only after both sums are found right.

    Args:
        request: what is read and how, as JSON has it; names the entry.
    """

    def __init__(self, request: object) -> None:
        self._entry = place_of("pictures", [RULE, request])
        self.notes: list[str] = []

    def exists(self) -> bool:
        """Tell whether there is an entry, right or wrong."""
        return self._entry is not None and (self._entry / entries.TOLD).is_file()

    def find(self, content: str) -> np.ndarray | None:
        """Return the array `[n, height, width, channels]` that was made of files of this content.

        Mapped, not read. None where there is none; an entry that is damaged is noted.
        """
        if self._entry is None:
            return None
        try:
            entry = told(self._entry)
            if entry["content"] != content:
                return None
            if entry["array"] != sha256(self._entry / _ARRAY):
                raise ValueError("its checksum is wrong")
            array = np.load(self._entry / _ARRAY, mmap_mode="r", allow_pickle=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.notes.append(
                f"cached pictures in {named(self._entry)} are damaged ({one_line(error, 80)}), so "
                "the files are read anew"
            )
            return None
        note_read(self._entry)
        return array

    @contextlib.contextmanager
    def writing(self, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[Writer]:
        """Yield what keeps an array block by block; where nothing can be kept, it says so once."""
        writer = Writer()
        try:
            if self._entry is not None:
                writer.begin(self._entry.parent, shape, dtype)
            yield writer
            if self._entry is not None:
                writer.end(self._entry)
        finally:
            writer.discard()
            if writer.failure:
                self.notes.append(writer.note("decoded pictures"))


class Writer(entries.Writer):
    """One array on its way into the cache."""

    def __init__(self) -> None:
        super().__init__()
        self._file: IO[bytes] | None = None
        self._digest, self._content = hashlib.sha256(), hashlib.sha256()

    def begin(self, parent: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Begin a file beside the entries."""
        self.make_room(parent, int(np.prod(shape)) * dtype.itemsize)
        if self.folder is None:
            return
        with self.failing(self.folder):
            self._file = open(self.folder / _ARRAY, "w+b")  # noqa: SIM115 (closed by `discard`)
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(self._file, header)
            self._file.seek(0)
            self._digest.update(self._file.read())

    def add(self, block: np.ndarray, digests: list[bytes]) -> None:
        """Append rows of the array, and the SHA-256 of the content that each was made of."""
        if self._file is None:
            return
        with self.failing(self.folder):
            data = np.ascontiguousarray(block).data.cast("B")
            self._file.write(data)
            self._digest.update(data)
            self._content.update(b"".join(digests))

    def end(self, place: Path) -> None:
        """Put the whole array into its place."""
        if self._file is None:
            return
        with self.failing(self.folder):
            self._file.close()
        entry = {"array": self._digest.hexdigest(), "content": self._content.hexdigest()}
        self.publish(place, entry)

    def discard(self) -> None:
        """Leave nothing behind but what was published."""
        if self._file is not None:
            self._file.close()
        self._file = None
        super().discard()
