"""Splits that no group crosses: rows of one patient, one customer, one recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.errors import DataError
from datasets.own.tabular.blocks import listed
from datasets.partition import CARVING_RULE


def divided_groups(
    name: str, groups: np.ndarray, classes: np.ndarray | None, sizes: Sequence[int], seed: int
) -> np.ndarray:
    """Return which split each example goes to, `[n]` int8 indices of `sizes`, by whole groups.

    Groups are taken from the largest on, equal ones in an order drawn by the seed. Each goes to
    the split where it lowers sum_k (n_sk - t_sk)^2 / t_sk the most, n_sk being a split's examples
    of class k so far and t_sk its share of them: so sizes come near those asked for, and classes
    are stratified as far as groups allow. A split that is left empty takes the smallest group of
    the split with most groups.

    Args:
        name: the dataset's, for messages.
        groups: `[n]` values, equal within a group.
        classes: `[n]` class numbers, 0 or more, or None.
        sizes: of train, then of the splits drawn from it; 1 or more each, n together.
        seed: 0 or more.

    Raises:
        DataError: there are fewer groups than splits.
    """
    names, members = np.unique(groups, return_inverse=True)
    if len(names) < len(sizes):
        raise DataError(
            f"dataset {name!r} has {len(names)} group{'s' * (len(names) > 1)} ({listed(names)}) "
            f"for {len(sizes)} splits, expected at least one for each; group by another "
            "column, or leave the groups out"
        )
    classes = np.zeros(len(groups), np.int64) if classes is None else classes
    kinds = np.bincount(classes)
    counts = np.zeros((len(names), len(kinds)))
    np.add.at(counts, (members, classes), 1)
    shares = np.outer(sizes, kinds) / len(groups)
    scale = 1 / np.maximum(shares, 1e-12)
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([CARVING_RULE, seed])))
    order = random.permutation(len(names))
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")]
    missing, splits = shares.copy(), np.zeros(len(names), np.int8)
    for group in order:
        # (n + c - t)^2 - (n - t)^2 = c (c - 2 (t - n))
        change = (counts[group] * (counts[group] - 2 * missing) * scale).sum(axis=1)
        splits[group] = np.argmin(change)
        missing[splits[group]] -= counts[group]
    smallest_first = order[::-1]
    for split in range(len(sizes)):
        if not np.any(splits == split):
            most = np.argmax(np.bincount(splits, minlength=len(sizes)))
            splits[next(group for group in smallest_first if splits[group] == most)] = split
    return splits[members]
