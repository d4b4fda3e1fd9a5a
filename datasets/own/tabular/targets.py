"""What the target columns of a table are predicted as: a class, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.errors import DataError, DataOptionError
from datasets.own.tabular.blocks import Column, Frame, listed
from datasets.own.tabular.typed import LARGEST, MISSING, number_word

MOST_CLASSES = 1000
# Whole numbers of so many values may be classes or quantities: the user says which.
_AMBIGUOUS = 100


@dataclass(frozen=True, eq=False)
class TableTargets:
    """The targets of a table's rows.

    Attributes:
        task: "classification" or "regression".
        values: `[n]` int32 classes, or `[n, targets]` float64 in their own units.
        names: of the classes, or of the columns.
        present: `[n]` whether a row has all its targets; where not, `values` say nothing.
        notes: one line of what was taken for what, where that was not said.
    """

    task: str
    values: np.ndarray
    names: tuple[str, ...]
    present: np.ndarray
    notes: tuple[str, ...] = ()


def targets_of(frame: Frame, names: Sequence[str], task: str) -> TableTargets:
    """Return the targets of a table.

    Several columns are numbers. One is a class if it is of words, of truth values or of two whole
    numbers, and a number if it has a fraction or more than 100 different values; of other whole
    numbers the user says what they are.

    Args:
        frame: the table.
        names: of the columns.
        task: "auto", "classification" or "regression".

    Raises:
        DataError: the columns are not what the task needs, or may be either.
        DataOptionError: a classification of several columns.
    """
    columns = [frame.column(name, "target column") for name in names]
    for name, column in zip(names, columns, strict=True):
        if column.kind == "nested":
            raise DataError(
                f"{frame.source}: target {name!r} holds lists or bytes, expected numbers or words"
            )
    if len(names) > 1:
        if task == "classification":
            raise DataOptionError(
                f"task is 'classification' with {len(names)} targets ({listed(names)}), allowed "
                "with one; name one column, or use --task regression"
            )
        return _numbers(frame, names, columns, ())
    name, column = names[0], columns[0]
    notes: tuple[str, ...] = ()
    if task == "auto":
        task, notes = _task(frame, name, column)
    if task == "regression":
        return _numbers(frame, names, columns, notes)
    return _classes(frame, name, column, notes)


def _task(frame: Frame, name: str, column: Column) -> tuple[str, tuple[str, ...]]:
    if column.kind in ("words", "boolean"):
        return "classification", ()
    values = column.values()
    different = np.unique(values[~np.isnan(values)])
    if not np.all(different == np.rint(different)):
        return "regression", ()
    count = len(different)
    told = f"target {name!r} has {count:,} different whole numbers, taken for"
    if count == 2:
        return "classification", (f"{told} classes; --task regression takes them for quantities",)
    if count > _AMBIGUOUS:
        return "regression", (f"{told} quantities; --task classification takes them for classes",)
    raise DataError(
        f"{frame.source}: target {name!r} has {count} different whole numbers "
        f"({listed([number_word(each) for each in different], 5)}), which may be classes or "
        "quantities; pass --task classification or --task regression"
    )


def _numbers(
    frame: Frame, names: Sequence[str], columns: Sequence[Column], notes: tuple[str, ...]
) -> TableTargets:
    for name, column in zip(names, columns, strict=True):
        if column.kind == "words":
            shown = listed([repr(word) for word in column.words if word], 3)
            raise DataError(
                f"{frame.source}: target {name!r} holds words ({shown}), expected numbers for a "
                "regression; name another column, or one alone with --task classification"
            )
    values = np.stack([column.values().astype(np.float64) for column in columns], axis=1)
    wrong = np.argwhere(np.abs(values) > LARGEST)
    if len(wrong):
        row, place = wrong[0]
        raise DataError(
            f"{frame.source}: target {names[place]!r} is {values[row, place]:g} in row {row + 1}, "
            f"expected numbers up to {LARGEST:.0e}; mend it, or leave it empty"
        )
    present = np.asarray(~np.isnan(values).any(axis=1))
    for name, own in zip(names, values.T, strict=True):
        there = own[present]
        if len(there) and there.min() == there.max():
            raise DataError(
                f"{frame.source}: target {name!r} is {there[0]:g} in every row, so that there is "
                "nothing to learn; name another column"
            )
    return TableTargets("regression", values, tuple(names), present, notes)


def _classes(frame: Frame, name: str, column: Column, notes: tuple[str, ...]) -> TableTargets:
    if column.kind == "words":
        known = sorted(word for word in column.words if word)
        places = {word: place for place, word in enumerate(known)} | {"": -1}
        by_word = np.array([places[word] for word in column.words], np.int32)
        numbers, names = by_word[np.concatenate(column.blocks)], known
    else:
        values = column.values()
        present = ~np.isnan(values)
        numbers = np.full(len(values), -1, np.int32)
        different, numbers[present] = np.unique(values[present], return_inverse=True)
        boolean = column.kind == "boolean"
        names = [
            ("false", "true")[int(each)] if boolean else number_word(each) for each in different
        ]
    present = numbers >= 0
    if len(names) < 2:
        raise DataError(
            f"{frame.source}: target {name!r} has one class alone ({listed(names) or 'none'}), "
            "expected two or more; name another column"
        )
    if len(names) > MOST_CLASSES or 2 * len(names) > present.sum() > 10:
        raise DataError(
            f"{frame.source}: target {name!r} has {len(names):,} different values in "
            f"{int(present.sum()):,} rows, too many for classes; name another column"
            + ("" if column.kind == "words" else ", or use --task regression")
        )
    return TableTargets(
        "classification", numbers, tuple(names), present, (*notes, *_missing(name, names))
    )


def _missing(name: str, classes: Sequence[str]) -> list[str]:
    """Return a line about classes that are called as a missing number is written."""
    alike = [each for each in classes if each in MISSING]
    if not alike:
        return []
    return [
        f"target {name!r} has {listed([repr(each) for each in alike])} as a class: where that "
        "means a missing one, empty the cell"
    ]
