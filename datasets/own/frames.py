"""Read a table from a file or a data frame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.errors import DataError, named, one_line
from datasets.own.tabular.archives import read_arrays
from datasets.own.tabular.blocks import Frame
from datasets.own.tabular.columnar import read_parquet, read_table
from datasets.own.tabular.delimited import read_delimited

_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"


def read_frame(
    path: str | os.PathLike[str],
    encoding: str | None = None,
    *,
    words: Sequence[str] = (),
    exact: bool = False,
) -> Frame:
    """Read a table: CSV or the like, Parquet or NPZ, told apart by how the file begins.

    Args:
        path: the file.
        encoding: of a text that is neither UTF-8 nor marked.
        words: columns that are words, whatever stands in them: what was a category in training
            stays one where all of its values look like numbers.
        exact: keep all digits of numbers, and not float32's alone.

    Raises:
        DataError: it is no table, damaged, or rows differ in length.
        DataOptionError: no such encoding.
    """
    file = Path(path).expanduser()
    if file.is_dir():
        raise DataError(
            f"data_path {named(file)} is a folder, expected one file: a table; give its path"
        )
    try:
        with file.open("rb") as opened:
            beginning = opened.read(4)
        if beginning == _PARQUET:
            columns, sizes, notes = read_parquet(file, words, exact)
        elif beginning == _ZIP and file.suffix.lower() == ".npz":
            columns, sizes, notes = read_arrays(file, words, exact)
        else:
            columns, sizes, notes = read_delimited(file, encoding, words, exact)
    except (OSError, MemoryError) as error:
        raise DataError(
            f"data_path {named(file)} cannot be read ({one_line(error)}); check the path, its "
            "permissions and the free memory"
        ) from error
    return Frame(named(file), columns, sizes, notes)


def frame_of(table: Any, *, words: Sequence[str] = (), exact: bool = False) -> Frame:
    """Return a data frame of pandas, polars or pyarrow as what `read_frame` returns.

    Raises:
        DataError: a column holds values of several types.
    """
    return Frame("the data frame", *read_table(table, words, exact))
