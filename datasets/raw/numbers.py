"""Rows of numbers and sequences of them, from arrays and from tables without names."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.array_files import ALIASES, all_arrays
from datasets.raw.examples import RawExamples, joined

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"


def numbers(inputs: dict[str, Any], paths: Sequence[Path]) -> RawExamples:
    """Return the rows of .npy and .npz files, `[n, *shape]`, and of tables that hold numbers alone.

    Args:
        inputs: the preparation's inputs, of kind "numbers".
        paths: the files.

    Raises:
        DataError: a file holds something else, another shape, or numbers that are not finite.
    """
    return joined([_rows(path, inputs, len(paths)) for path in paths], np.concatenate)


def pixels(inputs: dict[str, Any], path: Path) -> RawExamples:
    """Return pictures in an array `[n, height, width, channels]` uint8, or without channels if 1.

    Args:
        inputs: the preparation's inputs, of kind "images".
        path: an .npy or .npz file.

    Raises:
        DataError: it holds something else.
    """
    images = values_of(inputs, *_array(path))
    return RawExamples(_names(path, len(images), 1), lambda rows: list(images[rows]), (), "row")


def sequences(inputs: dict[str, Any], paths: Sequence[Path]) -> RawExamples:
    """Return the sequences of files: arrays `[n, time, features]` with lengths, or a table each.

    Of a table the rows are the steps of one sequence. Steps that are padding are NaN.

    Args:
        inputs: the preparation's inputs, of kind "sequences".
        paths: the files.

    Raises:
        DataError: a file holds something else, or numbers that are not finite.
    """
    return joined([_sequences(path, inputs, len(paths)) for path in paths], _padded)


def values_of(
    inputs: dict[str, Any], array: np.ndarray, lengths: np.ndarray | None, where: str
) -> np.ndarray:
    """Return an array as a model takes it: uint8 pictures, or float32 with NaN for padding.

    Args:
        inputs: the preparation's inputs, of kind "images", "numbers" or "sequences".
        array: `[n, ...]`.
        lengths: `[n]` steps of each sequence that are no padding, or None.
        where: what messages call the array.

    Raises:
        DataError: it has another shape, or numbers that are not finite.
    """
    if inputs["kind"] == "images":
        return _images(inputs, array, where)
    if inputs["kind"] == "sequences":
        return _steps(array, lengths, inputs["features"], where)
    shape = tuple(inputs["shape"])
    array = array[None] if array.shape == shape else array
    array = array[:, None] if array.ndim == 1 and shape == (1,) else array
    if array.shape[1:] != shape:
        wanted = ", ".join(map(str, ("n", *shape)))
        raise DataError(
            f"{where} has shape {array.shape}, and the model takes ({wanted}); give rows of "
            "that form"
        )
    return _finite(array, where, np.zeros(array.shape[:1], bool))


def _images(inputs: dict[str, Any], array: np.ndarray, where: str) -> np.ndarray:
    *size, channels = inputs["shape"]
    images = array[..., None] if array.ndim == 3 and channels == 1 else array
    fitting = images.ndim == 4 and images.shape[-1] == channels
    fitting = fitting and (inputs["resize"] is not None or list(images.shape[1:3]) == list(size))
    if not fitting or images.dtype != np.uint8:
        free = "height, width" if inputs["resize"] else ", ".join(map(str, size))
        raise DataError(
            f"{where} is {array.dtype} of shape {array.shape}, and the model takes uint8 of shape "
            f"(n, {free}, {channels}); give pictures of that form"
        )
    return images


def _steps(array: np.ndarray, lengths: np.ndarray | None, features: int, where: str) -> np.ndarray:
    if array.ndim == 2 and features == 1:
        array = array[..., None]
    elif array.ndim == 2 and array.shape[1] == features:
        array = array[None]
    if array.ndim != 3 or array.shape[2] != features or 0 in array.shape:
        raise DataError(
            f"{where} has shape {array.shape}, and the model takes (n, time, {features}); give "
            "sequences of that form"
        )
    values = _float32(array)
    if lengths is not None:
        wrong = lengths.shape != values.shape[:1] or lengths.dtype.kind not in "iu"
        if wrong or lengths.min() < 1 or lengths.max() > values.shape[1]:
            raise DataError(
                f"lengths of {where} are {lengths.dtype} of shape {lengths.shape}, expected a "
                f"whole number from 1 to {values.shape[1]} for each of {len(values)} sequences"
            )
        values[np.arange(values.shape[1]) >= lengths[:, None]] = np.nan
    missing = np.all(np.isnan(values), axis=2)
    empty = np.flatnonzero(missing.all(axis=1))
    if len(empty):
        raise DataError(f"{where}[{empty[0]}] is a sequence without a step; leave it out")
    # Only behind a sequence's last step.
    padding = np.logical_and.accumulate(missing[:, ::-1], axis=1)[:, ::-1]
    return _finite(values, where, padding)


def is_array(path: Path) -> bool:
    """Tell whether a file begins as an .npy or .npz file does.

    Raises:
        DataError: it cannot be read.
    """
    beginning = _beginning(path)
    return beginning == _NPY or beginning.startswith(_ZIP)


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_NPY))
    except OSError as error:
        raise DataError(f"{named(path)} cannot be read ({one_line(error)})") from error


def _rows(path: Path, inputs: dict[str, Any], files: int) -> RawExamples:
    notes: tuple[str, ...] = ()
    if is_array(path):
        values = values_of(inputs, *_array(path))
    else:
        shape = tuple(inputs["shape"])
        table, notes = _table(path, math.prod(shape))
        values = values_of(inputs, table.reshape(-1, *shape), None, named(path))
    return RawExamples(_names(path, len(values), files), lambda rows: values[rows], notes, "row")


def _sequences(path: Path, inputs: dict[str, Any], files: int) -> RawExamples:
    if not is_array(path):
        table, notes = _table(path, inputs["features"])
        values = values_of(inputs, table[None], None, named(path))
        return RawExamples([str(path)], lambda rows: values[rows], notes, "file")
    values = values_of(inputs, *_array(path))
    return RawExamples(_names(path, len(values), files), lambda rows: values[rows], (), "row")


def _array(path: Path) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Return a file's array of inputs, its lengths if there are any, and what messages call it."""
    if not is_array(path):
        raise DataError(f"{named(path)} is no .npy or .npz file; give one that NumPy has written")
    if _beginning(path) == _NPY:
        try:
            # Mapped, so that a header that tells of more than there is takes no memory.
            arrays = {"": np.load(path, mmap_mode="r", allow_pickle=False)}
        except Exception as error:  # a damaged header goes through Python's own parser
            raise DataError(
                f"{named(path)} cannot be read ({one_line(error)}); give numbers that np.save has "
                "written"
            ) from error
    else:
        arrays = all_arrays(path)
    names = [key for key in arrays if key.lower() in ALIASES["inputs"]] or list(arrays)
    if len(names) != 1:
        raise DataError(
            f"{named(path)} holds {', '.join(arrays) or 'nothing'}, expected one array of inputs, "
            "named X"
        )
    array, where = arrays[names[0]], f"{named(path)}: {names[0]}".removesuffix(": ")
    if array.dtype.kind not in "buif" or not array.ndim or not len(array):
        raise DataError(f"{where} is {array.dtype} of shape {array.shape}, expected numbers")
    return array, arrays.get("lengths"), where


def _table(path: Path, width: int) -> tuple[np.ndarray, tuple[str, ...]]:
    from datasets.own.frames import read_frame

    frame = read_frame(path)
    wrong = [name for name in frame.names if frame.column(name).kind not in ("number", "boolean")]
    if wrong or len(frame.names) != width:
        what = f"column {wrong[0]!r} of words" if wrong else f"{len(frame.names)} columns"
        raise DataError(
            f"{named(path)} has {what}, and the model takes {width} columns of numbers, in the "
            "order that it was trained on"
        )
    return np.stack([frame[name] for name in frame.names], axis=1), frame.notes


def _finite(array: np.ndarray, where: str, padding: np.ndarray) -> np.ndarray:
    """Return float32, having required numbers in all examples or steps that are no `padding`."""
    values = _float32(array)
    wrong = ~np.isfinite(values)
    wrong &= ~padding.reshape(*padding.shape, *[1] * (wrong.ndim - padding.ndim))
    if wrong.any():
        place = ", ".join(map(str, np.argwhere(wrong)[0]))
        raise DataError(
            f"{where} [{place}] is missing, infinite or beyond float32, expected a number; mend it"
        )
    return values


def _float32(array: np.ndarray) -> np.ndarray:
    """Return a copy, in which what float32 cannot hold is infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(np.float32)


def _names(path: Path, count: int, files: int) -> list[str]:
    return [f"{path}:{row}" if files > 1 else str(row) for row in range(count)]


def _padded(parts: list[np.ndarray]) -> np.ndarray:
    time = max(part.shape[1] for part in parts)
    return np.concatenate(
        [
            np.pad(part, ((0, 0), (0, time - part.shape[1]), (0, 0)), constant_values=np.nan)
            for part in parts
        ]
    )
