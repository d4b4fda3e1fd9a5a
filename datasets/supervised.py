"""From records to arrays: images with classes, or tables with numeric targets."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from datasets.checks import check_batch, check_finite, check_labels
from datasets.dataset import Split, row_blocks
from datasets.own.pictorial.reading import BLOCK_PICTURES, decoded
from datasets.own.pictures import strict_decoding
from datasets.partition import Division, Source
from datasets.records import read_batches
from datasets.schema import Schema
from datasets.storage import Storage, release

BLOCK_BYTES = 1 << 24


def supervised_nbytes(schema: Schema, sources: list[Source]) -> int:
    """Return the bytes that `source_splits` will allocate for all sources together."""
    example_values = int(np.prod(schema.input_shape)) + 2  # the input, its target, its weight
    return schema.dtype.itemsize * example_values * sum(source.size for source in sources)


def source_splits(
    name: str, builder: Any, source: Source, schema: Schema, storage: Storage, split_seed: int
) -> dict[str, Split]:
    """Read the splits that a source makes; images in [0, 1], numbers as recorded.

    A source of several splits is divided by class: its labels are read first, and nothing else
    of the records; then every record is decoded once, into its row. Where the records' places in
    the builder's files are known, they are the division, and no label is read for it.

    Raises:
        DataError: records are damaged, of another shape or type than declared, not finite, or
            their labels are out of range.
    """
    regression = schema.task == "regression"
    splits = {split: _allocated(size, schema, storage) for split, size in source.sizes.items()}
    drawn = source.carved and source.places is None
    labels = _labels(name, builder, source, schema) if drawn and not regression else None
    division = Division(source, labels, split_seed)
    example_bytes = int(np.prod(schema.input_shape)) * schema.input_dtype.itemsize
    keys = (schema.input_key, schema.target_key)
    where = f"dataset {name!r}, split {source.name!r}"
    encoded = schema.form is not None
    image_shape = schema.input_shape if schema.image and not encoded else None
    read = read_batches(name, builder, source, keys, example_bytes, image_shape, encoded)
    for inputs, targets in _batches(where, schema, read):
        check_batch(where, schema, inputs)
        if not regression:
            # Before the cast to int32, which would wrap a huge label into the range.
            check_labels(where, targets, len(schema.class_names))
        for split, chosen, rows in division.next(len(targets)):
            filled = splits[split]
            filled.targets[rows] = targets[chosen].reshape(-1, *filled.targets.shape[1:])
            if regression:
                check_finite(where, schema.target_key, filled.targets[rows])
            scale = schema.dtype.type(schema.scale)
            if isinstance(rows, slice):
                np.divide(inputs[chosen], scale, out=filled.inputs[rows], casting="unsafe")
            else:  # an index of rows is a copy, which cannot be written through
                scaled = np.empty((len(rows), *inputs.shape[1:]), filled.inputs.dtype)
                np.divide(inputs[chosen], scale, out=scaled, casting="unsafe")
                filled.inputs[rows] = scaled.reshape(-1, *filled.inputs.shape[1:])
            check_finite(where, schema.input_key, filled.inputs[rows])
            release(filled.inputs)
    return splits


def _batches(
    where: str, schema: Schema, batches: Iterator[tuple[np.ndarray, ...]]
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield batches with pictures as arrays, where they are still what a file holds."""
    if schema.form is None:
        yield from batches
        return
    count = 0
    for contents, targets in batches:
        names = [f"{where}: picture {count + row}" for row in range(len(contents))]
        count += len(contents)
        for start in range(0, len(contents), BLOCK_PICTURES):
            rows = slice(start, start + BLOCK_PICTURES)
            with strict_decoding():
                pictures = decoded(contents[rows], names[rows], schema.form)
            yield pictures, targets[rows]


def _allocated(size: int, schema: Schema, storage: Storage) -> Split:
    regression = schema.task == "regression"
    inputs = storage.allocate((size, *schema.input_shape), schema.dtype)
    targets = storage.allocate(
        (size, 1) if regression else (size,), schema.dtype if regression else np.int32
    )
    weights = storage.allocate((size,), schema.dtype)
    weights[:] = 1
    return Split(inputs, targets, weights, resident=storage.resident)


def _labels(name: str, builder: Any, source: Source, schema: Schema) -> np.ndarray:
    batches = []
    for (labels,) in read_batches(name, builder, source, (schema.target_key,), 8):
        where = f"dataset {name!r}, split {source.name!r}"
        check_labels(where, labels, len(schema.class_names))
        batches.append(labels)
    return np.concatenate(batches)


def standardize(splits: dict[str, Split]) -> tuple[np.ndarray, np.ndarray]:
    """Shift and scale every split's inputs in place to train mean 0 and train deviation 1.

    Returns the mean and the deviation, each of an example's shape:

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
    return mean, deviation


def preparation(
    schema: Schema, standardization: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, Any]:
    """Return how raw inputs became a split's and outputs become answers.

    Args:
        schema: of the data.
        standardization: what `standardize` returned, where it was called.
    """
    inputs: dict[str, Any] = {"kind": "images", "shape": list(schema.input_shape)}
    if schema.image:
        resize = schema.form.resize if schema.form and schema.form.size else None
        inputs |= {"scale": schema.scale, "resize": resize}
    else:
        found = standardization or (None, None)
        mean, deviation = (None if each is None else each.ravel().tolist() for each in found)
        inputs |= {"kind": "numbers", "mean": mean, "deviation": deviation}
    if schema.task == "classification":
        return {"inputs": inputs, "outputs": {"kind": "classes", "names": list(schema.class_names)}}
    numbers = {"kind": "numbers", "names": [schema.target_key], "mean": None, "deviation": None}
    return {"inputs": inputs, "outputs": numbers}


def sum_over_rows(array: np.ndarray, center: np.ndarray, power: int) -> np.ndarray:
    """Return sum_n (array[n] - center)^power in float64, reading one block of rows at a time."""
    total = np.zeros(array.shape[1:])
    for rows in row_blocks(array, BLOCK_BYTES):
        total += ((array[rows] - center) ** power).sum(axis=0)
    return total
