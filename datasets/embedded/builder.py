"""What the embedded datasets share: a TFDS builder with no download and a recorded checksum."""

import abc
import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from datasets.errors import DataError
from datasets.partition import SPLITS, stratified

SplitArrays = dict[str, dict[str, np.ndarray]]
"""Split name -> feature name -> array whose first axis counts the split's examples."""


def content_sha256(splits: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """Return the SHA-256 (64 hex digits) of every array with its split, name, shape and type."""
    digest = hashlib.sha256()
    for split, arrays in splits.items():
        for name, array in arrays.items():
            little_endian = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
            header = f"{split}/{name}{little_endian.shape}{little_endian.dtype.str};"
            digest.update(header.encode())
            digest.update(little_endian.tobytes())
    return digest.hexdigest()


def shuffled_splits(count: int, seed: int) -> dict[str, np.ndarray]:
    """Cut the fixed-seed shuffle of `range(count)` into train, validation and test (60/20/20 %).

    The held-out splits take `ceil(count / 5)` indices each.
    """
    order = np.random.Generator(np.random.PCG64(seed)).permutation(count)
    held_out = math.ceil(count / 5)
    return {
        "train": order[: count - 2 * held_out],
        "validation": order[count - 2 * held_out : count - held_out],
        "test": order[count - held_out :],
    }


def stratified_splits(labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Divide rows into train, validation and test (60/20/20 %), of each class its share.

    The held-out splits take `ceil(count / 5)` rows each; rows stay in their order.

    Args:
        labels: `[count]` class numbers, 0 or more.
        seed: decides which rows of a class go where.
    """
    held_out = math.ceil(len(labels) / 5)
    numbers = stratified(labels, [len(labels) - 2 * held_out, held_out, held_out], seed)
    return {split: np.flatnonzero(numbers == number) for number, split in enumerate(SPLITS)}


class EmbeddedInfo(tfds.core.DatasetInfo):
    """Dataset information that is complete in the code."""

    def initialize_from_bucket(self) -> None:
        """Ask no cloud bucket: these data are on none, and TFDS leaves a folder in /tmp."""


class EmbeddedBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """A builder whose content comes from installed packages or a seed, never from a network.

    A subclass sets `VERSION`, `CONTENT_SHA256` and `_info`, and returns all its arrays from
    `content`. Preparing raises `DataError` when they differ from the recorded checksum, so that
    a changed package or random generator cannot change results silently. `CONTENT_SHA256` is None
    where the content is expected to differ between machines; `CONTENT_VERSION` then says how.
    `STANDARDIZED` is False where numbers stay in the units that the task is told in.
    `NUMBERED_KEYS` says that keys are 0, 1, 2, ... in the content's order, which can so be
    recovered from records that are stored by the hash of their keys.
    """

    CONTENT_SHA256: ClassVar[str | None]
    CONTENT_SOURCE: ClassVar[str]
    STANDARDIZED: ClassVar[bool] = True
    NUMBERED_KEYS: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        """Keep out of TFDS's register, where there is one iris already."""
        super().__init_subclass__(**{"skip_registration": True, **options})

    @abc.abstractmethod
    def content(self) -> SplitArrays:
        """Return the arrays of every split."""

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        splits = self.content()
        expected = self.CONTENT_SHA256
        if expected is not None and (actual := content_sha256(splits)) != expected:
            raise DataError(
                f"dataset {self.name!r}: content from {self.CONTENT_SOURCE} has SHA-256 {actual}, "
                f"expected {expected}; install the versions in requirements.txt"
            )
        return {split: self._generate_examples(arrays) for split, arrays in splits.items()}

    def _generate_examples(
        self, arrays: dict[str, np.ndarray]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        names = list(arrays)
        for index, values in enumerate(zip(*arrays.values(), strict=True)):
            yield index, dict(zip(names, values, strict=True))
