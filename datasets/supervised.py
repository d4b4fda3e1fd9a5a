"""From records to arrays: images with classes, or tables with numeric targets."""

from typing import Any

import numpy as np

from datasets.checks import check_batch, check_finite, check_labels
from datasets.dataset import Split, row_blocks
from datasets.partition import Part
from datasets.records import read_batches
from datasets.schema import Schema
from datasets.storage import Storage

BLOCK_BYTES = 1 << 24


def supervised_nbytes(schema: Schema, parts: dict[str, Part]) -> int:
    """Return the bytes that `supervised_split` will allocate for all parts together."""
    example_values = int(np.prod(schema.input_shape)) + 2  # the input, its target, its weight
    return 4 * example_values * sum(part.size for part in parts.values())


def supervised_split(
    name: str, split: str, builder: Any, part: Part, schema: Schema, storage: Storage
) -> Split:
    """Read one split; images come out in [0, 1], regression features still as recorded.

    Raises:
        DataError: records are damaged, of another shape or type than declared, not finite, or
            their labels are out of range.
    """
    regression = schema.task == "regression"
    inputs = storage.allocate((part.size, *schema.input_shape), np.float32)
    targets = storage.allocate(
        (part.size, 1) if regression else (part.size,), np.float32 if regression else np.int32
    )
    weights = storage.allocate((part.size,), np.float32)
    weights[:] = 1
    example_bytes = int(np.prod(schema.input_shape)) * schema.input_dtype.itemsize
    keys = (schema.input_key, schema.target_key)
    where = f"dataset {name!r}, split {split!r}"
    start = 0
    image_shape = None if regression else schema.input_shape
    for batch_inputs, batch_targets in read_batches(
        name, builder, part, keys, example_bytes, image_shape
    ):
        rows = slice(start, start + len(batch_inputs))
        start = rows.stop
        check_batch(where, schema, batch_inputs)
        if regression:
            targets[rows, 0] = batch_targets
            check_finite(where, schema.target_key, targets[rows])
        else:
            # Before the cast to int32, which would wrap a huge label into the range.
            check_labels(where, batch_targets, len(schema.class_names))
            targets[rows] = batch_targets
        np.divide(batch_inputs, np.float32(schema.scale), out=inputs[rows], casting="unsafe")
        check_finite(where, schema.input_key, inputs[rows])
    return Split(inputs, targets, weights, resident=storage.resident)


def standardize(splits: dict[str, Split]) -> None:
    """Shift and scale every split's inputs in place to train mean 0 and train deviation 1.

    mean = sum x / N and deviation = sqrt(sum (x - mean)^2 / N), each feature by itself, in
    float64 over the training split alone; a feature that is constant there is only shifted.
    """
    train = splits["train"].inputs
    mean = sum_over_rows(train, np.zeros(train.shape[1:]), power=1) / len(train)
    deviation = np.sqrt(sum_over_rows(train, mean, power=2) / len(train))
    deviation[deviation == 0] = 1
    for split in splits.values():
        for rows in row_blocks(split.inputs, BLOCK_BYTES):
            split.inputs[rows] = (split.inputs[rows] - mean) / deviation


def sum_over_rows(array: np.ndarray, center: np.ndarray, power: int) -> np.ndarray:
    """Return sum_n (array[n] - center)^power in float64, reading one block of rows at a time."""
    total = np.zeros(array.shape[1:])
    for rows in row_blocks(array, BLOCK_BYTES):
        total += ((array[rows] - center) ** power).sum(axis=0)
    return total
