"""What becomes of loaded data before a run learns from them: fewer, binary or more examples.

Validation and test examples are never left out or moved, and learnt from only where it is said;
binary pictures are binary in every split, as they are a different input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

import configs
import datasets
from datasets.dataset import HASH_BLOCK_BYTES, row_blocks
from datasets.storage import Storage, release

# Rows, columns: up, down, left and right.
_DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def shaped(config: configs.DatasetConfig, data: datasets.Dataset) -> datasets.Dataset:
    """Return the data as `train_on`, `train_size`, `binarize` and `expand_shifts` say, in order.

    Raises:
        ConfigError: they cannot be brought into that form.
        DataError: memory or disk is too small for them.
    """
    if config.train_on == "all":
        data = _on_all(config, data)
    if config.train_size is not None:
        data = _fewer(config, data, config.train_size)
    if config.binarize is not None:
        data = _binary(config, data, config.binarize)
    if config.expand_shifts is not None:
        data = _expanded(config, data, config.expand_shifts)
    return data


def widened(data: datasets.Dataset, max_resident_gib: float) -> datasets.Dataset:
    """Return the data with all numbers float64, which none is more exact by; integers stay.

    Raises:
        DataError: memory or disk is too small for them.
    """
    arrays = [each for split in data.splits.values() for _, each in split.arrays()]
    narrow = [array for array in arrays if array.dtype == np.float32]
    if not narrow:
        return data
    storage = Storage(data.name, 2 * sum(each.nbytes for each in narrow), max_resident_gib)

    def wide(array: np.ndarray) -> np.ndarray:
        if array.dtype != np.float32:
            return array
        found = storage.allocate(array.shape, np.float64)
        for rows in row_blocks(array, HASH_BLOCK_BYTES):
            found[rows] = array[rows]
            release(found)
        return found

    splits = {
        name: split.mapped(wide, resident=split.resident and storage.resident)
        for name, split in data.splits.items()
    }
    return dataclasses.replace(data, splits=splits)


def narrow_numbers(data: datasets.Dataset) -> list[str]:
    """Return a line where measurements were read with fewer digits than float64 has, or none."""
    kind = data.preparation.get("inputs", {}).get("kind")
    inputs = data.splits["train"].inputs
    if kind not in ("numbers", "sequences", "table") or inputs.dtype != np.float32:
        return []
    return [
        f"the numbers of {data.name!r} are float32, with 7 digits; tables, arrays and numbers of "
        "TFDS are read with all of them"
    ]


def draw_order(classes: np.ndarray | None, size: int, seed: int) -> np.ndarray:
    """Return a drawn order of examples, `[size]`, of which every beginning has each class's share.

    Within a class examples are shuffled; the r-th of n_k, r = 0, 1, ..., comes where a share of
    (r + 1/2) / n_k of the examples has come, so that of the first m there are m n_k / n, to within
    one or two.

    Args:
        classes: `[size]` class numbers, or None where examples have none.
        size: the number of examples.
        seed: 0 or more.
    """
    order = np.random.Generator(np.random.PCG64(seed)).permutation(size)
    if classes is None:
        return order
    drawn = np.asarray(classes)[order]
    by_class = np.argsort(drawn, kind="stable")
    counts = np.bincount(drawn)
    starts = np.cumsum(counts) - counts
    ranks = np.arange(size) - np.repeat(starts, counts)
    shares = np.empty(size)
    shares[by_class] = (ranks + 0.5) / np.repeat(counts, counts)
    return order[np.argsort(shares, kind="stable")]


def _on_all(config: configs.DatasetConfig, data: datasets.Dataset) -> datasets.Dataset:
    if data.task == "control" or data.contiguous:
        what = "an environment" if data.task == "control" else "a text, whose windows continue"
        raise configs.ConfigError(
            f"train_on is 'all', and {data.name!r} is {what}; leave --train-on out"
        )
    splits = list(data.splits.values())
    storage = Storage(data.name, sum(each.nbytes for each in splits), config.max_resident_gib)

    def joined(arrays: list[np.ndarray]) -> np.ndarray:
        found = storage.allocate((sum(map(len, arrays)), *arrays[0].shape[1:]), arrays[0].dtype)
        first = 0
        for array in arrays:
            for rows in row_blocks(array, HASH_BLOCK_BYTES):
                found[first + rows.start : first + min(rows.stop, len(array))] = array[rows]
            first += len(array)
        release(found)
        return found

    every = datasets.Split(
        joined([each.inputs for each in splits]),
        joined([each.targets for each in splits]),
        joined([each.weights for each in splits]),
        {name: joined([each.masks[name] for each in splits]) for name in splits[0].masks},
        resident=storage.resident,
    )
    sources = dict(data.rows)
    if "train" in sources:
        sources["train"] = np.concatenate([np.asarray(sources[name]) for name in data.splits])
    oracle = {split: loss for split, loss in data.oracle_loss.items() if split != "train"}
    note = (
        f"learns from all {every.size} examples of {data.name!r}, those of validation and test "
        "too: figures on them tell how well they are fitted"
    )
    return dataclasses.replace(
        data,
        splits={**data.splits, "train": every},
        rows=sources,
        oracle_loss=oracle,
        notes=(*data.notes, note),
    )


def _fewer(config: configs.DatasetConfig, data: datasets.Dataset, size: int) -> datasets.Dataset:
    train = data.splits["train"]
    if data.task == "control":
        raise configs.ConfigError(
            f"train_size is {size}, and {data.name!r} is an environment, which has no examples; "
            "leave --train-size out"
        )
    what = "windows" if data.contiguous else "examples"
    if size > train.size:
        raise configs.ConfigError(
            f"train_size is {size}, and the training split of {data.name!r} has {train.size} "
            f"{what}; give --train-size at most {train.size}"
        )
    if data.contiguous or config.held_out == "last":
        rows = np.arange(size)
    else:
        classes = np.asarray(train.targets) if data.task == "classification" else None
        rows = np.sort(draw_order(classes, train.size, config.split_seed)[:size])
    storage = Storage(data.name, train.nbytes // train.size * size, config.max_resident_gib)
    fewer = train.mapped(lambda array: _rows_of(array, rows, storage), resident=storage.resident)
    sources = dict(data.rows)
    if "train" in sources:
        sources["train"] = np.asarray(sources["train"])[rows]
    # The best possible loss is of the strings that were left out too.
    oracle = {split: loss for split, loss in data.oracle_loss.items() if split != "train"}
    return dataclasses.replace(
        data, splits={**data.splits, "train": fewer}, rows=sources, oracle_loss=oracle
    )


def _rows_of(array: np.ndarray, rows: np.ndarray, storage: Storage) -> np.ndarray:
    found = storage.allocate((len(rows), *array.shape[1:]), array.dtype)
    for block in row_blocks(found, HASH_BLOCK_BYTES):
        found[block] = array[rows[block]]
        release(array)
    return found


def _binary(
    config: configs.DatasetConfig, data: datasets.Dataset, threshold: float
) -> datasets.Dataset:
    _require_pictures(data, f"--binarize {threshold:g}")
    inputs = {**data.preparation["inputs"], "threshold": threshold}
    total = sum(split.inputs.nbytes for split in data.splits.values())
    storage = Storage(data.name, total, config.max_resident_gib)

    def fill(found: np.ndarray, values: np.ndarray) -> None:
        found[:] = binary(values, threshold)

    splits = {
        name: dataclasses.replace(
            split,
            inputs=_mapped(split.inputs, split.size, storage, [fill]),
            resident=storage.resident,
        )
        for name, split in data.splits.items()
    }
    return dataclasses.replace(
        data, splits=splits, preparation={**data.preparation, "inputs": inputs}
    )


def binary(values: np.ndarray, threshold: float) -> np.ndarray:
    """Return 1 where a value is above a threshold, and 0 elsewhere, float32."""
    return (values > np.float32(threshold)).astype(np.float32)


def _expanded(
    config: configs.DatasetConfig, data: datasets.Dataset, pixels: int
) -> datasets.Dataset:
    _require_pictures(data, f"--expand-shifts {pixels}")
    train = data.splits["train"]
    if pixels >= min(train.inputs.shape[1:3]):
        height, width = train.inputs.shape[1:3]
        raise configs.ConfigError(
            f"--expand-shifts {pixels} moves pictures of {height}x{width} out of sight; give "
            f"--expand-shifts at most {min(height, width) - 1}"
        )
    copies = 1 + len(_DIRECTIONS)
    storage = Storage(data.name, copies * train.nbytes, config.max_resident_gib)
    moves = [partial(moved, to) for to in _moves(pixels)]
    expanded = datasets.Split(
        _mapped(train.inputs, copies * train.size, storage, moves),
        np.tile(train.targets, copies),
        np.tile(train.weights, copies),
        resident=storage.resident,
    )
    return dataclasses.replace(data, splits={**data.splits, "train": expanded})


def _moves(pixels: int) -> list[tuple[int, int]]:
    return [(0, 0), *((rows * pixels, columns * pixels) for rows, columns in _DIRECTIONS)]


def moved(by: tuple[int, int], found: np.ndarray, pictures: np.ndarray) -> None:
    """Write pictures `[n, rows, columns, channels]`, moved down and right, into `found`."""
    found[:] = 0
    (to_rows, from_rows), (to_columns, from_columns) = map(_slices, by)
    found[:, to_rows, to_columns] = pictures[:, from_rows, from_columns]


def _slices(by: int) -> tuple[slice, slice]:
    """Return where a move along an axis writes, and what it reads."""
    if by < 0:
        return slice(None, by), slice(-by, None)
    return slice(by, None), slice(None, -by or None)


def _mapped(
    array: np.ndarray,
    size: int,
    storage: Storage,
    fills: Sequence[Callable[[np.ndarray, np.ndarray], None]],
) -> np.ndarray:
    """Return what functions write of an array's rows, one result behind the other."""
    found = storage.allocate((size, *array.shape[1:]), array.dtype)
    for number, fill in enumerate(fills):
        part = found[number * len(array) : (number + 1) * len(array)]
        for rows in row_blocks(array, HASH_BLOCK_BYTES):
            fill(part[rows], array[rows])
        release(found)
    return found


def _require_pictures(data: datasets.Dataset, flag: str) -> None:
    if data.preparation.get("inputs", {}).get("kind") != "images":
        raise configs.ConfigError(
            f"{flag} is for pictures, and dataset {data.name!r} has none; leave "
            f"{flag.split()[0]} out, or choose another dataset, e.g. --dataset mnist"
        )
