"""Tables whose columns have types: Parquet files and data frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.errors import DataError, named, one_line
from datasets.own.tabular.blocks import Column
from datasets.own.tabular.typed import Typing

BATCH_VALUES = 1 << 22
Read = tuple[dict[str, Column], list[int], list[str]]
"""Columns, the rows of each block, notes."""


def read_parquet(path: Path, words: Sequence[str], exact: bool) -> Read:
    """Read a Parquet file.

    Raises:
        DataError: it is none, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Buffered ahead, a whole group of rows would be in memory beside what it becomes.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16) as file:
            names = file.schema_arrow.names
            rows = max(1, BATCH_VALUES // max(1, len(names)))
            typing = _typed(named(path), names, file.iter_batches(rows), words, exact)
    except DataError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"{named(path)} is no Parquet file, or damaged ({one_line(error)}); give another copy"
        ) from error
    return read_of(named(path), typing, "Parquet")


def read_table(table: Any, words: Sequence[str], exact: bool) -> Read:
    """Read a data frame of pandas, polars or pyarrow.

    Raises:
        DataError: a column holds values of several types.
    """
    import pyarrow as pa

    try:
        if hasattr(table, "__arrow_c_stream__"):
            table = pa.table(table)
        else:
            table = pa.Table.from_pandas(table, preserve_index=False)
        # What pandas's index becomes is no column.
        table = table.drop_columns([each for each in table.column_names if each in _index(table)])
    except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"the data frame cannot be read ({one_line(error)}); give one whose columns are each "
            "of one type"
        ) from error
    rows = max(1, BATCH_VALUES // max(1, table.num_columns))
    names = table.column_names
    typing = _typed("the data frame", names, table.to_batches(max_chunksize=rows), words, exact)
    return read_of("the data frame", typing, "")


def _index(table: Any) -> list[str]:
    import json

    stored = (table.schema.metadata or {}).get(b"pandas")
    columns = json.loads(stored).get("index_columns", []) if stored else []
    return [each for each in columns if isinstance(each, str)]


def require_once(source: str, names: Sequence[str]) -> None:
    """Raise `DataError` if two columns have one name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{source} has two columns named {twice[0]!r}; rename one")


def _typed(
    source: str, names: Sequence[str], batches: Any, words: Sequence[str], exact: bool
) -> Typing:
    require_once(source, names)
    typing = Typing(names, text=False, words=words, exact=exact)
    for batch in batches:
        if names and batch.num_rows:
            typing.add(dict(zip(names, batch.columns, strict=True)))
    return typing


def read_of(source: str, typing: Typing, form: str) -> Read:
    """Return what was read; raise `DataError` if there are no rows."""
    rows = sum(typing.sizes)
    if not rows:
        raise DataError(f"{source} has no rows, expected at least one; give a table with rows")
    columns = typing.finished()
    told = f", {form}" if form else ""
    return columns, typing.sizes, [f"{source}: {rows:,} rows of {len(columns)} columns{told}"]
