"""A table as it was read: columns of equal length, in blocks of rows."""

from __future__ import annotations

import difflib
import mmap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from datasets.errors import DataError

SHOWN_NAMES = 12


@dataclass(eq=False)
class Column:
    """One column.

    Attributes:
        kind: "number", "boolean" (numbers 0 and 1), "words", or "nested" (lists, which have no
            values here).
        blocks: one array of each block of rows: float32 with NaN for a missing value, float64 where
            whole numbers need it, or int32 places in `words`.
        words: the different words, in the order in which they were met; "" is a missing one.
    """

    kind: str
    blocks: list[np.ndarray] = field(default_factory=list)
    words: Sequence[str] = ()

    def values(self) -> np.ndarray:
        """Return the whole column: floats, or words as objects."""
        whole = np.concatenate(self.blocks) if self.blocks else np.zeros(0, np.float32)
        return np.array(self.words, object)[whole] if self.kind == "words" else whole


class Frame:
    """Columns by name.

    Args:
        source: the file, for messages, as a shell takes it.
        columns: of equal blocks each.
        sizes: the rows of each block.
        notes: what was found out of how the file is written, one line each.
    """

    def __init__(
        self, source: str, columns: dict[str, Column], sizes: Sequence[int], notes: Sequence[str]
    ) -> None:
        self.source, self.columns, self.notes = source, columns, tuple(notes)
        self._sizes = list(sizes)
        self.size = sum(sizes)

    @property
    def names(self) -> list[str]:
        """The columns' names, in their order."""
        return list(self.columns)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a column `[rows]`: float32 or float64 with NaN, or str objects with ""."""
        return self.column(name).values()

    def column(self, name: str, role: str = "column") -> Column:
        """Return a column; raise `DataError` with the nearest name if there is none."""
        if name not in self.columns:
            raise DataError(
                f"{self.source} has no {role} {name!r}{nearest(name, self.columns)} it has "
                f"{listed(self.columns)}"
            )
        return self.columns[name]

    def drained(self, names: Collection[str]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield the first row of each block and its columns `names`, and forget the block.

        A table and the array that it becomes are so not in memory together.
        """
        for name in self.columns.keys() - set(names):
            self.columns[name].blocks.clear()
        first = 0
        for size in self._sizes:
            yield first, {name: self.columns[name].blocks.pop(0) for name in names}
            first += size


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ": did you mean ...?" with the name that is most like a misspelt one, or ";"."""
    by_letters = {each.casefold(): each for each in names}
    found = difflib.get_close_matches(name.casefold(), by_letters, n=1, cutoff=0.6)
    return f": did you mean {by_letters[found[0]]!r}?" if found else ";"


def listed(names: Collection[Any], most: int = SHOWN_NAMES) -> str:
    """Return names on one line, the first of them where there are many."""
    shown = [str(name) for name in names][:most]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more


def block_matrix(columns: int, rows: int) -> np.ndarray:
    """Return a float32 matrix `[columns, rows]` whose memory is the system's again when it goes.

    What the allocator of C takes back it may keep, and with it the memory of a whole table.
    """
    nbytes = max(1, 4 * columns * rows)
    return np.frombuffer(mmap.mmap(-1, nbytes), np.float32, columns * rows).reshape(columns, rows)
