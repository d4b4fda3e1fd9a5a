"""The embedded Reber grammar: strings, exact next-symbol probabilities, exact entropy.

Source: S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997)
1735-1780, experiment 1 (figures 3 and 4); the inner grammar is A. S. Reber's of 1967.

A string is `B m R m E`: `m` is T or P with probability 1/2 and `R` a string of the inner
grammar. Whoever predicts the second `m` must have remembered the first through all of `R`,
which has at least 5 symbols and no upper bound. Every arc of a fork has probability 1/2.
"""

import math
from collections.abc import Iterable

import numpy as np

from datasets.errors import DataError

SYMBOLS = "BTPSXVE"
"""The alphabet; a symbol's number is its position here."""

INNER_ARCS: tuple[dict[str, int], ...] = (
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
)
"""Node -> symbol -> next node of the inner grammar; node 7 is its end."""


def _embed(inner: tuple[dict[str, int], ...]) -> tuple[dict[str, int], ...]:
    """Return the arcs of the whole grammar, with one copy of the inner one for each memory."""
    first_copy, second_copy = 2, 3 + len(inner)
    last = 4 + 2 * len(inner)
    arcs: list[dict[str, int]] = [{"B": 1}, {"T": first_copy, "P": second_copy}]
    for memory, offset in (("T", first_copy), ("P", second_copy)):
        arcs += [{symbol: offset + node for symbol, node in row.items()} for row in inner]
        arcs.append({memory: last})
    arcs.append({"E": last + 1})
    return tuple(arcs)


_ARCS = _embed(INNER_ARCS)
_END = len(_ARCS)


def generate(rng: np.random.Generator) -> str:
    """Draw one string (9 symbols or more, never truncated) of the embedded grammar."""
    node, symbols = 0, []
    while node != _END:
        arcs = tuple(_ARCS[node].items())
        symbol, node = arcs[0] if len(arcs) == 1 or rng.random() < 0.5 else arcs[1]
        symbols.append(symbol)
    return "".join(symbols)


def _walk(symbols: str) -> list[int]:
    """Return the nodes visited: the start, then one for every symbol."""
    nodes = [0]
    for position, symbol in enumerate(symbols):
        allowed = _ARCS[nodes[-1]] if nodes[-1] != _END else {}
        if symbol not in allowed:
            raise DataError(
                f"{symbols!r} is not of the embedded Reber grammar: symbol {position} is "
                f"{symbol!r}, allowed {' or '.join(allowed) or 'nothing, the string has ended'}"
            )
        nodes.append(allowed[symbol])
    return nodes


def _walk_whole(string: str) -> list[int]:
    nodes = _walk(string)
    if nodes[-1] != _END:
        raise DataError(f"{string!r} is an unfinished string of the embedded Reber grammar")
    return nodes


def next_symbol_probabilities(prefix: str) -> np.ndarray:
    """Return the exact distribution `[7]` (float64, order of `SYMBOLS`) of the next symbol.

    Raises:
        DataError: no string of the grammar starts with `prefix`, or `prefix` is a whole string.
    """
    node = _walk(prefix)[-1]
    if node == _END:
        raise DataError(f"{prefix!r} is a whole string: no symbol follows it")
    probabilities = np.zeros(len(SYMBOLS))
    for symbol in _ARCS[node]:
        probabilities[SYMBOLS.index(symbol)] = 1 / len(_ARCS[node])
    return probabilities


def oracle_loss(strings: Iterable[str]) -> float:
    """Return the loss of a predictor that knows the grammar: no model can be expected below it.

    sum over strings s and positions t >= 1 of -ln P(s_t | s_0 ... s_{t-1}), divided by the
    number of predictions, sum over s of (len(s) - 1); in nats per predicted symbol. It is the
    grammar's cross-entropy on these very strings, so no sampling error stands between it and a
    model's loss on them.

    Raises:
        DataError: a string is not of the grammar, or there is none.
    """
    forks = predictions = 0
    for string in strings:
        # The first symbol is given, not predicted; the last node has nothing to predict.
        forks += sum(len(_ARCS[node]) == 2 for node in _walk_whole(string)[1:-1])
        predictions += len(string) - 1
    if not predictions:
        raise DataError("the oracle loss of no strings is undefined: expected at least one string")
    return forks * math.log(2) / predictions


def memory_position(string: str) -> int:
    """Return the index of the symbol that repeats symbol 1: the last but one.

    Raises:
        DataError: `string` is not a whole string of the grammar.
    """
    _walk_whole(string)
    return len(string) - 2
