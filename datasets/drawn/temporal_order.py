"""Temporal order: which symbols X and Y came in which order, in a long sequence of others?

Source: S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997)
1735-1780, experiments 6a (two symbols) and 6b (three).
"""

import itertools
from typing import Any

import numpy as np

from datasets.dataset import fingerprint
from datasets.drawn.request import DrawRequest
from datasets.errors import DataOptionError

SYMBOLS = "EBabcdXY"
"""The alphabet; a symbol is a 1 in its own place of 8 zeros."""
# Hundredths of T between which each relevant symbol stands, both ends among them.
_PLACES = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}
_DISTRACTORS = [SYMBOLS.index(symbol) for symbol in "abcd"]


def read(request: DrawRequest) -> dict[str, Any]:
    """Return the fields of a `datasets.Dataset`, without its name.

    A sequence has L steps, uniform in T ... 1.1 T: E at first, B at the end, and between them a, b,
    c or d, each as likely, but for two or three steps that are X or Y. With two they stand at steps
    T / 10 ... T / 5 and T / 2 ... 6 T / 10, with three at T / 10 ... T / 5, 0.33 T ... 0.43 T and
    0.66 T ... 0.76 T. The classes are what they were in order: XX, XY, YX and YY, or XXX ... YYY.

    Args:
        request: of `sequence_steps` T, `train_sequences` and `relevant_symbols`, 2 or 3.

    Raises:
        DataOptionError: another number of relevant symbols.
    """
    relevant = 2 if request.relevant_symbols is None else request.relevant_symbols
    if relevant not in _PLACES:
        raise DataOptionError(
            f"relevant_symbols is {relevant} with dataset {request.name!r}, allowed is 2 or 3"
        )

    def draw(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        return _draw(request, random, count, relevant)

    splits = request.splits(len(SYMBOLS), (), draw)
    names = ["".join(symbols) for symbols in itertools.product("XY", repeat=relevant)]
    return {
        "task": "classification",
        "version": "1",
        "input_shape": (request.longest, len(SYMBOLS)),
        "num_classes": len(names),
        "class_names": tuple(names),
        "splits": splits,
        "oracle_loss": {},
        "fingerprint": f"drawn-{fingerprint(splits)}",
        "preparation": {
            "inputs": {
                "kind": "sequences",
                "features": len(SYMBOLS),
                "mean": None,
                "deviation": None,
            },
            "outputs": {"kind": "classes", "names": names},
        },
    }


def _draw(
    request: DrawRequest, random: np.random.Generator, count: int, relevant: int
) -> tuple[np.ndarray, np.ndarray]:
    rows, lengths = np.arange(count), request.lengths(random, count)
    symbols = random.choice(_DISTRACTORS, (count, request.longest))
    classes = np.zeros(count, np.int32)
    for low, high in _PLACES[relevant]:
        ends = low * request.steps // 100, high * request.steps // 100
        is_y = random.integers(0, 2, count)
        symbols[rows, random.integers(*ends, count, endpoint=True)] = SYMBOLS.index("X") + is_y
        classes = 2 * classes + is_y.astype(np.int32)
    symbols[:, 0] = SYMBOLS.index("E")
    symbols[rows, lengths - 1] = SYMBOLS.index("B")
    inputs = np.eye(len(SYMBOLS), dtype=np.float32)[symbols]
    inputs[np.arange(request.longest) >= lengths[:, None]] = np.nan
    return inputs, classes
