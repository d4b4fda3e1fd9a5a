"""From a text to arrays: windows that continue one another, to predict every next character."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.dataset import Split, row_blocks
from datasets.errors import ShortTextError
from datasets.storage import Storage

EVALUATION_STREAMS = 8
"""Validation and test hold a multiple of so many windows: long ones are read as such streams."""

REPLACEMENT = "\ufffd"
"""Stands for the characters that the training split does not hold."""

BLOCK_BYTES = 1 << 22
BLOCK_CHARACTERS = 1 << 20
CODE_POINTS = 0x110000


@dataclass(frozen=True)
class Passage:
    """The characters `start` to `stop` (exclusive) of a text, read without a copy of them all."""

    text: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def code_points(self, start: int, stop: int) -> np.ndarray:
        """Return the passage's Unicode code points `[stop - start]`, or fewer at its end."""
        first = self.start + start
        part = self.text[first : min(self.start + stop, self.stop)]
        return np.frombuffer(part.encode("utf-32-le"), np.dtype("<u4"))

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all code points, in order, in arrays of about a million."""
        for start in range(0, len(self), BLOCK_CHARACTERS):
            yield self.code_points(start, start + BLOCK_CHARACTERS)


def vocabulary(passages: Mapping[str, Passage]) -> str:
    """Return the sorted distinct characters of the training split; a symbol's number is its index.

    Only training can tell a model about a character. Those of the other splits that it does not
    hold are all one symbol, U+FFFD, which is added if and only if there are any.
    """
    known, unknown = np.zeros(CODE_POINTS, bool), np.zeros(CODE_POINTS, bool)
    for split, passage in passages.items():
        for block in passage.blocks():
            (known if split == "train" else unknown)[block] = True
    unknown &= ~known
    if unknown.any():
        known[ord(REPLACEMENT)] = True
    return "".join(map(chr, np.flatnonzero(known)))


def text_fields(
    name: str, passages: Mapping[str, Passage], window_steps: int, max_resident_gib: float
) -> dict[str, Any]:
    """Return the fields of a "next_character" `Dataset` over "train", "validation" and "test".

    Raises:
        ShortTextError: a split does not fill one window.
        DataError: memory or disk is too small.
    """
    split = min(passages, key=lambda split: len(passages[split]))
    shortest = len(passages[split])
    if shortest <= window_steps:
        raise ShortTextError(
            f"dataset {name!r}: split {split!r} holds {shortest} characters, expected at "
            f"least {window_steps + 1}, one more than window_steps; choose a longer text, "
            "shorter windows, or a validation_fraction that leaves every split enough",
            shortest,
        )
    counts = {
        split: window_count(len(passage), window_steps, 1 if split == "train" else None)
        for split, passage in passages.items()
    }
    storage = Storage(name, 12 * window_steps * sum(counts.values()), max_resident_gib)
    symbols = vocabulary(passages)
    numbers = np.full(CODE_POINTS, symbols.find(REPLACEMENT), np.int32)
    numbers[[ord(symbol) for symbol in symbols]] = np.arange(len(symbols))
    return {
        "task": "next_character",
        "input_shape": (window_steps,),
        "num_classes": len(symbols),
        "class_names": tuple(symbols),
        "splits": {
            split: window_split(passage, numbers, (counts[split], window_steps), storage)
            for split, passage in passages.items()
        },
        "oracle_loss": {},
        "contiguous": True,
        "preparation": symbol_preparation(symbols, REPLACEMENT if REPLACEMENT in symbols else None),
    }


def symbol_preparation(symbols: str, unknown: str | None) -> dict[str, Any]:
    """Return how raw strings became symbols, see `datasets.Dataset.preparation`.

    Args:
        symbols: all of them; a symbol's number is its index.
        unknown: the one that stands for every character that is none; None where there is none.
    """
    return {
        "inputs": {"kind": "symbols", "symbols": list(symbols), "unknown": unknown},
        "outputs": {"kind": "symbols", "names": list(symbols)},
    }


def window_count(characters: int, window_steps: int, multiple: int | None = None) -> int:
    """Return how many windows predict all characters but the first, rounded up to a multiple.

    Args:
        characters: of the split.
        window_steps: predictions in a window.
        multiple: of the count; None means `EVALUATION_STREAMS`.
    """
    multiple = multiple or EVALUATION_STREAMS
    return -(-(characters - 1) // (window_steps * multiple)) * multiple


def window_split(
    passage: Passage, numbers: np.ndarray, shape: tuple[int, int], storage: Storage
) -> Split:
    """Cut a passage into windows; every array is `[windows, steps]`.

    With the symbols s_0 ... s_{L-1} followed by zeros, window i has at step t the input
    s_{iT+t}, the target s_{iT+t+1}, and weight 1 if that target is a character (iT + t + 1 < L),
    else 0. So targets[i, -1] equals inputs[i + 1, 0] throughout.

    Args:
        passage: of L characters.
        numbers: `[0x110000]` int32, the symbol of every code point.
        shape: windows and steps T of each, at least L - 1 predictions in all.
        storage: where the arrays go.
    """
    steps = shape[1]
    inputs, targets = storage.allocate(shape, np.int32), storage.allocate(shape, np.int32)
    weights = storage.allocate(shape, np.float32)
    for rows in row_blocks(inputs, BLOCK_BYTES):
        first, stop = rows.start * steps, rows.stop * steps
        symbols = np.zeros(stop - first + 1, np.int32)
        present = numbers[passage.code_points(first, stop + 1)]
        symbols[: len(present)] = present
        inputs[rows] = symbols[:-1].reshape(-1, steps)
        targets[rows] = symbols[1:].reshape(-1, steps)
        weights[rows] = (np.arange(first + 1, stop + 1) < len(passage)).reshape(-1, steps)
    return Split(inputs, targets, weights, resident=storage.resident)
