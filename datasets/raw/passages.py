"""A text of the user's own, as a finished model of another text reads it."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datasets.dataset import Split
from datasets.errors import DataError, named
from datasets.storage import Storage
from datasets.text.text_files import read_text_files
from datasets.text.windows import (
    CODE_POINTS,
    REPLACEMENT,
    Passage,
    window_count,
    window_split,
)

_SHOWN = 5


def whole_text(
    path: str | os.PathLike[str],
    symbols: Sequence[str],
    window_steps: int,
    *,
    pattern: str | None = None,
    encoding: str | None = None,
    max_resident_gib: float = 2.0,
) -> Split:
    """Return a file's or folder's whole text in windows, its characters by a model's numbers.

    Args:
        path: the file or folder, read as `datasets.load` reads "text".
        symbols: the model's, in the order of their numbers.
        window_steps: predictions in one window.
        pattern: which of a folder's files.
        encoding: of files that are not UTF-8.
        max_resident_gib: a larger split is mapped temporary files.

    Raises:
        DataError: it is no text, or has a character that the model does not know, where it has no
            symbol for such.
    """
    text = read_text_files("text", path, 0.1, pattern, encoding)["train"].text
    passage = Passage(text, 0, len(text))
    other = symbols.index(REPLACEMENT) if REPLACEMENT in symbols else -1
    numbers = np.full(CODE_POINTS, other, np.int32)
    numbers[[ord(symbol) for symbol in symbols]] = np.arange(len(symbols))
    strange = [
        chr(point) for block in passage.blocks() for point in np.unique(block) if numbers[point] < 0
    ]
    if strange or len(text) < 2:
        what = (
            f"has {', '.join(map(repr, dict.fromkeys(strange[:_SHOWN])))}, which the model has not "
            "seen"
            if strange
            else "has fewer than two characters"
        )
        raise DataError(f"{named(Path(path))} {what}; choose another text")
    count = window_count(len(passage), window_steps)
    storage = Storage("text", 12 * window_steps * count, max_resident_gib)
    return window_split(passage, numbers, (count, window_steps), storage)
