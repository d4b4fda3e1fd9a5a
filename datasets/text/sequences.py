"""From strings to arrays: predict every next symbol."""

from typing import Any

import numpy as np

from datasets.dataset import Split, row_blocks
from datasets.errors import PREPARE_ELSEWHERE, DataError
from datasets.partition import Division, Source
from datasets.records import read_batches
from datasets.storage import Storage

STRING_KEY = "string"
BLOCK_BYTES = 1 << 22


def read_strings(name: str, builder: Any, source: Source, split_seed: int) -> dict[str, list[str]]:
    """Return the strings of the splits that a source makes, divided by chance.

    Each has at least two symbols of `builder.SYMBOLS`.

    Raises:
        DataError: records are damaged, or a string is too short or has another symbol.
    """
    batches = read_batches(name, builder, source, (STRING_KEY,), example_bytes=64)
    strings = [text.decode("latin-1") for (batch,) in batches for text in batch]
    allowed = set(builder.SYMBOLS)
    for string in strings:
        if len(string) < 2 or not allowed.issuperset(string):
            raise DataError(
                f"dataset {name!r}, split {source.name!r}: string {string!r}, expected at "
                f"least 2 of the symbols {builder.SYMBOLS}; {PREPARE_ELSEWHERE}"
            )
    division = Division(source, None, split_seed)
    return {
        split: np.array(strings, object)[chosen].tolist()
        for split, chosen, _ in division.next(len(strings))
    }


def sequence_nbytes(strings: dict[str, list[str]], mask_names: list[str], time: int) -> int:
    """Return the bytes that `sequence_split` will allocate for all splits together."""
    return 4 * time * (3 + len(mask_names)) * sum(len(texts) for texts in strings.values())


def sequence_split(strings: list[str], builder: Any, time: int, storage: Storage) -> Split:
    """Return symbols as numbers, and shifted by one for targets; every array is `[N, time]`.

    A string of L symbols makes L - 1 predictions, first to last: inputs are its symbols but the
    last, targets its symbols but the first, weights 1. Padding is 0 in every array.
    """
    shape = (len(strings), time)
    inputs, targets = storage.allocate(shape, np.int32), storage.allocate(shape, np.int32)
    weights = storage.allocate(shape, np.float32)
    masks = {
        mask: storage.allocate(shape, np.float32) for mask in builder.marked_symbols(strings[0])
    }
    numbers = np.zeros(256, np.int32)
    numbers[np.frombuffer(builder.SYMBOLS.encode(), np.uint8)] = np.arange(len(builder.SYMBOLS))
    for rows in row_blocks(inputs, BLOCK_BYTES):
        block = strings[rows]
        lengths = np.array([len(string) for string in block])
        symbols = np.zeros((len(block), time + 1), np.int32)
        present = np.arange(time + 1) < lengths[:, None]
        symbols[present] = numbers[np.frombuffer("".join(block).encode(), np.uint8)]
        real = present[:, 1:]
        inputs[rows] = np.where(real, symbols[:, :-1], 0)
        targets[rows] = symbols[:, 1:]
        weights[rows] = real
        for mask, marks in masks.items():
            marks[rows] = 0
            # The symbol at index i of a string is predicted at time step i - 1.
            steps = [builder.marked_symbols(string)[mask] - 1 for string in block]
            marks[np.arange(rows.start, rows.stop), steps] = 1
    return Split(inputs, targets, weights, masks, storage.resident)
