"""Arrays of the user's own, from an .npz file or from Python, become a dataset."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.dataset import Dataset, Split, fingerprint
from datasets.errors import DataError
from datasets.own.array_files import read_npz
from datasets.own.array_inputs import ArrayInputs
from datasets.own.array_targets import ArrayTargets
from datasets.own.parts import Part
from datasets.own.request import OwnRequest
from datasets.own.splits import divided
from datasets.partition import CARVING_RULE, SPLITS, absent_classes
from datasets.storage import Storage

RULES_VERSION = "1.0.0"
_SHOWN_GROUPS = 3


def read(request: OwnRequest) -> dict[str, Any]:
    """Return the fields of the dataset in an .npz file, see `array_files` for its keys.

    Raises:
        DataError: the file or what is in it cannot be used.
    """
    parts, names, notes = read_npz(Path(str(request.data_path)))
    listed = {key: _names(key, array) for key, array in names.items()}
    return array_fields(parts, request, notes=notes, **listed)


def from_arrays(
    x: Any,
    y: Any,
    *,
    validation: Sequence[Any] | None = None,
    test: Sequence[Any] | None = None,
    weights: Any = None,
    lengths: Any = None,
    groups: Any = None,
    class_names: Sequence[str] = (),
    target_names: Sequence[str] = (),
    request: OwnRequest | None = None,
) -> Dataset:
    """Return the dataset of arrays in memory, the same as of an .npz file that holds them.

    Args:
        x: `[n, ...]` numbers, see `array_inputs.kind_of`, or a list of n sequences `[time,
            features]` of several lengths.
        y: `[n]` or `[n, targets]`, see `array_targets`.
        validation: (x, y) or (x, y, weights) of a split of its own; None means that it is drawn.
        test: the same of the test split.
        weights: `[n]` what an example counts, 0 or more.
        lengths: `[n]` how many of a sequence's steps are no padding.
        groups: `[n]`, the same for examples that stay in one split.
        class_names: of classes 0, 1, ...
        target_names: of a regression.
        request: the dataset's name, its task, and how splits are drawn.

    Raises:
        DataError: the arrays cannot be used.
    """
    request = request or OwnRequest("arrays", None)
    parts = {"train": _part("train", x, y, weights, lengths, groups)}
    for split, given in (("validation", validation), ("test", test)):
        if given is None:
            continue
        if not isinstance(given, list | tuple) or len(given) not in (2, 3):
            raise DataError(
                f"{split} is {type(given).__name__}, expected (x, y) or (x, y, weights)"
            )
        parts[split] = _part(split, *given)
    fields = array_fields(parts, request, class_names=class_names, target_names=target_names)
    return Dataset(name=request.name, **fields)


def array_fields(
    parts: Mapping[str, Part],
    request: OwnRequest,
    *,
    class_names: Sequence[str] = (),
    target_names: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the fields of a `Dataset`, but its name, of arrays by split.

    Splits that are not among the parts are drawn from "train", of each class its share.

    Raises:
        DataError: the arrays cannot be used.
    """
    inputs = ArrayInputs.of(parts)
    targets = ArrayTargets.of(parts, request.task, class_names, target_names)
    rows, drawn = _divided(parts, targets, request)
    size = sum(len(each) for each in rows.values())
    width = 1 if targets.task == "classification" else targets.values["train"].shape[1]
    nbytes = request.numbers.itemsize * size * (int(np.prod(inputs.shape)) + width + 1)
    storage = Storage(request.name, nbytes, request.max_resident_gib)
    stored, outputs = targets.stored(rows["train"], request.numbers)
    splits = {}
    for split in SPLITS:
        part = parts.get(split, parts["train"])
        source = split if split in parts else "train"
        numbers = np.dtype(np.float32) if inputs.kind == "images" else request.numbers
        split_inputs = storage.allocate((len(rows[split]), *inputs.shape), numbers)
        inputs.fill(split_inputs, source, part, rows[split])
        own = stored[source][rows[split]]
        split_targets = storage.allocate(own.shape, own.dtype)
        split_targets[:] = own
        weights = storage.allocate((len(own),), np.float32)
        weights[:] = 1 if part.weights is None else part.weights[rows[split]]
        splits[split] = Split(split_inputs, split_targets, weights, resident=storage.resident)
    prepared = inputs.standardize({split: each.inputs for split, each in splits.items()})
    preparation = {"inputs": prepared, "outputs": outputs}
    # Standardized, other units and names of classes would leave the arrays as they are.
    content = fingerprint(splits) + json.dumps(preparation, sort_keys=True)
    content = hashlib.sha256(content.encode()).hexdigest()
    classes = targets.names if targets.task == "classification" else ()
    by_split = {split: np.asarray(each.targets) for split, each in splits.items()}
    return {
        "version": RULES_VERSION,
        "task": targets.task,
        "input_shape": inputs.shape,
        "num_classes": len(classes) or width,
        "class_names": classes,
        "target_names": () if classes else targets.names,
        "splits": splits,
        "oracle_loss": {},
        "fingerprint": f"carved{CARVING_RULE}-{content}" if drawn else content,
        "notes": (
            *notes,
            *targets.notes,
            *(absent_classes(by_split, classes) if classes else ()),
            *_crossing(parts),
        ),
        "preparation": preparation,
        "rows": rows,
    }


def _divided(
    parts: Mapping[str, Part], targets: ArrayTargets, request: OwnRequest
) -> tuple[dict[str, np.ndarray], bool]:
    """Return split -> rows of the part that it comes from, and whether any split is drawn."""
    counted = {split: part.counted() for split, part in parts.items()}
    missing = [split for split in SPLITS if split not in parts]
    if not missing:
        return counted, False
    train = counted["train"]
    classes = targets.values["train"][train] if targets.task == "classification" else None
    drawn = divided(
        request.name,
        len(train),
        classes,
        request.validation_fraction,
        request.split_seed,
        missing,
        None if parts["train"].groups is None else parts["train"].groups[train],
        request.held_out,
    )
    return counted | {split: train[rows] for split, rows in drawn.items()}, True


def _crossing(parts: Mapping[str, Part]) -> list[str]:
    """Return one line for each two splits of the data's own that share a group."""
    groups = {
        split: np.unique(_text(part.groups))
        for split, part in parts.items()
        if part.groups is not None
    }
    lines = []
    for one, other in itertools.combinations(groups, 2):
        shared = np.intersect1d(groups[one], groups[other])
        if len(shared):
            lines.append(
                f"{len(shared)} groups are in {one} and in {other}, as these are given: "
                f"{', '.join(shared[:_SHOWN_GROUPS])}{', ...' * (len(shared) > _SHOWN_GROUPS)}"
            )
    return lines


def _text(groups: np.ndarray) -> np.ndarray:
    return np.char.decode(groups, "latin-1") if groups.dtype.kind == "S" else groups.astype(str)


def _part(
    split: str, x: Any, y: Any, weights: Any = None, lengths: Any = None, groups: Any = None
) -> Part:
    ending = "" if split == "train" else f" of {split}"
    given = {"targets": y, "weights": weights, "groups": groups}
    names = {"inputs": "x", "targets": "y"}
    if isinstance(x, list | tuple) and len({np.shape(each)[:1] for each in x}) > 1:
        if lengths is not None:
            raise DataError(f"x{ending} holds sequences of several lengths, so leave lengths out")
        x, lengths = _padded(x, ending)
    arrays = {"inputs": x, "lengths": lengths, **given}
    return Part(
        **{  # type: ignore[arg-type]  # all of these are arrays
            role: _array(f"{names.get(role, role)}{ending}", array)
            for role, array in arrays.items()
            if array is not None
        },
        names={role: f"{names.get(role, role)}{ending}" for role in arrays},
    )


def _array(name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} is no array of one shape; give numbers in equal rows") from error
    if array.dtype.kind == "T":
        return array.astype(str)
    if array.dtype.kind == "O" and all(isinstance(each, str) for each in array.flat):
        return array.astype(str)  # as pandas gives a column of strings
    return array


def _padded(sequences: Sequence[Any], ending: str) -> tuple[np.ndarray, np.ndarray]:
    arrays = [_array(f"x[{number}]{ending}", each) for number, each in enumerate(sequences)]
    form = arrays[0].shape[1:]
    for number, array in enumerate(arrays):
        if array.ndim not in (1, 2) or array.shape[1:] != form or array.dtype.kind not in "buif":
            raise DataError(
                f"x[{number}]{ending} is {array.dtype} of shape {array.shape}, expected numbers "
                f"of shape {('time', *form)}"
            )
    lengths = np.array([len(array) for array in arrays])
    kind = np.float64 if any(each.dtype == np.float64 for each in arrays) else np.float32
    result = np.full((len(arrays), lengths.max(), *form), np.nan, kind)
    for row, array in zip(result, arrays, strict=True):
        row[: len(array)] = array
    return result, lengths


def _names(key: str, array: np.ndarray) -> list[str]:
    if array.ndim != 1 or array.dtype.kind != "U":
        raise DataError(f"{key} is {array.dtype} of shape {array.shape}, expected a list of names")
    return [str(name) for name in array]
