"""What the pipeline yields: a `Dataset` of `Split`s of arrays, and its fingerprint."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from datasets.storage import release

HASH_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class Split:
    """The arrays of one split; the first axis of each counts its N examples.

    Attributes:
        inputs: `[N, height, width, channels]` or `[N, features]` float32; `[N, time, features]`
            float32 with NaN in all features of steps that are padding; `[N, time]` int32 symbols;
            or `[N]` int32 reset seeds (see `datasets.environments.episodes`).
        targets: `[N]` int32 classes, `[N, targets]` float32 in the data's own units (of data of the
            user's own standardized, see `Dataset.preparation`), or `[N, time]` int32 symbols.
        weights: `[N]` float32, ones where the data bring no others, or `[N, time]` float32: 1 for a
            prediction, 0 for padding.
        masks: name -> `[N, time]` float32 marking the predictions a separate metric is about.
        resident: True for arrays in memory, False for `np.memmap`s over temporary files.
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    resident: bool = True

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the name and value of every array of the split."""
        yield from (("inputs", self.inputs), ("targets", self.targets), ("weights", self.weights))
        yield from ((f"masks/{name}", mask) for name, mask in sorted(self.masks.items()))

    def mapped(
        self, change: Callable[[np.ndarray], np.ndarray], *, resident: bool | None = None
    ) -> "Split":
        """Return the split with every array changed, in the order in which they stand above.

        Args:
            change: from an array to another, whose first axis counts the same examples.
            resident: whether those are in memory; None where that is as before.
        """
        return Split(
            change(self.inputs),
            change(self.targets),
            change(self.weights),
            {name: change(mask) for name, mask in self.masks.items()},
            resident=self.resident if resident is None else resident,
        )

    @property
    def size(self) -> int:
        """The number of examples."""
        return len(self.inputs)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays, in memory or on disk."""
        return sum(array.nbytes for _, array in self.arrays())

    @cached_property
    def lengths(self) -> np.ndarray | None:
        """The steps of every example up to its last real one, `[N]` int32.

        That is the last step whose prediction has a weight, or that is not NaN in all features; 0
        where there is none. None for examples that are no sequences, or without padding.
        """
        sequences = self.inputs.ndim == 3 and self.inputs.dtype.kind == "f"
        if self.weights.ndim != 2 and not sequences:
            return None
        array = self.weights if self.weights.ndim == 2 else self.inputs
        time = array.shape[1]
        lengths = np.empty(self.size, np.int32)
        for rows in row_blocks(array, HASH_BLOCK_BYTES):
            block = np.asarray(array[rows])
            real = block > 0 if block.ndim == 2 else ~np.isnan(block).all(axis=2)
            lengths[rows] = np.where(real.any(axis=1), time - real[:, ::-1].argmax(axis=1), 0)
        return lengths if lengths.min(initial=time) < time else None


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset ready for training.

    Attributes:
        name: as given to `load`.
        version: the builder's version, as in "3.0.1", with what else its content depends on, as in
            "1.0.0+python3.11.9".
        task: "classification", "regression", "next_symbol", "next_character" or
            "control".
        input_shape: of one example, without the batch axis; `(time,)` for symbols.
        num_classes: classes or symbols; 1 for regression.
        class_names: one per class or symbol, for "next_character" its character; empty for
            regression.
        splits: "train", "validation" and "test".
        oracle_loss: split -> lowest loss that can be expected, in nats per predicted symbol; empty
            where it is not known.
        fingerprint: SHA-256 (64 hex digits) of every array with its split, name, shape and type;
            before it "carved2-", the version of the rule, where a split was carved from train, or
            "drawn-", where the seed of splits draws all of them.
        contiguous: True where a split's examples are windows of one text, in its order: window
            i + 1 continues window i (`targets[i, -1] == inputs[i + 1, 0]`); and for an environment,
            where every row of a batch continues what it played before.
        notes: what the user should know of the splits, one line each.
        preparation: how raw inputs became `inputs`, and outputs become answers, as JSON has it; a
            model that is exported does the same, see `zoo.preparation`. Empty where inputs are raw.
        target_names: of a regression with names, one per target.
        rows: split -> which examples of the source are in it: row numbers `[n]` or file names;
            empty where a builder's own splits decide.
        reward_threshold: of an environment, the mean return that its registry calls solved.
    """

    name: str
    version: str
    task: str
    input_shape: tuple[int, ...]
    num_classes: int
    class_names: tuple[str, ...]
    splits: dict[str, Split]
    oracle_loss: dict[str, float]
    fingerprint: str
    contiguous: bool = False
    notes: tuple[str, ...] = ()
    preparation: dict[str, Any] = field(default_factory=dict)
    target_names: tuple[str, ...] = ()
    rows: dict[str, np.ndarray] = field(default_factory=dict)
    reward_threshold: float | None = None


def fingerprint(splits: Mapping[str, Split]) -> str:
    """Return the SHA-256 of the splits' content, read in blocks of at most about 16 MiB."""
    digest = hashlib.sha256()
    for split_name, split in sorted(splits.items()):
        for name, array in split.arrays():
            digest.update(f"{split_name}/{name}{array.shape}{array.dtype.str};".encode())
            for rows in row_blocks(array, HASH_BLOCK_BYTES):
                digest.update(np.ascontiguousarray(array[rows]).data)
    return digest.hexdigest()


def row_blocks(array: np.ndarray, block_bytes: int) -> Iterator[slice]:
    """Yield slices of the first axis, in order, each of `block_bytes` or of a single row.

    What was read or written of a mapped array is taken out of memory before the next.
    """
    row_bytes = max(1, array.nbytes // max(1, len(array)))
    rows = max(1, block_bytes // row_bytes)
    for start in range(0, len(array), rows):
        yield slice(start, min(start + rows, len(array)))
        release(array)
