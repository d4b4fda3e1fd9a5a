"""Entries of the cache: each is written whole or not at all, and forgotten in time."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets.errors import DataError, one_line

VARIABLE = "KERAS_ZOO_CACHE"
"""Names the folder of the cache; "off" for none."""

KEPT_DAYS = 30
"""What nobody has read for longer is deleted when something new is kept."""

KEPT_SHARE = 0.1
"""Of a disk, the most that all entries together take, the newest one aside."""

KINDS = ("pictures", "loaded")
TOLD = "entry.json"
WRITING = ".writing-"
_WRITING_DAYS = 1
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)


def cache_folder(kind: str) -> Path | None:
    """Return where entries of a kind are: `$KERAS_ZOO_CACHE`, else the system's usual place.

    Raises:
        DataError: the variable is a URL, or names the home of a user who is not there.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen and chosen.lower() != "off":
        if "://" in chosen:
            raise DataError(
                f"the environment's {VARIABLE} is {chosen!r}, a URL; give the path of a folder, or "
                "off"
            )
        try:
            return Path(chosen).expanduser() / kind
        except RuntimeError as error:
            raise DataError(
                f"the environment's {VARIABLE} is {chosen!r}, and there is no such home; give the "
                "path of a folder, or off"
            ) from error
    if chosen is not None:
        return None
    import platformdirs

    return platformdirs.user_cache_path("keras-fundamentals-zoo", appauthor=False) / kind


def place_of(kind: str, request: object) -> Path | None:
    """Return the folder of the entry of a request, which JSON can hold; None if nothing is kept."""
    folder = cache_folder(kind)
    text = json.dumps(request, sort_keys=True)
    return None if folder is None else folder / hashlib.sha256(text.encode()).hexdigest()[:32]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def told(place: Path) -> dict[str, Any]:
    """Return what an entry says of itself.

    Raises:
        FileNotFoundError, NotADirectoryError: there is none.
        OSError, ValueError: it cannot be read, or is damaged.
    """
    found = json.loads((place / TOLD).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def note_read(place: Path) -> None:
    """Mark an entry as read now, where that is allowed."""
    with contextlib.suppress(OSError):
        os.utime(place / TOLD)


class Writer:
    """One entry on its way into the cache; the first failure ends it, and nothing else."""

    def __init__(self) -> None:
        self.failure = ""
        self.folder: Path | None = None

    def make_room(self, parent: Path, nbytes: int, *, within_share: bool = False) -> None:
        """Make room for so many bytes, and a folder beside the entries.

        Args:
            parent: of the entries of this kind.
            nbytes: of the entry.
            within_share: make none for what alone is more than the share of all entries, so that
                no other entry is deleted for it.
        """
        with self.failing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            if within_share and nbytes > most_bytes(parent):
                return
            forget(parent.parent, nbytes)
            if shutil.disk_usage(parent).free < nbytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            folder = parent / f"{WRITING}{uuid.uuid4().hex}"
            folder.mkdir()
            self.folder = folder

    def publish(self, place: Path, content: dict[str, Any]) -> None:
        """Put the entry into its place, where another process may have put the same.

        Args:
            place: from `place_of`.
            content: what the entry says of itself.
        """
        if self.folder is None:
            return
        with self.failing(self.folder):
            (self.folder / TOLD).write_text(json.dumps(content) + "\n", encoding="utf-8")
            if place.exists():  # of other content, or damaged
                aside = place.with_name(f"{WRITING}{uuid.uuid4().hex}")
                aside.mkdir()
                with contextlib.suppress(OSError):
                    place.rename(aside / "old")
                shutil.rmtree(aside, ignore_errors=True)
            try:
                self.folder.rename(place)
            except OSError as error:
                # Another process was first, and a third may have put its entry aside since.
                if error.errno not in _OCCUPIED and not (place / TOLD).is_file():
                    raise

    def discard(self) -> None:
        """Leave nothing behind but what was published."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    @contextlib.contextmanager
    def failing(self, folder: Path | None) -> Iterator[None]:
        """Turn an error of the system into the end of this entry."""
        try:
            yield
        except OSError as error:
            reason = one_line(error, 100)
            self.failure = (
                reason if folder is None or str(folder) in reason else f"{folder}: {reason}"
            )
            self.discard()

    def note(self, what: str) -> str:
        """Return a line about the failure."""
        return (
            f"{what} are not kept for the next run ({self.failure}); free space there, or set "
            f"{VARIABLE} to another folder, or to off"
        )


def most_bytes(root: Path) -> int:
    """Return how much of the disk under the cache's folder entries may take."""
    return int(KEPT_SHARE * shutil.disk_usage(root).total)


def forget(root: Path, nbytes: int) -> None:
    """Delete entries of no more use, until as many bytes may come.

    Those that nobody has read for long, what killed processes have left, and, while all take more
    than their share of the disk, the one that was read longest ago.
    """
    now, found = time.time(), []
    for folder in (
        each for kind in KINDS if (root / kind).is_dir() for each in (root / kind).iterdir()
    ):
        with contextlib.suppress(OSError):
            writing = folder.name.startswith(WRITING)
            read = (folder if writing else folder / TOLD).stat().st_mtime
            if read < now - 86_400 * (_WRITING_DAYS if writing else KEPT_DAYS):
                shutil.rmtree(folder, ignore_errors=True)
            elif not writing:
                found.append((read, sum(each.stat().st_size for each in folder.iterdir()), folder))
    too_much = nbytes + sum(size for _, size, _ in found) - most_bytes(root)
    for _, size, folder in sorted(found):
        if too_much <= 0:
            break
        shutil.rmtree(folder, ignore_errors=True)
        too_much -= size
