"""What an array of targets is: classes, or numbers in units of their own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from datasets.own.parts import Part

# More different whole numbers than this, or than every second example has, may be quantities.
_MOST_CLASSES = 100
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class ArrayTargets:
    """The targets of all parts.

    Args:
        task: "classification" or "regression".
        values: split -> `[n]` int32 classes, or `[n, targets]` float64 in their own units.
        names: of the classes, or of the targets where they have some.
        notes: what was taken for what, one line each.
    """

    task: str
    values: dict[str, np.ndarray]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        parts: Mapping[str, Part],
        task: str,
        class_names: Sequence[str] = (),
        target_names: Sequence[str] = (),
    ) -> ArrayTargets:
        """Look at the targets of all parts.

        Strings are classes, numbers with a point are quantities; whole numbers and booleans are
        classes where they are few. Rows of one 1 among zeros are classes too.

        Args:
            parts: split -> its arrays.
            task: "auto", or what the targets are predicted as.
            class_names: of classes 0, 1, ...; else they are called as the targets are.
            target_names: of a regression.

        Raises:
            DataError: whole numbers that may be either, fewer than two classes, a class that has
                no name, NaN or infinite targets, or another form.
        """
        values, notes = {split: _flat(part) for split, part in parts.items()}, []
        for split, part in parts.items():
            if values[split].shape[1:] != next(iter(values.values())).shape[1:]:
                raise part.error("targets", f"has shape {part.targets.shape}, unlike the others")
        first = parts["train"]
        if task != "regression" and all(_is_one_hot(each) for each in values.values()):
            width = values["train"].shape[1]
            notes = [f"{first.where}{first.named('targets')}: one of {width} columns is 1: classes"]
            values = {split: each.argmax(axis=1) for split, each in values.items()}
            class_names = class_names or [str(number) for number in range(width)]
            task = "classification"
        if task == "auto":
            task = _task(parts, values, class_names)
        if task == "regression":
            return cls(task, _numbers(parts, values), _target_names(first, values, target_names))
        numbers, names = _classes(parts, values, tuple(class_names))
        return cls(task, numbers, names, tuple(notes))

    def stored(
        self, train: np.ndarray, numbers: np.dtype
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return what a model is trained on, `[n]` int32 or `[n, targets]` numbers, by split.

        Numbers are standardized by train's mean and deviation, z = (y - mean) / deviation; where a
        deviation is 0, it is 1. With them comes the preparation of the outputs.

        Args:
            train: which rows of "train" are trained on.
            numbers: their type.
        """
        if self.task == "classification":
            return self.values, {"kind": "classes", "names": list(self.names)}
        chosen = self.values["train"][train]
        mean, deviation = chosen.mean(axis=0), chosen.std(axis=0)
        deviation[deviation <= 1e-12 * np.abs(mean)] = 1
        deviation[deviation == 0] = 1
        scaled = {
            split: ((each - mean) / deviation).astype(numbers)
            for split, each in self.values.items()
        }
        return scaled, {
            "kind": "numbers",
            "names": list(self.names),
            "mean": mean.tolist(),
            "deviation": deviation.tolist(),
        }


def _flat(part: Part) -> np.ndarray:
    """Return a part's targets with `[n]` for `[n, 1]`."""
    targets = part.targets
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.ndim > 2 or 0 in targets.shape[1:]:
        raise part.error(
            "targets", f"has shape {targets.shape}, expected one value or one row per example"
        )
    if targets.ndim == 2 and targets.dtype.kind in "US":
        raise part.error(
            "targets", f"holds strings of shape {targets.shape}, expected one class per example"
        )
    if targets.dtype.kind == "S":
        try:
            return np.char.decode(targets, "utf-8")
        except UnicodeDecodeError as error:
            raise part.error(
                "targets", f"holds bytes that are no UTF-8 ({error.reason})"
            ) from error
    if targets.dtype.kind == "f":
        wrong = np.argwhere(~np.isfinite(targets))
        if len(wrong):
            raise part.error(
                "targets", f"[{wrong[0][0]}] is NaN or infinite, expected a number; leave it out"
            )
    return targets


def _is_one_hot(values: np.ndarray) -> bool:
    return (
        values.ndim == 2
        and bool(((values == 0) | (values == 1)).all())
        and bool((values.sum(axis=1) == 1).all())
    )


def _task(
    parts: Mapping[str, Part], values: Mapping[str, np.ndarray], class_names: Sequence[str]
) -> str:
    kinds = {each.dtype.kind for each in values.values()}
    if "f" in kinds or next(iter(values.values())).ndim == 2:
        return "regression"
    if kinds & set("Ub") or class_names:
        return "classification"
    count = len(np.unique(np.concatenate(list(values.values()))))
    total = sum(len(each) for each in values.values())
    if count > _MOST_CLASSES or count > total / 2:
        raise parts["train"].error(
            "targets",
            f"holds {count:,} different whole numbers in {total:,} examples, which may be classes "
            "or quantities; give --task classification or --task regression",
        )
    return "classification"


def _numbers(parts: Mapping[str, Part], values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    for split, each in values.items():
        if each.dtype.kind == "U":
            raise parts[split].error(
                "targets", f"holds strings, as {str(each[0])!r}; give --task classification"
            )
    return {split: each.astype(np.float64).reshape(len(each), -1) for split, each in values.items()}


def _target_names(
    first: Part, values: Mapping[str, np.ndarray], names: Sequence[str]
) -> tuple[str, ...]:
    width = 1 if values["train"].ndim == 1 else values["train"].shape[1]
    if names and len(names) != width:
        raise first.error(
            "targets", f"has {width} columns, target_names {len(names)}; give as many"
        )
    return tuple(names)


def _classes(
    parts: Mapping[str, Part], values: Mapping[str, np.ndarray], names: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    first = parts["train"]
    for split, each in values.items():
        if each.ndim == 2:
            raise parts[split].error(
                "targets",
                f"has {each.shape[1]} columns, expected one class; give --task regression",
            )
        if each.dtype.kind == "f" and not (each == np.floor(each)).all():
            raise parts[split].error(
                "targets", "holds fractions, which are no classes; give --task regression"
            )
        if (each.dtype.kind == "U") != (values["train"].dtype.kind == "U"):
            raise parts[split].error("targets", "is not of the type of the other targets")
    if len(set(names)) != len(names):
        raise first.error("targets", "have two classes of one name in class_names; rename one")
    spelt = first.targets.dtype.kind in "US"
    found = np.unique(np.concatenate([np.unique(each) for each in values.values()]))
    known = found
    if names:
        known = np.array(names) if spelt else np.arange(len(names))
    for split, each in values.items():
        strange = np.setdiff1d(each, known)
        if len(strange):
            raise parts[split].error("targets", _unknown(strange[0], known, names))
    if len(known) < 2:
        raise first.error("targets", f"holds one class alone, {known[0]}; give two or more")
    order = np.argsort(known)
    numbers = {
        split: order[np.searchsorted(known, each, sorter=order)].astype(np.int32)
        for split, each in values.items()
    }
    # Booleans and whole numbers are called as they are printed.
    spellings = [str(int(each)) if known.dtype.kind == "f" else str(each) for each in known]
    return numbers, names or tuple(spellings)


def _unknown(value: Any, known: np.ndarray, names: tuple[str, ...]) -> str:
    if known.dtype.kind == "U":
        near = difflib.get_close_matches(str(value), names, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        shown = ", ".join(names[:_SHOWN]) + ", ..." * (len(names) > _SHOWN)
        return f"holds {str(value)!r}, which class_names lacks; {meant}it has {shown}"
    return f"holds {value}, allowed are 0 to {len(names) - 1}, as class_names has {len(names)}"
