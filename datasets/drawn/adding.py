"""The adding problem: two marked numbers of a long sequence, whose sum is asked for at its end.

Source: S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997)
1735-1780, experiment 4.
"""

from typing import Any

import numpy as np

from datasets.dataset import fingerprint
from datasets.drawn.request import DrawRequest

_FIRST_MARKS = 10


def read(request: DrawRequest) -> dict[str, Any]:
    """Return the fields of a `datasets.Dataset`, without its name.

    A sequence has L steps, uniform in T ... 1.1 T, of a value x_t, uniform in [-1, 1), and a mark:
    1 at two steps, -1 at the first and the last, 0 elsewhere. The first of the two is one of the
    first 10 steps, the other one of the first T / 2 - 1 that are not marked yet. The target is

        y = 0.5 + (x_a + x_b) / 4

    at the marked steps a and b, in [0, 1]. Where the first step is the marked one, its mark stays
    -1 and its value is 0. Whoever always answers the mean, 0.5, has a squared error of about 1/24.

    Args:
        request: of `sequence_steps` T and `train_sequences`.
    """

    def draw(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        return _draw(request, random, count)

    splits = request.splits(2, (1,), draw)
    return {
        "task": "regression",
        "version": "1",
        "input_shape": (request.longest, 2),
        "num_classes": 1,
        "class_names": (),
        "splits": splits,
        "oracle_loss": {},
        "fingerprint": f"drawn-{fingerprint(splits)}",
        "preparation": {
            "inputs": {"kind": "sequences", "features": 2, "mean": None, "deviation": None},
            "outputs": {"kind": "numbers", "names": ["sum"], "mean": None, "deviation": None},
        },
    }


def _draw(
    request: DrawRequest, random: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    rows, lengths = np.arange(count), request.lengths(random, count)
    values = random.uniform(-1, 1, (count, request.longest))
    first = random.integers(0, _FIRST_MARKS, count)
    # One fewer to choose from, and those from the first mark on are one further.
    second = random.integers(0, request.steps // 2 - 2, count)
    second += second >= first
    values[(first == 0) | (second == 0), 0] = 0
    marks = np.zeros_like(values)
    marks[rows, first] = marks[rows, second] = 1
    marks[:, 0] = marks[rows, lengths - 1] = -1
    inputs = np.stack([values, marks], axis=2).astype(np.float32)
    inputs[np.arange(request.longest) >= lengths[:, None]] = np.nan
    total = inputs[rows, first, 0] + inputs[rows, second, 0]
    return inputs, (0.5 + total / 4)[:, None]
