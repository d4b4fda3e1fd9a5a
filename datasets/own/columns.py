"""What of a table's columns a model is given: numbers standardized, categories one-hot.

A number x becomes (x - mean) / deviation, each of the three and the result in float32 (in float64
where all digits are asked for, of a mean and a deviation that float32 has too), so that a
model that is exported computes the same bits. Of large numbers that lie close together, as
timestamps do, float32 keeps 24 binary digits: around 1.6e9 it tells apart what differs by 128.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datasets.errors import DataError
from datasets.own.tabular.blocks import Column, Frame, listed
from datasets.own.tabular.typed import LARGEST, number_of, number_word

# What a rounding error of float32 may be of a column's deviation before it is told.
_ROUNDING_SHARE = 0.01


def raw_columns(frame: Frame, columns: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Return what a model of a table takes, from a table with at least its columns.

    Args:
        frame: as read; columns that the model does not know are left out, see `ignored`.
        columns: of `Dataset.preparation["inputs"]`.

    Returns:
        Name -> `[rows, 1]`, float32 with NaN or strings with "" for a missing value.

    Raises:
        DataError: a column is missing, or of words where the model takes numbers.
    """
    return {
        column["name"]: (
            _numbers(frame, column["name"])
            if column["kind"] == "number"
            else _categories(frame, column["name"])
        ).reshape(-1, 1)
        for column in columns
    }


def ignored(frame: Frame, columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line about the columns of a table that a model does not take, if there are any."""
    known = {column["name"] for column in columns}
    others = [name for name in frame.names if name not in known]
    if not others:
        return []
    return [f"{frame.source}: {len(others)} columns are not asked for: {listed(others)}"]


def _numbers(frame: Frame, name: str) -> np.ndarray:
    column = frame.column(name)
    if column.kind == "nested":
        raise DataError(f"{frame.source}: column {name!r} holds no numbers; give one that does")
    if column.kind != "words":
        return as_float32(frame.source, name, column.values())
    values = {word: number_of(word) for word in column.words}
    wrong = [word for word, value in values.items() if value is None]
    if wrong:
        row = int(np.flatnonzero(column.values() == wrong[0])[0])
        raise DataError(
            f"{frame.source}: column {name!r} has {wrong[0]!r} in row {row + 1}, expected a number "
            "as in training; mend it, or leave it empty"
        )
    numbers = np.array([values[word] for word in column.words], np.float32)
    return numbers[np.concatenate(column.blocks)]


def _categories(frame: Frame, name: str) -> np.ndarray:
    column = frame.column(name)
    if column.kind == "nested":
        raise DataError(f"{frame.source}: column {name!r} holds no words; give one that does")
    if column.kind == "words":
        return column.values()
    values = column.values()
    different, places = np.unique(values, return_inverse=True)
    words = np.array([_word(column.kind, value) for value in different], object)
    return words[places]


def _word(kind: str, value: float) -> str:
    """Return a number as the word that it was most likely read from."""
    if np.isnan(value):
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    return number_word(value)


def as_float32(source: str, name: str, values: np.ndarray) -> np.ndarray:
    """Return a column as a model takes it.

    Raises:
        DataError: a value is infinite, or its difference to another may be in float32.
    """
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32, copy=False)
    wrong = np.flatnonzero(np.abs(numbers) > LARGEST)
    if len(wrong):
        raise DataError(
            f"{source}: column {name!r} has {float(values[wrong[0]])!r} in row {wrong[0] + 1}, "
            f"expected numbers up to {LARGEST:.0e}; mend it, or leave it empty"
        )
    return numbers


def describe(
    name: str, column: Column, train: np.ndarray, source: str, numbers: np.dtype
) -> tuple[dict[str, Any], list[str]]:
    """Return how a column is prepared, and what should be said of it.

    The median of the training rows stands for a missing number; mean and deviation are of those
    that are there.

    Args:
        name: of the column.
        column: of numbers or words.
        train: `[n]` the rows of the training split.
        source: the file, for messages.
        numbers: the type that is computed in.
    """
    if column.kind == "words":
        present = np.unique(np.concatenate(column.blocks)[train])
        categories = sorted(column.words[place] for place in present)
        return {"name": name, "kind": "category", "categories": categories}, []
    values = as_float32(source, name, column.values())[train]
    there = values[~np.isnan(values)]
    fill, mean, deviation = 0.0, 0.0, 1.0
    notes = []
    if len(there):
        fill = float(np.float32(np.median(there.astype(np.float64))))
        mean, deviation = moments(there)
        largest = float(np.max(np.abs(there)))
        rounded = numbers == np.float32
        if rounded and float(np.spacing(np.float32(largest))) > _ROUNDING_SHARE * deviation * 2:
            notes.append(
                f"column {name!r} has values near {largest:.4g}, of which float32 tells apart only "
                f"those that differ by {np.spacing(np.float32(largest)):.3g}, for a deviation of "
                f"{deviation:.3g}: subtract a constant from it first"
            )
    indicator = bool(len(there) < len(values))
    described = {"name": name, "kind": "number", "mean": mean, "deviation": deviation}
    return described | {"fill": fill, "indicator": indicator}, notes


def moments(values: np.ndarray) -> tuple[float, float]:
    """Return mean and deviation, computed in float64 and rounded to float32.

    deviation = sqrt(sum (x - mean)^2 / N); 1 where it is 0.
    """
    exact = values.astype(np.float64)
    deviation = float(np.float32(exact.std()))
    return float(np.float32(exact.mean())), deviation or 1.0


def width(columns: Sequence[Mapping[str, Any]]) -> int:
    """Return how many inputs columns become."""
    return sum(
        len(column["categories"]) + 1
        if column["kind"] == "category"
        else 1 + bool(column["indicator"])
        for column in columns
    )


def encode(
    columns: Sequence[Mapping[str, Any]],
    values: Mapping[str, np.ndarray],
    words: Mapping[str, Sequence[str]],
    out: np.ndarray,
) -> None:
    """Fill `out` `[rows, width]`, in whose type is computed, with what columns become.

    Args:
        columns: how each is prepared.
        values: name to `[rows]`: numbers, or places in the column's words.
        words: name to a column's words.
        out: where to.
    """
    place = 0
    for column in columns:
        name = column["name"]
        if column["kind"] == "category":
            kinds = {word: number for number, word in enumerate(column["categories"])}
            other = len(kinds)
            numbers = np.array([kinds.get(word, other) for word in words[name]], np.int64)
            out[:, place : place + other + 1] = 0
            out[np.arange(len(out)), place + numbers[values[name]]] = 1
            place += other + 1
            continue
        number = values[name].astype(out.dtype)
        missing = np.isnan(number)
        number[missing] = column["fill"]
        mean, deviation = (out.dtype.type(column[key]) for key in ("mean", "deviation"))
        out[:, place] = (number - mean) / deviation
        place += 1
        if column["indicator"]:
            out[:, place] = missing
            place += 1
