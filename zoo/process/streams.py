"""Standard streams that cannot end a command: what they do not take is replaced or dropped.

A shell, a scheduler or a service manager may close them, point them at a full disk, at a pipe whose
reader goes away or does not wait, or name an encoding without the characters that are printed.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import time
from typing import Any

_NUMBERS = {"stdin": 0, "stdout": 1, "stderr": 2}
# Who reads a stream without waiting for it is given so long to make room.
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.01
_REPLACED = "keras-zoo-replaced"


class _Outlet(io.RawIOBase):
    """A raw stream that takes everything, and drops what the stream below does not take."""

    def __init__(self, below: io.RawIOBase, owner: io.TextIOWrapper) -> None:
        self._below = below
        self._owner = owner  # which closes `below` when nobody holds it
        self._patience = _PATIENCE_SECONDS
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._below.fileno()

    def isatty(self) -> bool:
        return self._below.isatty()

    def write(self, data: Any, /) -> int:
        """Write bytes or drop them; the first failure is kept for the command's end."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            self._write(left)
        except OSError as error:
            self.failure = self.failure or error
        return size

    def _write(self, left: memoryview) -> None:
        until = time.monotonic() + self._patience
        while left:
            written = self._below.write(left)
            if written:
                left = left[written:]
                self._patience = _PATIENCE_SECONDS
                until = time.monotonic() + self._patience
            elif time.monotonic() < until:
                time.sleep(_POLL_SECONDS)
            else:
                self._patience = 0.0  # nobody reads: the next words are not waited with either
                raise BlockingIOError(errno.EAGAIN, "nobody reads")


def settle() -> None:
    """Make this process's standard streams such that nothing written to them fails."""
    codecs.register_error(_REPLACED, _replace)
    for name, number in _NUMBERS.items():
        _open_missing(name, number)
    for name in ("stdout", "stderr"):
        _make_safe(name)


def lost() -> OSError | None:
    """Return why standard output did not take what was printed, or None.

    That its reader has gone away (`... | head`, a closed terminal) is no failure.
    """
    sys.stdout.flush()
    outlet = _raw(sys.stdout)
    failure = outlet.failure if isinstance(outlet, _Outlet) else None
    return None if failure and failure.errno in (errno.EPIPE, errno.EIO) else failure


def write_line(text: str) -> None:
    """Write a line to standard error from any thread, past what the main one has buffered there.

    What the stream does not take is dropped.
    """
    raw = _raw(sys.stderr)
    if raw is not None:
        # Closed, or of a process that has not settled its streams.
        with contextlib.suppress(OSError, ValueError):
            raw.write(f"{text}\n".encode())


def _open_missing(name: str, number: int) -> None:
    """Let a closed stream lead nowhere: the next file opened would get its number."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        os.set_inheritable(number, True)
    if getattr(sys, name) is None:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _make_safe(name: str) -> None:
    stream = getattr(sys, name)
    below = _raw(stream)
    if below is None or isinstance(below, _Outlet) or not isinstance(stream, io.TextIOWrapper):
        return
    stream.flush()
    outlet = _Outlet(below, stream)
    # PYTHONUNBUFFERED leaves out the buffer.
    buffered = isinstance(stream.buffer, io.BufferedWriter)
    target: Any = io.BufferedWriter(outlet) if buffered else outlet
    safe = io.TextIOWrapper(
        target,
        encoding=stream.encoding,
        errors=_REPLACED if name == "stdout" else "backslashreplace",
        line_buffering=stream.line_buffering or name == "stderr",
        write_through=stream.write_through,
    )
    setattr(sys, name, safe)


def _raw(stream: object) -> io.RawIOBase | None:
    """Return the raw stream below a text stream of this process, or None for another's."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    return raw if isinstance(raw, io.RawIOBase) else None


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode what an encoding lacks: bytes of a file's name as they were, all else as "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    if error.encoding == "utf-8" and all("\udc80" <= character <= "\udcff" for character in part):
        return part.encode("utf-8", "surrogateescape"), error.end
    return "?" * len(part), error.end
