"""Decoded pictures kept between runs, found again by what the files hold."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from datasets.errors import named, one_line

VARIABLE = "KERAS_ZOO_CACHE"
"""Names the folder of the cache; "off" for none."""

RULE = 1
"""Version of how files become arrays: another one finds nothing that this one kept."""

KEPT_DAYS = 30
"""What nobody has read for longer is deleted when something new is kept."""

_ARRAY, _ENTRY, _WRITING = "pictures.npy", "entry.json", ".writing-"
_BLOCK_BYTES = 1 << 24


def cache_folder() -> Path | None:
    """Return where decoded pictures are kept: `$KERAS_ZOO_CACHE`, else the system's usual place."""
    chosen = os.environ.get(VARIABLE)
    if chosen and chosen.lower() != "off":
        return Path(chosen).expanduser() / "pictures"
    if chosen is not None:
        return None
    import platformdirs

    return platformdirs.user_cache_path("keras-fundamentals-zoo", appauthor=False) / "pictures"


class Cache:
    """The entry of one listing of files and one way of reading them.

    An entry is a folder with an array, and the SHA-256 of the array and of the files that it was
    made of. It is written beside its place and renamed, so that it is there whole or not at all,
    whoever else writes it; and it is believed only after both sums are found right.

    Args:
        request: what is read and how, as JSON has it; names the entry.
    """

    def __init__(self, request: object) -> None:
        text = json.dumps([RULE, request], sort_keys=True)
        self._folder = cache_folder()
        self._name = hashlib.sha256(text.encode()).hexdigest()[:32]
        self.notes: list[str] = []

    @property
    def _entry(self) -> Path | None:
        return None if self._folder is None else self._folder / self._name

    def exists(self) -> bool:
        """Tell whether there is an entry, right or wrong."""
        return self._entry is not None and (self._entry / _ENTRY).is_file()

    def find(self, content: str) -> np.ndarray | None:
        """Return the array `[n, height, width, channels]` that was made of files of this content.

        Mapped, not read. None where there is none; an entry that is damaged is noted.
        """
        if self._entry is None:
            return None
        try:
            entry = json.loads((self._entry / _ENTRY).read_text(encoding="utf-8"))
            if entry["content"] != content:
                return None
            if entry["array"] != _sha256(self._entry / _ARRAY):
                raise ValueError("its checksum is wrong")
            array = np.load(self._entry / _ARRAY, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.notes.append(
                f"cached pictures in {named(self._entry)} are damaged ({one_line(error, 80)}), so "
                "the files are read anew"
            )
            return None
        with contextlib.suppress(OSError):
            os.utime(self._entry / _ENTRY)
        return array

    @contextlib.contextmanager
    def writing(self, shape: tuple[int, ...], dtype: np.dtype) -> Iterator[Writer]:
        """Yield what keeps an array block by block; where nothing can be kept, it says so once."""
        writer = Writer()
        try:
            if self._folder is not None:
                writer.open(self._folder, shape, dtype)
            yield writer
            if self._entry is not None:
                writer.publish(self._entry)
        finally:
            writer.discard()
            if writer.failure:
                self.notes.append(
                    f"decoded pictures are not kept for the next run ({writer.failure}); free "
                    f"space there, or set {VARIABLE} to another folder, or to off"
                )


class Writer:
    """One array on its way into the cache; the first failure ends it, and nothing else."""

    def __init__(self) -> None:
        self.failure = ""
        self._folder: Path | None = None
        self._file: IO[bytes] | None = None
        self._digest, self._content = hashlib.sha256(), hashlib.sha256()

    def open(self, parent: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Begin a file beside the entries."""
        with self._failing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            _forget_old(parent)
            self._folder = Path(tempfile.mkdtemp(prefix=_WRITING, dir=parent))
            self._file = open(self._folder / _ARRAY, "w+b")  # noqa: SIM115 (closed by `discard`)
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(self._file, header)
            self._file.seek(0)
            self._digest.update(self._file.read())

    def add(self, block: np.ndarray, digests: list[bytes]) -> None:
        """Append rows of the array, and the SHA-256 of the content that each was made of."""
        if self._file is None:
            return
        with self._failing(self._folder):
            data = np.ascontiguousarray(block).data.cast("B")
            self._file.write(data)
            self._digest.update(data)
            self._content.update(b"".join(digests))

    def publish(self, place: Path) -> None:
        """Put the whole array into its place, where another process may have put the same."""
        if self._file is None or self._folder is None:
            return
        with self._failing(self._folder):
            self._file.close()
            entry = {"array": self._digest.hexdigest(), "content": self._content.hexdigest()}
            (self._folder / _ENTRY).write_text(json.dumps(entry) + "\n", encoding="utf-8")
            if place.exists():  # of other content, or damaged
                aside = Path(tempfile.mkdtemp(prefix=_WRITING, dir=place.parent))
                with contextlib.suppress(OSError):
                    place.rename(aside / "old")
                shutil.rmtree(aside, ignore_errors=True)
            with contextlib.suppress(FileExistsError):
                try:
                    self._folder.rename(place)
                except OSError as error:
                    if (place / _ENTRY).is_file():  # another process was first
                        raise FileExistsError from error
                    raise

    def discard(self) -> None:
        """Leave nothing behind but what was published."""
        if self._file is not None:
            self._file.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._file = self._folder = None

    @contextlib.contextmanager
    def _failing(self, folder: Path | None) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = one_line(error, 100)
            self.failure = (
                reason if folder is None or str(folder) in reason else f"{folder}: {reason}"
            )
            self.discard()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forget_old(parent: Path) -> None:
    """Delete entries that nobody has read for long, and what killed processes have left."""
    before = time.time() - KEPT_DAYS * 86_400
    for folder in parent.iterdir():
        with contextlib.suppress(OSError):
            marker = folder if folder.name.startswith(_WRITING) else folder / _ENTRY
            if marker.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
