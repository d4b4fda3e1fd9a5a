"""What is asked of data that are drawn, and how their splits are filled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.dataset import Split
from datasets.errors import DataOptionError
from datasets.partition import SPLITS
from datasets.storage import Storage, release

HELD_OUT = 2_560
"""Sequences of the validation split, and of the test split."""
FEWEST_STEPS, MOST_STEPS = 20, 100_000
_BLOCK_BYTES = 1 << 24

Drawing = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class DrawRequest:
    """Which sequences, and how many.

    Args:
        name: of the dataset, for messages.
        seed: draws another set of the same distribution.
        max_resident_gib: larger sets lie in temporary files.
        sequence_steps: of the shortest sequence, T; the longest have a tenth more. None: 100.
        train_sequences: of the training split. None: 20,000.
        relevant_symbols: whose order is asked for, see `datasets.drawn.temporal_order`.
    """

    name: str
    seed: int
    max_resident_gib: float
    sequence_steps: int | None = None
    train_sequences: int | None = None
    relevant_symbols: int | None = None

    @property
    def steps(self) -> int:
        """T, the steps of the shortest sequence.

        Raises:
            DataOptionError: too few to hold what is to be remembered, or too many.
        """
        steps = 100 if self.sequence_steps is None else self.sequence_steps
        if not FEWEST_STEPS <= steps <= MOST_STEPS:
            raise DataOptionError(
                f"sequence_steps is {steps} with dataset {self.name!r}, allowed is {FEWEST_STEPS} "
                f"to {MOST_STEPS}"
            )
        return steps

    @property
    def longest(self) -> int:
        """The steps of the longest sequence, a tenth more than T."""
        return self.steps + self.steps // 10

    def splits(self, features: int, target_shape: tuple[int, ...], draw: Drawing) -> dict[str, Any]:
        """Return the splits by name, drawn in the order train, validation, test.

        Args:
            features: of a step.
            target_shape: of one target; whole numbers where it has no axis.
            draw: from a generator and a count to inputs `[count, longest, features]` and targets.

        Raises:
            DataOptionError: a number of steps or sequences that is not allowed.
        """
        train = 20_000 if self.train_sequences is None else self.train_sequences
        if train < 1:
            raise DataOptionError(
                f"train_sequences is {train} with dataset {self.name!r}, allowed is 1 or more"
            )
        sizes = {split: train if split == "train" else HELD_OUT for split in SPLITS}
        of_one = self.longest * features
        total = sum(sizes.values()) * (of_one + 2) * 4
        storage = Storage(self.name, total, self.max_resident_gib)
        block = max(1, _BLOCK_BYTES // (8 * of_one))
        splits = {}
        for place, (split, size) in enumerate(sizes.items()):
            # Each split has a stream of its own: more of train change nothing of test.
            random = np.random.Generator(np.random.PCG64([self.seed, place, 1997]))
            inputs = storage.allocate((size, self.longest, features), np.float32)
            targets = storage.allocate((size, *target_shape), "f4" if target_shape else "i4")
            weights = storage.allocate((size,), np.float32)
            weights[:] = 1
            for start in range(0, size, block):
                rows = slice(start, min(start + block, size))
                inputs[rows], targets[rows] = draw(random, rows.stop - start)
                release(inputs)
            splits[split] = Split(inputs, targets, weights, resident=storage.resident)
        return splits

    def lengths(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Draw `[count]` lengths, uniform in T ... 1.1 T."""
        return random.integers(self.steps, self.longest, count, endpoint=True)
