"""Tables in NumPy's archives: X with y, or one array for each column."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.tabular.blocks import listed
from datasets.own.tabular.columnar import BATCH_VALUES, Read, read_of, require_once
from datasets.own.tabular.typed import Typing

_INPUTS, _TARGETS = ("X", "x", "inputs", "features", "data"), ("y", "Y", "targets", "labels")
# What NumPy and zipfile raise for a damaged file; of the last, for one packed in an unknown way.
_UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, SyntaxError, zipfile.BadZipFile, zlib.error),
    NotImplementedError,
)
_NAMES = ("feature_names", "columns", "names")


def read_arrays(path: Path, words: Sequence[str], exact: bool) -> Read:
    """Read a NumPy archive: X `[rows, features]` and y, or one array for each column.

    Raises:
        DataError: it is none, holds Python objects, or arrays of other shapes.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            shapes = {key: _header(path, key)[0] for key in file.files}
            inputs = next((key for key in _INPUTS if len(shapes.get(key, ())) == 2), None)
            arrays = {key: file[key] for key in file.files if key != inputs}
        return read_of(
            named(path), _typed_arrays(path, shapes, inputs, arrays, words, exact), "NumPy"
        )
    except _UNREADABLE as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{named(path)} is no .npz file of numbers and words, or damaged ({one_line(error)}); "
            "write it by numpy.savez, without objects"
        ) from error


def _typed_arrays(
    path: Path,
    shapes: dict[str, tuple[int, ...]],
    inputs: str | None,
    arrays: dict[str, np.ndarray],
    words: Sequence[str],
    exact: bool,
) -> Typing:
    labels = [] if inputs is None else _labels(path, shapes[inputs][1], arrays)
    columns = _columns(path, shapes, inputs, arrays)
    require_once(named(path), [*labels, *columns])
    lengths = {len(column) for column in columns.values()}
    lengths |= set() if inputs is None else {shapes[inputs][0]}
    if len(lengths) != 1:
        raise DataError(
            f"{named(path)} has arrays of different lengths: {_told(shapes)}; give equal ones"
        )
    typing = Typing([*labels, *columns], text=False, words=words, exact=exact)
    size, step = lengths.pop(), max(1, BATCH_VALUES // (len(labels) + len(columns)))
    blocks = iter(()) if inputs is None else _blocks(path, inputs, step)
    for first in range(0, size, step):
        rows = slice(first, first + step)
        matrix = next(blocks, np.empty((0, 0))).T
        block = dict(zip(labels, matrix, strict=bool(labels)))
        block |= {name: column[rows] for name, column in columns.items()}
        typing.add({name: _cells(path, name, column) for name, column in block.items()})
    return typing


def _labels(path: Path, width: int, arrays: dict[str, np.ndarray]) -> list[str]:
    names = next((arrays.pop(key) for key in _NAMES if key in arrays), None)
    if names is None:
        return [f"x{place}" for place in range(width)]
    if names.shape != (width,):
        raise DataError(
            f"{named(path)} has {names.size} names of features and {width} features; mend it"
        )
    return [str(name) for name in names]


def _columns(
    path: Path,
    shapes: dict[str, tuple[int, ...]],
    inputs: str | None,
    arrays: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return the columns beside X; without X every array is one."""
    if inputs is None and (len(arrays) < 2 or any(each.ndim != 1 for each in arrays.values())):
        raise DataError(
            f"{named(path)} holds {_told(shapes) or 'nothing'}; expected X of shape (rows, "
            "features) and y, or one array of one axis for each column; other shapes are for "
            "--dataset arrays"
        )
    columns: dict[str, np.ndarray] = {}
    for key, array in arrays.items():
        if array.ndim == 2 and key in _TARGETS:
            columns |= {f"{key}{place}": array[:, place] for place in range(array.shape[1])}
        elif array.ndim == 1:
            columns[key] = array
        else:
            raise DataError(
                f"{named(path)} has {key} of shape {array.shape}, expected one axis of rows; leave "
                "it out"
            )
    return columns


def _told(shapes: dict[str, tuple[int, ...]]) -> str:
    return listed([f"{key} {shape}" for key, shape in shapes.items()])


def _header(path: Path, key: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return an array's shape, whether its columns come first, and its type."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as file:
        return _read_header(file)


def _read_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    return read(file)


def _blocks(path: Path, key: str, rows: int) -> Iterator[np.ndarray]:
    """Yield a matrix in blocks of rows, without having all of it in memory."""
    shape, columns_first, dtype = _header(path, key)
    if columns_first or dtype.hasobject:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            whole = file[key]
        yield from (whole[first : first + rows] for first in range(0, shape[0], rows))
        return
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as file:
        _read_header(file)
        for first in range(0, shape[0], rows):
            count = min(rows, shape[0] - first) * shape[1]
            content = file.read(count * dtype.itemsize)
            yield np.frombuffer(content, dtype, count).reshape(-1, shape[1])


def _cells(path: Path, name: str, values: np.ndarray) -> Any:
    import pyarrow as pa

    if values.dtype.kind not in "biufU":
        raise DataError(
            f"{named(path)}: {name} is of {values.dtype}, expected numbers or words; convert it"
        )
    return pa.array(np.ascontiguousarray(values))
