"""Which examples of the user's own make the train, validation and test splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.errors import DataError, DataOptionError
from datasets.own.groups import divided_groups
from datasets.partition import SPLITS, held_out_size, stratified


def divided(
    name: str,
    count: int,
    classes: np.ndarray | None,
    validation_fraction: float,
    split_seed: int,
    missing: Sequence[str] = SPLITS[1:],
    groups: np.ndarray | None = None,
    held_out: str = "drawn",
) -> dict[str, np.ndarray]:
    """Return which of `count` examples are in train and in each missing split.

    Of each class a split gets its share, see `datasets.partition.stratified`; without classes they
    are drawn by chance. The order of the examples decides nothing, unless the last ones are asked
    for.

    Args:
        name: the dataset's, for messages.
        count: examples.
        classes: `[count]` class numbers, 0 or more, or None.
        validation_fraction: in (0, 1): the share of `count` that each missing split gets.
        split_seed: 0 or more.
        missing: of "validation" and "test" those that are drawn from these examples.
        groups: `[count]` numbers or strings: what is equal stays in one split, and sizes and
            shares come as near as that allows, see `datasets.own.groups`.
        held_out: "drawn", or "last": train is the first examples, the missing splits the others.

    Returns:
        Split -> ascending row numbers `[n]` int64, of "train" and of `missing`.

    Raises:
        DataError: a split would be empty, or there are fewer groups than splits.
        DataOptionError: the last examples of groups.
    """
    size = held_out_size(count, validation_fraction)
    sizes = [count - size * len(missing), *([size] * len(missing))]
    if sizes[0] < 1:
        raise DataError(
            f"dataset {name!r}: {count} examples are too few for a training split beside "
            f"{' and '.join(missing)}; give more, or lower validation_fraction "
            f"({validation_fraction:g})"
        )
    if held_out == "last" and groups is not None:
        raise DataOptionError(
            f"held_out is 'last' and {name!r} has groups, which its last examples may cross; leave "
            "one of the two out"
        )
    if held_out == "last":
        numbers = np.repeat(np.arange(len(sizes)), sizes)
    elif groups is not None:
        numbers = divided_groups(name, groups, classes, sizes, split_seed)
    else:
        classes = np.zeros(count, np.int64) if classes is None else classes
        numbers = stratified(classes, sizes, split_seed)
    return {
        split: np.flatnonzero(numbers == number) for number, split in enumerate(("train", *missing))
    }
