"""A table of the user's own becomes a dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from datasets.dataset import Dataset, Split, fingerprint
from datasets.errors import DataError, DataOptionError
from datasets.own.columns import describe, encode, moments, width
from datasets.own.frames import frame_of, read_frame
from datasets.own.request import OwnRequest
from datasets.own.splits import divided
from datasets.own.tabular.blocks import SHOWN_NAMES, Frame, listed
from datasets.own.tabular.roles import UNUSABLE, Roles, groups_of, kept_rows
from datasets.own.tabular.targets import TableTargets, targets_of
from datasets.own.tabular.usable import unusable
from datasets.partition import CARVING_RULE, absent_classes
from datasets.storage import Storage

RULES_VERSION = "1.0.0"


def read(request: OwnRequest) -> dict[str, Any]:
    """Return the fields of the dataset in a table's file.

    Raises:
        DataError: the file or what is in it cannot be used.
        DataOptionError: no target, or columns that are asked for twice.
    """
    if request.data_path is None:
        raise DataOptionError("dataset 'table' needs data_path, a file; pass --data-path")
    return table_fields(
        read_frame(request.data_path, request.encoding, exact=request.float64), request
    )


def from_frame(table: Any, target: str | Sequence[str], **options: Any) -> Dataset:
    """Return the dataset of a data frame, the same as of a file that holds it.

    Args:
        table: of pandas, polars or pyarrow.
        target: the column to predict, or several.
        **options: fields of `datasets.own.request.OwnRequest`, as `split_seed` or `drop`.

    Raises:
        DataError: the table cannot be used.
    """
    target = target if isinstance(target, str) else ",".join(target)
    request = OwnRequest("table", None, target=target, **options)
    return Dataset(
        name=request.name, **table_fields(frame_of(table, exact=request.float64), request)
    )


def table_fields(frame: Frame, request: OwnRequest) -> dict[str, Any]:
    """Return the fields of a `Dataset`, but its name, of a table, whose blocks are used up.

    Raises:
        DataError: what is in it cannot be used.
        DataOptionError: no target, or columns that are asked for twice.
    """
    roles = Roles.of(
        frame, request.target, request.drop, request.weight_column, request.group_column
    )
    features, notes = _features(frame, roles)
    targets = targets_of(frame, roles.targets, request.task)
    kept, weights, more = kept_rows(frame, roles, targets)
    classes = targets.values[kept] if targets.task == "classification" else None
    rows = {
        split: kept[each]
        for split, each in divided(
            request.name,
            len(kept),
            classes,
            request.validation_fraction,
            request.split_seed,
            groups=groups_of(frame, roles.group, kept),
            held_out=request.held_out,
        ).items()
    }
    if roles.group is not None:
        parts = ", ".join(f"{split} {len(own):,}" for split, own in rows.items())
        more = [*more, f"rows of one {roles.group} stay together: {parts} rows"]
    columns, told = _described(frame, features, rows["train"], request.numbers)
    outputs, stored = _outputs(targets, rows["train"], request.numbers)
    inputs = width(columns)
    answers = 1 if classes is not None else len(targets.names)
    storage = Storage(
        request.name,
        request.numbers.itemsize * len(kept) * (inputs + answers + 1),
        request.max_resident_gib,
    )
    splits = {}
    for split, own in rows.items():
        splits[split] = Split(
            storage.allocate((len(own), inputs), request.numbers),
            storage.allocate((len(own), *stored.shape[1:]), stored.dtype),
            storage.allocate((len(own),), np.float32),
            resident=storage.resident,
        )
        splits[split].targets[:] = stored[own]
        splits[split].weights[:] = 1 if weights is None else weights[own]
    _fill(frame, columns, rows, splits)
    preparation = {"inputs": {"kind": "table", "columns": columns}, "outputs": outputs}
    # Standardized, other units and names of categories would leave the arrays as they are.
    content = fingerprint(splits) + json.dumps(preparation, sort_keys=True)
    names = targets.names if classes is not None else ()
    found = {split: np.asarray(each.targets) for split, each in splits.items()}
    return {
        "version": RULES_VERSION,
        "task": targets.task,
        "input_shape": (inputs,),
        "num_classes": len(names) or answers,
        "class_names": names,
        "target_names": () if names else targets.names,
        "splits": splits,
        "oracle_loss": {},
        "fingerprint": f"carved{CARVING_RULE}-{hashlib.sha256(content.encode()).hexdigest()}",
        "notes": (
            *(*frame.notes, *notes, *targets.notes, *more, *told),
            *(absent_classes(found, names) if names else ()),
        ),
        "preparation": preparation,
        "rows": rows,
    }


def _features(frame: Frame, roles: Roles) -> tuple[tuple[str, ...], list[str]]:
    """Return the columns that are learned from, and a line about those that are left out."""
    reasons = unusable(frame, roles.features)
    told = _told(reasons)
    count = "1 column is" if len(reasons) == 1 else f"{len(reasons)} columns are"
    features = tuple(name for name in roles.features if name not in reasons)
    if reasons and not roles.drops_unusable:
        by_name = f"{','.join(reasons)}, or --drop " if len(reasons) <= SHOWN_NAMES else ""
        raise DataError(
            f"{frame.source}: {count} of no use to a model: {told}; pass --drop {by_name}{UNUSABLE}"
        )
    if not features:
        raise DataError(f"{frame.source} has no column that a model can use: {told}; add some")
    return features, [f"{count} left out: {told}"] if reasons else []


def _told(reasons: dict[str, str]) -> str:
    """Return every column with its reason; of many columns, every reason with some columns."""
    if len(reasons) <= SHOWN_NAMES:
        return ", ".join(f"{name} ({reason})" for name, reason in reasons.items())
    columns: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        columns.setdefault(reason.split(",")[0], []).append(name)
    return "; ".join(f"{reason}: {listed(names, 3)}" for reason, names in columns.items())


def _described(
    frame: Frame, features: Sequence[str], train: np.ndarray, numbers: np.dtype
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return how each column is prepared, with a line of what the columns are."""
    described = [
        describe(name, frame.column(name), train, frame.source, numbers) for name in features
    ]
    columns = [column for column, _ in described]
    kinds = [column["name"] for column in columns if column["kind"] == "category"]
    filled = [column["name"] for column in columns if column.get("indicator")]
    parts = [f"{len(columns) - len(kinds)} of numbers"] if len(kinds) < len(columns) else []
    parts += [f"{len(kinds)} of categories ({listed(kinds, 5)})"] if kinds else []
    note = f"{width(columns)} inputs from {len(columns)} columns: {', '.join(parts)}"
    if filled:
        note += (
            f"; gaps in {listed(filled, 5)} are filled with the training rows' median, and marked"
        )
    return columns, [note, *(line for _, lines in described for line in lines)]


def _outputs(
    targets: TableTargets, train: np.ndarray, numbers: np.dtype
) -> tuple[dict[str, Any], np.ndarray]:
    """Return what outputs mean, and what is learned: classes, or standardized numbers."""
    names = list(targets.names)
    if targets.task == "classification":
        return {"kind": "classes", "names": names}, targets.values
    found = [moments(column[train]) for column in targets.values.T]
    mean, deviation = (np.array(each) for each in zip(*found, strict=True))
    scaled = ((targets.values - mean) / deviation).astype(numbers)
    outputs = {"kind": "numbers", "names": names}
    return outputs | {"mean": mean.tolist(), "deviation": deviation.tolist()}, scaled


def _fill(
    frame: Frame,
    columns: Sequence[dict[str, Any]],
    rows: dict[str, np.ndarray],
    splits: dict[str, Split],
) -> None:
    names = [column["name"] for column in columns]
    words = {name: frame.column(name).words for name in names}
    for first, block in frame.drained(names):
        size = len(block[names[0]])
        for split, own in rows.items():
            low, high = np.searchsorted(own, (first, first + size))
            here = own[low:high] - first
            values = {name: values[here] for name, values in block.items()}
            encode(columns, values, words, splits[split].inputs[low:high])
