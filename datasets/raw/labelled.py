"""Data with their answers, on which a finished model is measured: read raw, by its own classes."""

import difflib
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, DataOptionError, named
from datasets.own.tabular.typed import usual_word
from datasets.raw.examples import RawExamples
from datasets.raw.reading import TAKES

_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Labelled:
    """Raw examples with their targets.

    Args:
        examples: the inputs.
        targets: `[n]` int32 classes by the model's numbers, or `[n, targets]` float64 in their own
            units.
        weights: `[n]` float32, what each example counts.
        notes: what the user should know, one line each.
        split: which they are; "all" of data that are not divided.
    """

    examples: RawExamples
    targets: np.ndarray
    weights: np.ndarray
    notes: tuple[str, ...] = ()
    split: str = "all"


def read_labelled(
    name: str,
    path: Path,
    preparation: dict[str, Any],
    split: str,
    *,
    target: str | None = None,
    weight_column: str | None = None,
    encoding: str | None = None,
) -> Labelled:
    """Return a file or folder of the user's own with its answers; of one divided, the split.

    Args:
        name: "images", "table" or "arrays".
        path: where they lie.
        preparation: of the model that is measured.
        split: which is meant where the data are divided.
        target: of a table: the columns that were to be predicted, parted by commas.
        weight_column: of a table: what rows count, where the table has it.
        encoding: of text that is neither UTF-8 nor marked.

    Raises:
        DataError: something is missing, damaged, of another kind, or of a class that the model
            does not know.
        DataOptionError: a table without a target.
    """
    inputs, outputs = preparation["inputs"], preparation["outputs"]
    fitting = {"table": ("table",), "images": ("images",)}
    if inputs["kind"] not in fitting.get(name, ("numbers", "sequences", "images")):
        raise DataError(
            f"dataset {name!r} is of another kind than the run's data: its model takes "
            f"{TAKES[inputs['kind']]}"
        )
    if not path.exists():
        raise DataError(f"{named(path)} is not there; check --data-path")
    if name == "images":
        return _folder(path, inputs, outputs, split)
    if name == "table":
        return _table(path, inputs, outputs, target, weight_column, encoding)
    return _arrays(path, inputs, outputs, split)


def class_numbers(labels: Sequence[str], names: Sequence[str], where: str) -> np.ndarray:
    """Return the model's numbers of classes that other data call by name.

    Raises:
        DataError: a class that the model does not know.
    """
    places = {name: place for place, name in enumerate(names)}
    strange = [label for label in dict.fromkeys(labels) if label not in places]
    if strange:
        near = difflib.get_close_matches(strange[0], names, n=1, cutoff=0.6)
        meant = f"did you mean {near[0]!r}? " if near else ""
        shown = ", ".join(names[:_SHOWN]) + (
            f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
        )
        raise DataError(
            f"{where} has the class {strange[0]!r}, which the model does not know; {meant}it knows "
            f"{shown}"
        )
    return np.array([places[label] for label in labels], np.int32)


def absent(targets: np.ndarray, names: Sequence[str], where: str) -> list[str]:
    """Return a line about the classes without an example, if there are any."""
    missing = np.setdiff1d(np.arange(len(names)), targets)
    if not len(missing):
        return []
    shown = ", ".join(names[number] for number in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return [f"{where} has no example of {len(missing)} of {len(names)} classes: {shown}{more}"]


def _folder(path: Path, inputs: dict[str, Any], outputs: dict[str, Any], split: str) -> Labelled:
    from datasets.own.pictorial.listing import SPLIT_NAMES
    from datasets.raw.pictures import inside, pictures

    if not path.is_dir():
        raise DataError(f"{named(path)} is no folder; give one with a folder for each class")
    folders, found_split = _folders(path), "all"
    if folders and all(folder.name.lower() in SPLIT_NAMES for folder in folders):
        own = [folder for folder in folders if SPLIT_NAMES[folder.name.lower()] == split]
        if not own:
            raise DataError(
                f"{named(path)} has no folder for the split {split!r}; it has "
                f"{', '.join(folder.name for folder in folders)}; pass --split"
            )
        path, folders, found_split = own[0], _folders(own[0]), split
    if not folders:
        raise DataError(f"{named(path)} holds no folders; give one with a folder for each class")
    files: list[Path | bytes] = []
    labels: list[str] = []
    # As the names of classes were spelt when the model was trained.
    names = [unicodedata.normalize("NFC", folder.name) for folder in folders]
    class_numbers(names, outputs["names"], named(path))
    for folder, name in zip(folders, names, strict=True):
        found, _ = inside(folder)
        files += found
        labels += [name] * len(found)
    if not files:
        raise DataError(f"{named(path)} holds no picture in its folders; give another")
    numbers = class_numbers(labels, outputs["names"], named(path))
    notes = absent(numbers, outputs["names"], named(path))
    weights = np.ones(len(numbers), np.float32)
    return Labelled(pictures(inputs, files), numbers, weights, tuple(notes), found_split)


def _folders(path: Path) -> list[Path]:
    return sorted(
        Path(entry.path)
        for entry in os.scandir(path)
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    )


def _table(
    path: Path,
    inputs: dict[str, Any],
    outputs: dict[str, Any],
    target: str | None,
    weight_column: str | None,
    encoding: str | None,
) -> Labelled:
    from datasets.own.columns import raw_columns
    from datasets.own.frames import read_frame
    from datasets.own.tabular.roles import weights_of
    from datasets.raw.rows import examples_of

    if not target:
        raise DataOptionError("dataset 'table' needs the column to compare with; pass --target")
    classes = outputs["kind"] == "classes"
    targets = [target] if classes else [each.strip() for each in target.split(",")]
    columns = inputs["columns"]
    words = [column["name"] for column in columns if column["kind"] == "category"]
    frame = read_frame(path, encoding, words=[*words, *(targets if classes else [])])
    weights = np.ones(frame.size, np.float32)
    if weight_column is not None and weight_column in frame.names:
        weights = weights_of(frame, weight_column)
    kind = "category" if classes else "number"
    asked = [{"name": each, "kind": kind} for each in targets]
    found = raw_columns(frame, asked)
    examples, where = examples_of(frame, columns), named(path)
    missing = np.flatnonzero(
        np.any(
            [each[:, 0] == "" if classes else np.isnan(each[:, 0]) for each in found.values()], 0
        )
    )
    if len(missing):
        others = f" and {len(missing) - 1:,} others" if len(missing) > 1 else ""
        raise DataError(
            f"{where} has no target in row {missing[0] + 1}{others}, and nothing to compare with; "
            "leave such rows out"
        )
    if classes:
        labels = _as_known(found[target][:, 0].tolist(), outputs["names"])
        numbers = class_numbers(labels, outputs["names"], where)
        return Labelled(
            examples, numbers, weights, (*frame.notes, *absent(numbers, outputs["names"], where))
        )
    values = np.concatenate(list(found.values()), axis=1).astype(np.float64)
    _require_width(values, outputs, where)
    return Labelled(examples, values, weights, frame.notes)


def _as_known(words: list[str], names: Sequence[str]) -> list[str]:
    """Return words, those that no class has in the spelling that training gives numbers."""
    spelt = {word: word if word in names else usual_word(word) for word in set(words)}
    return [spelt[word] if spelt[word] in names else word for word in words]


def _arrays(path: Path, inputs: dict[str, Any], outputs: dict[str, Any], split: str) -> Labelled:
    from datasets.own.array_files import read_npz
    from datasets.raw.numbers import values_of

    parts, listed, notes = read_npz(path)
    where = named(path)
    divided = len(parts) > 1
    found_split = split if divided else "all"
    if divided and split not in parts:
        raise DataError(
            f"{where} has no arrays of the split {split!r}; it has {', '.join(parts)}; pass --split"
        )
    part = parts[split if divided else "train"]
    part.counted()
    raw = values_of(inputs, part.inputs, part.lengths, f"{where}: {part.named('inputs')}")
    weights = np.ones(len(raw)) if part.weights is None else part.weights
    targets = part.targets[:, 0] if part.targets.shape[1:] == (1,) else part.targets
    names = [str(row) for row in range(len(raw))]
    pictures = inputs["kind"] == "images"
    examples = RawExamples(
        names, lambda rows: list(raw[rows]) if pictures else raw[rows], (), "row"
    )
    if outputs["kind"] == "classes":
        numbers = _array_classes(targets, listed.get("class_names"), outputs["names"], where)
        more = absent(numbers, outputs["names"], where)
        return Labelled(examples, numbers, weights.astype(np.float32), (*notes, *more), found_split)
    if targets.dtype.kind not in "buif" or not np.isfinite(targets).all():
        raise DataError(f"{where}: {part.named('targets')} holds no numbers, or not only; mend it")
    values = targets.astype(np.float64).reshape(len(raw), -1)
    _require_width(values, outputs, where)
    return Labelled(examples, values, weights.astype(np.float32), tuple(notes), found_split)


def _array_classes(
    targets: np.ndarray, listed: np.ndarray | None, names: Sequence[str], where: str
) -> np.ndarray:
    """Return the model's class numbers of strings, of numbers or of rows of one 1 among zeros."""
    if targets.ndim == 2:
        targets = targets.argmax(axis=1)
    if targets.dtype.kind == "S":
        targets = np.char.decode(targets, "utf-8")
    if targets.dtype.kind == "f":
        if not (targets == np.floor(targets)).all():
            raise DataError(f"{where} has targets with fractions or NaN, expected classes; mend it")
        targets = targets.astype(np.int64)
    if targets.dtype.kind != "U" and listed is not None:
        if targets.min() < 0 or targets.max() >= len(listed):
            raise DataError(f"{where} has a class that its class_names lacks; mend it")
        targets = listed[targets.astype(np.int64)]
    elif targets.dtype.kind in "iu" and not {str(each) for each in np.unique(targets)} <= set(
        names
    ):
        # The run's data gave names to 0, 1, ..., unless these are the names of numbers themselves.
        inside = targets.min() >= 0 and targets.max() < len(names)
        words = not any(re.fullmatch(r"-?[0-9]+([.][0-9]+)?", name) for name in names)
        targets = np.array(names)[targets] if inside and words else targets
    return class_numbers([str(each) for each in targets], names, where)


def _require_width(values: np.ndarray, outputs: dict[str, Any], where: str) -> None:
    width = len(outputs.get("mean") or outputs.get("names") or [0])
    if values.shape[1] != width:
        raise DataError(
            f"{where} has {values.shape[1]} targets, and the model predicts {width}; give as many"
        )
