"""Tables whose columns have types: Parquet files, data frames, and arrays in NPZ files."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.tabular.blocks import Column, listed
from datasets.own.tabular.typed import Typing

_BATCH_VALUES = 1 << 22
_INPUTS, _TARGETS = ("X", "x", "inputs", "features", "data"), ("y", "Y", "targets", "labels")
_NAMES = ("feature_names", "columns", "names")
Read = tuple[dict[str, Column], list[int], list[str]]
"""Columns, the rows of each block, notes."""


def read_parquet(path: Path, words: Sequence[str]) -> Read:
    """Read a Parquet file.

    Raises:
        DataError: it is none, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            rows = max(1, _BATCH_VALUES // max(1, len(names)))
            typing = _typed(named(path), names, file.iter_batches(rows), words)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{named(path)} is no Parquet file, or damaged ({one_line(error)}); give another copy"
        ) from error
    return _read(named(path), typing, "Parquet")


def read_table(table: Any, words: Sequence[str]) -> Read:
    """Read a data frame of pandas, polars or pyarrow.

    Raises:
        DataError: a column holds values of several types.
    """
    import pyarrow as pa

    try:
        if hasattr(table, "__arrow_c_stream__"):
            table = pa.table(table)
        else:
            table = pa.Table.from_pandas(table, preserve_index=False)
        # What pandas's index becomes is no column.
        table = table.drop_columns([each for each in table.column_names if each in _index(table)])
    except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"the data frame cannot be read ({one_line(error)}); give one whose columns are each "
            "of one type"
        ) from error
    rows = max(1, _BATCH_VALUES // max(1, table.num_columns))
    names = table.column_names
    typing = _typed("the data frame", names, table.to_batches(max_chunksize=rows), words)
    return _read("the data frame", typing, "")


def _index(table: Any) -> list[str]:
    import json

    stored = (table.schema.metadata or {}).get(b"pandas")
    columns = json.loads(stored).get("index_columns", []) if stored else []
    return [each for each in columns if isinstance(each, str)]


def read_arrays(path: Path, words: Sequence[str]) -> Read:
    """Read a NumPy archive: X `[rows, features]` and y, or one array for each column.

    Raises:
        DataError: it is none, holds Python objects, or arrays of other shapes.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{named(path)} is no .npz file of numbers and words, or damaged ({one_line(error)}); "
            "write it by numpy.savez, without objects"
        ) from error
    columns = _columns(path, arrays)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        shapes = listed([f"{key} {array.shape}" for key, array in arrays.items()])
        raise DataError(f"{named(path)} has arrays of different lengths: {shapes}; mend them")
    typing = Typing(list(columns), text=False, words=words)
    step = max(1, _BATCH_VALUES // len(columns))
    for first in range(0, lengths.pop(), step):
        rows = slice(first, first + step)
        typing.add({name: _cells(path, name, column[rows]) for name, column in columns.items()})
    return _read(named(path), typing, "NumPy")


def _columns(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    inputs = next((key for key in _INPUTS if key in arrays and arrays[key].ndim == 2), None)
    if inputs is None:
        found = {key: array for key, array in arrays.items() if array.ndim == 1 and len(array)}
        if len(found) < 2 or len(found) < len(arrays):
            shapes = listed([f"{key} {array.shape}" for key, array in arrays.items()]) or "nothing"
            raise DataError(
                f"{named(path)} holds {shapes}; expected X of shape (rows, features) and y, or one "
                "array of one axis for each column; other shapes are for --dataset arrays"
            )
        return found
    names = next((arrays.pop(key) for key in _NAMES if key in arrays), None)
    width = arrays[inputs].shape[1]
    if names is not None and names.shape != (width,):
        raise DataError(
            f"{named(path)} has {names.size} names of features and {width} features; mend it"
        )
    labels = [f"x{place}" for place in range(width)] if names is None else [*map(str, names)]
    columns = {label: arrays[inputs][:, place] for place, label in enumerate(labels)}
    others = {key: array for key, array in arrays.items() if key != inputs}
    for key, array in others.items():
        if array.ndim == 2 and key in _TARGETS:
            columns |= {f"{key}{place}": array[:, place] for place in range(array.shape[1])}
        elif array.ndim == 1:
            columns[key] = array
        else:
            raise DataError(
                f"{named(path)} has {key} of shape {array.shape}, expected one axis of rows; leave "
                "it out"
            )
    if len(columns) < width:
        raise DataError(f"{named(path)} has two features of one name; rename them")
    return columns


def _cells(path: Path, name: str, values: np.ndarray) -> Any:
    import pyarrow as pa

    if values.dtype.kind not in "biufU":
        raise DataError(
            f"{named(path)}: {name} is of {values.dtype}, expected numbers or words; convert it"
        )
    return pa.array(np.ascontiguousarray(values))


def _typed(source: str, names: Sequence[str], batches: Any, words: Sequence[str]) -> Typing:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise DataError(f"{source} has two columns named {twice[0]!r}; rename one")
    typing = Typing(names, text=False, words=words)
    for batch in batches:
        if names and batch.num_rows:
            typing.add(dict(zip(names, batch.columns, strict=True)))
    return typing


def _read(source: str, typing: Typing, form: str) -> Read:
    rows = sum(typing.sizes)
    if not rows:
        raise DataError(f"{source} has no rows, expected at least one; give a table with rows")
    columns = typing.finished()
    told = f", {form}" if form else ""
    return columns, typing.sizes, [f"{source}: {rows:,} rows of {len(columns)} columns{told}"]
