"""Files and folders that are whole or as they were, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What `replaced` writes to. It ends as the file does: some writers choose the format by that.
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.tmp-\d+(?P<suffix>\.\w+)?")
# A folder replaces no other: the old one is here while the new one takes its name.
_SET_ASIDE = re.compile(r"\.(?P<name>.+)\.old-\d+")
# So earlier releases called theirs.
_EARLIER = re.compile(r"\.model\.tmp\.keras|\.tmp-feature_classifier\.keras|\.events\.out\..+\.tmp")
# A file system that cannot sync a folder says so with one of these.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Return a context in which to write what takes the place of `path`: a file or a folder.

    The context's value is a temporary path beside it. At the end what was written there is synced
    and renamed, and the rename is synced: a crash at any instant leaves the old or the new, whole.
    After an error the old one stays, and nothing temporary.
    """
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}{path.suffix}")
    aside = path.with_name(f".{path.name}.old-{os.getpid()}")
    try:
        yield temporary
        _sync(temporary)
        if temporary.is_dir() and path.exists():
            path.replace(aside)
        temporary.replace(path)
    except BaseException:
        _remove(temporary)
        if aside.exists():
            aside.replace(path)
        raise
    sync_folder(path.parent)
    _remove(aside)


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` so that a crash at any instant leaves the old content or the new."""
    with replaced(path) as temporary:
        temporary.write_bytes(content)


def remove_litter(folder: Path) -> None:
    """Remove what a killed process left unfinished in a folder, and nothing else.

    What it had set aside, and not replaced yet, takes its place again. Only for who holds the
    folder: to others it is a file that is being written.
    """
    for entry in sorted(folder.iterdir()):
        if match := _SET_ASIDE.fullmatch(entry.name):
            if not entry.with_name(match["name"]).exists():
                entry.replace(entry.with_name(match["name"]))
            else:
                _remove(entry)
            continue
        match = _TEMPORARY.fullmatch(entry.name)
        if match and match["suffix"]:
            match = match if Path(match["name"]).suffix == match["suffix"] else None
        if match or _EARLIER.fullmatch(entry.name):
            _remove(entry)


def require_writable(folder: Path) -> None:
    """Raise `OSError` if no file can be made in a folder: what permissions say is not enough."""
    probe = folder / f".writable.tmp-{os.getpid()}"
    probe.touch()
    probe.unlink()


def sync_folder(path: Path) -> None:
    """Make renames inside a folder survive a power loss, where the system allows it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return  # Windows opens no folder
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            _sync(entry)
        sync_folder(path)
        return
    with path.open("r+b") as file:  # Windows syncs only what may be written
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
