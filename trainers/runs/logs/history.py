"""The history of a run's figures: how many rows there are, their digest, and a copy of them.

A checkpoint keeps this record, so that a resumed run notices rows that were lost or changed since.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

# A default run has about 1,000 rows. Of longer histories a checkpoint keeps no copy: event files
# hold one already.
_MOST_COPIED = 10_000

SPLITS = ("train", "validation", "test")
"""Those that figures are logged of, in the order of their rows at one step."""


class Row(NamedTuple):
    """One figure, as metrics.csv has it: the epoch and the value are decimal texts."""

    step: int
    epoch: str
    split: str
    name: str
    value: str

    @classmethod
    def of(cls, step: int, epoch: float, split: str, name: str, value: float) -> Row:
        """Return a figure's row."""
        return cls(step, f"{epoch:.6g}", split, name, f"{value:.9g}")

    @classmethod
    def parsed(cls, line: str) -> Row | None:
        """Return the row that a line of metrics.csv holds, None for any other line."""
        try:
            step, epoch, split, name, value = next(csv.reader([line], strict=True))
            float(epoch), float(value)
            valid = step.isdecimal() and split in SPLITS and name.isprintable()
            return cls(int(step), epoch, split, name, value) if valid and name else None
        except (ValueError, csv.Error, StopIteration):
            return None

    @property
    def line(self) -> str:
        """The row as a line of metrics.csv, without its end."""
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(self)
        return text.getvalue()


class Recorded(NamedTuple):
    """What a checkpoint knows of the history so far; `lines` is None for a long one."""

    rows: int
    sha256: str
    lines: list[str] | None

    @classmethod
    def of(cls, saved: dict[str, Any] | None) -> Recorded | None:
        """Return what `to_dict` gave; None for a checkpoint of a release without it."""
        return None if saved is None else cls(saved["rows"], saved["sha256"], saved["lines"])

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return self._asdict()


class History:
    """The rows of a run, in the order in which they were logged."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows, self._digest = 0, hashlib.sha256()
        self._lines: list[str] | None = []
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        """Add one row."""
        self._rows += 1
        self._digest.update(f"{row.line}\n".encode())
        if self._lines is not None:
            self._lines.append(row.line)
            if self._rows > _MOST_COPIED:
                self._lines = None

    def recorded(self) -> Recorded:
        """Return what a checkpoint keeps of it."""
        lines = None if self._lines is None else list(self._lines)
        return Recorded(self._rows, self._digest.hexdigest(), lines)
