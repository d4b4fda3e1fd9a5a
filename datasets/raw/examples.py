"""Raw inputs of a model in their order: what they are called, and any rows of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class RawExamples:
    """Examples that a model has not seen.

    Args:
        names: what each is called: a file, or the number of its row, from 0 on.
        take: from row numbers to these examples as a deployable model takes them: an array or a
            dictionary of arrays whose first axis is the example, or a list of pictures, whose sizes
            may differ.
        notes: what the user should know of how they were read, one line each.
        column: what the names are, as in "file" or "row".
    """

    names: list[str]
    take: Callable[[np.ndarray], Any]
    notes: tuple[str, ...] = ()
    column: str = "input"

    @property
    def size(self) -> int:
        """The number of examples."""
        return len(self.names)

    def batches(self, batch_size: int) -> Iterator[Any]:
        """Yield all examples in their order, `batch_size` at a time.

        Raises:
            DataError: one of them cannot be read.
        """
        for first in range(0, self.size, batch_size):
            yield self.take(np.arange(first, min(first + batch_size, self.size)))


def joined(parts: list[RawExamples], join: Callable[[list[Any]], Any]) -> RawExamples:
    """Return the examples of several files one behind the other.

    Args:
        parts: one for each file.
        join: from what each of some parts gave to one batch.
    """
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([part.size for part in parts])

    def take(rows: np.ndarray) -> Any:
        homes = np.searchsorted(ends, rows, side="right")
        found = [
            parts[home].take(rows[homes == home] - (ends[home] - parts[home].size))
            for home in np.unique(homes)
        ]
        return found[0] if len(found) == 1 else join(found)

    names = [name for part in parts for name in part.names]
    notes = tuple(note for part in parts for note in part.notes)
    return RawExamples(names, take, notes, parts[0].column)
