"""Examples in memory as a finished model takes them raw, whatever kind that is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import datasets
from datasets.own.columns import raw_columns
from datasets.own.frames import frame_of
from datasets.raw.examples import RawExamples
from datasets.raw.reading import TAKES, read_raw
from trainers.api.data import is_frame
from trainers.cli.advice import without_advice

if TYPE_CHECKING:
    from trainers.predictions.predictor import Predictor


def answers(predictor: Predictor, inputs: Any, batch_size: int) -> np.ndarray:
    """Return a model's answers to raw inputs, `[inputs, names]`.

    Args:
        predictor: the model.
        inputs: as `raw_examples` takes them.
        batch_size: how many are in memory at once.

    Raises:
        DataError: the model does not take them.
    """
    raw = raw_examples(predictor.inputs, inputs)
    none = np.zeros((0, len(predictor.names)), np.float32)
    with without_advice():
        found = [predictor.predict(each) for each in raw.batches(batch_size)]
        return np.concatenate(found or [none])


def raw_examples(inputs: dict[str, Any], given: Any) -> RawExamples:
    """Return what is to be predicted.

    Args:
        inputs: "inputs" of a `Dataset.preparation`.
        given: paths; or an array, batches of a `tf.data.Dataset`, a list of pictures or of
            sequences, a data frame or a dictionary of columns, a text or a list of them, as the
            model's kind is.

    Raises:
        DataError: it is not of the kind.
    """
    kind = inputs["kind"]
    if hasattr(given, "as_numpy_iterator") and hasattr(given, "element_spec"):
        given = _batches_joined(given)
    paths = _paths(given, kind)
    if paths:
        return read_raw(inputs, paths)
    if kind == "symbols":
        texts = [given] if isinstance(given, str) else [str(each) for each in given]
        return read_raw(inputs, [], texts=texts)
    if kind == "table":
        return _rows(_columns(inputs, given))
    if is_frame(given):
        given = given.to_numpy() if hasattr(given, "to_numpy") else np.asarray(given)
    if kind == "sequences":
        return _rows(_sequences(given, int(inputs["features"])))
    return _rows(_pictures(inputs, given) if kind == "images" else _numbers(inputs, given))


def _batches_joined(given: Any) -> Any:
    """Return the inputs of a `tf.data.Dataset` of batches, of inputs alone or with targets."""
    if int(given.cardinality()) == -1:
        raise datasets.DataError(
            "inputs have no end; give .take(n) of them, or leave .repeat() out"
        )
    parts = [each[0] if isinstance(each, tuple) else each for each in given.as_numpy_iterator()]
    if not parts or any(isinstance(part, Mapping) or not np.ndim(part) for part in parts):
        raise datasets.DataError(
            "inputs are a tf.data.Dataset that gives no batches of arrays; give .batch(n) of one"
        )
    joined = np.concatenate(parts)
    # TensorFlow's strings are bytes.
    return [each.decode("utf-8") for each in joined.flat] if joined.dtype.hasobject else joined


def _rows(raw: Any) -> RawExamples:
    """Return values as examples that are called by their numbers."""
    size = len(next(iter(raw.values()))) if isinstance(raw, dict) else len(raw)

    def take(rows: np.ndarray) -> Any:
        if isinstance(raw, dict):
            return {name: values[rows] for name, values in raw.items()}
        return raw[rows] if isinstance(raw, np.ndarray) else [raw[number] for number in rows]

    return RawExamples([str(number) for number in range(size)], take)


def _paths(given: Any, kind: str) -> list[Path]:
    """Return the paths that are given; a plain string is a text where the model takes texts."""
    sources = given if isinstance(given, list | tuple) else [given]
    if not sources or not all(isinstance(each, str | os.PathLike) for each in sources):
        return []
    if kind == "symbols" and any(isinstance(each, str) for each in sources):
        return []
    return [Path(each) for each in sources]


def _columns(inputs: Mapping[str, Any], given: Any) -> dict[str, np.ndarray]:
    words = [each["name"] for each in inputs["columns"] if each["kind"] == "category"]
    if isinstance(given, Mapping):
        import pyarrow

        given = pyarrow.table({name: _column(values) for name, values in given.items()})
    if not is_frame(given):
        raise _wrong("table", given)
    return raw_columns(frame_of(given, words=words), inputs["columns"])


def _column(values: Any) -> list[Any]:
    """Return a column's values; a single one is a column of one row."""
    array = np.asarray(values, object).reshape(-1)
    return array.tolist()


def _numbers(inputs: Mapping[str, Any], given: Any) -> np.ndarray:
    shape = tuple(inputs["shape"])
    array = _array("numbers", given)
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        raise datasets.DataError(
            f"inputs have shape {array.shape}, and the model takes {('examples', *shape)}; give it "
            "what it was trained on"
        )
    if not np.isfinite(array).all():
        raise datasets.DataError("inputs hold numbers that are not finite; leave them out")
    return array.astype(np.float32)


def _sequences(given: Any, features: int) -> np.ndarray:
    several = isinstance(given, list | tuple)
    parts = [_array("sequences", each) for each in given] if several else []
    array = _padded(parts) if several else _array("sequences", given)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] != features:
        raise datasets.DataError(
            f"inputs have shape {array.shape}, and the model takes ('examples', 'steps', "
            f"{features}) or a list of ('steps', {features})"
        )
    return array.astype(np.float32)


def _padded(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return sequences as one array, NaN behind their ends."""
    if not parts or any(part.ndim != 2 or part.shape[1] != parts[0].shape[1] for part in parts):
        raise datasets.DataError(
            "inputs are no list of sequences (steps, features) of equally many features; give one"
        )
    longest = max(len(part) for part in parts)
    return np.stack(
        [
            np.pad(
                part.astype(np.float32), ((0, longest - len(part)), (0, 0)), constant_values=np.nan
            )
            for part in parts
        ]
    )


def _pictures(inputs: Mapping[str, Any], given: Any) -> Any:
    *size, channels = inputs["shape"]
    pictures: Any
    if isinstance(given, list | tuple):
        pictures = [_picture(np.asarray(each), channels) for each in given]
    else:
        array = _array("images", given)
        pictures = array if array.ndim == 4 else [_picture(array, channels)]
        if array.ndim == 3 and array.shape[-1] != channels:
            pictures = array[..., None]
    wrong = [p.shape for p in pictures if inputs["resize"] is None and list(p.shape[:2]) != size]
    wrong += [p.shape for p in pictures if p.ndim != 3 or p.shape[-1] != channels]
    if wrong:
        raise datasets.DataError(
            f"a picture has shape {wrong[0]}, and the model takes {(*size, channels)}"
            f"{'' if inputs['resize'] is None else ', or another height and width'}"
        )
    for picture in pictures:
        if picture.dtype != np.uint8:
            raise datasets.DataError(
                f"pictures are {picture.dtype}, and the model takes whole numbers from 0 to 255, "
                "uint8; multiply by 255 what is in 0 to 1, and give .astype('uint8')"
            )
    return pictures


def _picture(array: np.ndarray, channels: int) -> np.ndarray:
    return array[..., None] if array.ndim == 2 and channels == 1 else array


def _array(kind: str, given: Any) -> np.ndarray:
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise _wrong(kind, given)
    return array


def _wrong(kind: str, given: Any) -> datasets.DataError:
    return datasets.DataError(
        f"inputs are {type(given).__name__}, and the model takes {TAKES[kind]}; or the same in "
        "memory: arrays, a data frame"
    )
