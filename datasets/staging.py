"""Folders that a process works in for a while: gone with it, at the latest when the next one comes.

A killed process cannot tidy up. The kernel drops its lock, though, and by that the next process
that works beside it knows the folder for abandoned.
"""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_FILE, OWNER_FILE = ".lock", ".owner"


@contextlib.contextmanager
def staging_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a new folder in `parent` that is deleted on exit; delete those of dead processes.

    Args:
        parent: an existing folder.
        prefix: of the folder's name; only folders of the same prefix are looked at.

    Raises:
        OSError: `parent` cannot be written.
    """
    remove_abandoned(parent, prefix)
    # tempfile's own random names: TFDS takes them from `random`, which equal seeds make collide.
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    lock = FileLock(folder / LOCK_FILE)
    try:
        # Where files cannot be locked nobody can tell, and no owner is named.
        with contextlib.suppress(OSError, NotImplementedError, Timeout):
            lock.acquire(timeout=0)
            # Last: who finds an owner knows that the lock has been taken.
            (folder / OWNER_FILE).write_text(socket.gethostname(), encoding="utf-8")
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(parent: Path, prefix: str) -> None:
    """Delete the staging folders of this user whose process, on this machine, is dead."""
    with contextlib.suppress(OSError):
        for folder in parent.glob(f"{prefix}*"):
            with contextlib.suppress(OSError, NotImplementedError, Timeout, ValueError):
                if _is_own(folder):
                    lock = FileLock(folder / LOCK_FILE)
                    with lock.acquire(timeout=0):
                        pass  # nobody holds it, and nobody will: each process makes its own folder
                    shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    """Tell whether this user's process on this machine made the folder and locked it."""
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        return False
    # On a shared disk another machine's lock may not be seen.
    return (folder / OWNER_FILE).read_text(encoding="utf-8") == socket.gethostname()
