"""metrics.csv: one row per logged figure."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from trainers.output.files import replace_file
from trainers.runs.logs.history import Row

HEADER = "step,epoch,split,name,value"


class Found(NamedTuple):
    """What a metrics.csv holds: its rows, how many other lines, and whether it has its header."""

    rows: list[Row]
    unreadable: int
    has_header: bool


def read(path: Path) -> Found | None:
    """Read a file row by row, whatever state it is in; None where there is none."""
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    header, *lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
    rows = [row for row in map(Row.parsed, lines) if row]
    return Found(rows, len(lines) - len(rows), header == HEADER)


class MetricsFile:
    """A metrics.csv that is written on.

    A full disk, or any other failure to write, is told once; what could not be written waits, and
    is written with the next rows that can be.

    Args:
        path: replaced by what `rows` says.
        rows: those of the run so far.
    """

    def __init__(self, path: Path, rows: Sequence[Row]) -> None:
        self._path, self._waiting, self._told = path, b"", False
        replace_file(path, "".join(f"{line}\n" for line in (HEADER, *_lines(rows))).encode())
        # Unbuffered: a buffer that could not be written would be tried again at an unknown time.
        self._file = path.open("ab", buffering=0)

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        self._waiting += "".join(f"{line}\n" for line in _lines(rows)).encode()
        size, done = os.fstat(self._file.fileno()).st_size, 0
        try:
            while done < len(self._waiting):
                done += self._file.write(self._waiting[done:])
        except OSError as error:
            if done:
                os.ftruncate(self._file.fileno(), size)  # no half row stays before the next
            self._tell(error)
        else:
            self._waiting = b""

    def close(self) -> None:
        """Write what waits, if it can be written by now, and say what could not."""
        self.write([])
        self._file.close()
        if self._waiting:
            rows = self._waiting.count(b"\n")
            print(
                f"warning: {rows} rows of {self._path} could not be written; --resume writes "
                "them from the newest checkpoint",
                file=sys.stderr,
            )

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            print(
                f"warning: {self._path} cannot be written ({error.strerror}); training goes on, "
                "and its rows are written when they can be",
                file=sys.stderr,
            )


def _lines(rows: Sequence[Row]) -> list[str]:
    return [row.line for row in rows]
