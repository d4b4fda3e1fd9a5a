"""Rows of tables, as a model of a table takes them: columns by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.own.columns import ignored, raw_columns
from datasets.own.frames import read_frame
from datasets.own.tabular.blocks import Frame
from datasets.raw.examples import RawExamples, joined


def rows(inputs: dict[str, Any], paths: Sequence[Path], encoding: str | None) -> RawExamples:
    """Return the rows of tables; columns that the model does not know are left out and told.

    Args:
        inputs: the preparation's inputs, of kind "table".
        paths: CSV and the like, Parquet, NPZ.
        encoding: of text that is neither UTF-8 nor marked.

    Raises:
        DataError: a file is no table, or lacks a column.
    """
    parts = [_file(inputs["columns"], path, encoding, len(paths)) for path in paths]
    return joined(parts, _joined)


def _file(
    columns: list[dict[str, Any]], path: Path, encoding: str | None, files: int
) -> RawExamples:
    words = [column["name"] for column in columns if column["kind"] == "category"]
    frame = read_frame(path, encoding, words=words)
    notes = (*frame.notes, *ignored(frame, columns))
    return examples_of(frame, columns, f"{path}:" if files > 1 else "", notes)


def examples_of(
    frame: Frame, columns: list[dict[str, Any]], before: str = "", notes: tuple[str, ...] = ()
) -> RawExamples:
    """Return a table's rows, each called by its number with something before it."""
    raw = raw_columns(frame, columns)
    names = [f"{before}{row}" for row in range(frame.size)]
    return RawExamples(
        names, lambda chosen: {name: each[chosen] for name, each in raw.items()}, notes, "row"
    )


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
