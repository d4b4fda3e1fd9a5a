"""Tables in text: how a file parts its cells, and what stands in them."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.errors import DataError, named, one_line
from datasets.own.tabular.blocks import Column
from datasets.own.tabular.typed import Typing
from datasets.text.encodings import decode, marked_encoding, recognized, require_encoding

_SAMPLE_BYTES = 1 << 20
_SAMPLE_ROWS = 100
_BLOCK_BYTES = 1 << 23
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_JSON = re.compile(r"\s*(\{\s*[\"\}]|\[\s*[\[\{])")
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True)
class Layout:
    """How a file is written.

    Attributes:
        encoding: as Python names it.
        delimiter: what parts two cells.
        names: of the columns.
        has_header: whether the first row holds the names.
        blank_lines: before the first row.
    """

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    has_header: bool
    blank_lines: int


def read_delimited(
    path: Path, encoding: str | None, words: Sequence[str], exact: bool
) -> tuple[dict[str, Column], list[int], list[str]]:
    """Read a table of text and return its columns, the rows of each block, and notes.

    Args:
        path: the file.
        encoding: in which it is if it is neither UTF-8 nor marked.
        words: columns that are words whatever stands in them.
        exact: whether all digits of numbers are kept.

    Raises:
        DataError: it is no text, in another encoding, empty, or rows differ in length.
    """
    import pyarrow as pa

    found = [] if encoding is not None else _recognized(path)
    layout = find_layout(path, found[0] if found else encoding)
    commas = layout.delimiter != ","
    typing = Typing(layout.names, text=True, decimal_commas=commas, words=words, exact=exact)
    try:
        for batch in _batches(path, layout, range(len(layout.names))):
            typing.add(dict(zip(layout.names, batch.columns, strict=True)))
        for name in sorted(typing.mixed):
            number = layout.names.index(name)
            parts = [batch.column(0) for batch in _batches(path, layout, [number])]
            typing.replace(name, pa.chunked_array(parts))
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _refusal(path, layout, error) from error
    columns = typing.finished()
    rows = sum(typing.sizes)
    if not rows:
        raise DataError(
            f"{named(path)} has a header and no rows ({len(columns)} columns), expected at least "
            "one; give a table with rows"
        )
    told = "UTF-8" if layout.encoding == "utf-8" else layout.encoding
    if found:
        others = f", as in {' or '.join(found[1:])}" if found[1:] else ""
        told += f" by the look of its bytes (--encoding reads them otherwise{others})"
    notes = [
        f"{named(path)}: {rows:,} rows of {len(columns)} columns, parted by "
        f"{_DELIMITERS[layout.delimiter]}, in {told}"
        + (f"; decimal commas in {', '.join(sorted(typing.commas))}" if typing.commas else "")
    ]
    if not layout.has_header:
        notes.append(
            f"the first line of {named(path)} holds values, not names: its columns are "
            f"{layout.names[0]} to {layout.names[-1]}"
        )
    return columns, typing.sizes, notes


def find_layout(path: Path, encoding: str | None) -> Layout:
    """Return how a file is written, from its beginning.

    Raises:
        DataError: it is no text, in another encoding, empty, or two columns have one name.
    """
    found, text = _beginning(path, encoding)
    if _JSON.match(text):
        raise DataError(f"{named(path)} is JSON, expected a table; save it as CSV or Parquet")
    delimiter = _delimiter(text, "\t" if path.suffix.lower() == ".tsv" else ",")
    # A spreadsheet's empty rows are delimiters alone.
    filled = (bool(line.strip().strip(delimiter + '"')) for line in text.splitlines())
    blank = next((number for number, is_filled in enumerate(filled) if is_filled), None)
    if blank is None:
        raise DataError(f"{named(path)} is empty, expected a table; give another file")
    try:
        rows = [row for _, row in zip(range(3), _rows(text, delimiter), strict=False)]
    except csv.Error as error:
        raise DataError(f"{named(path)} is no table ({one_line(error)}); mend it") from error
    first = [cell.strip() for cell in rows[0]]
    if _is_header(first, rows[1:2]):
        names = tuple(name or f"column_{place}" for place, name in enumerate(first, start=1))
        header = True
    else:
        names = tuple(f"column_{place}" for place in range(1, len(first) + 1))
        header = False
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            f"{named(path)} has {Counter(names)[twice[0]]} columns named {twice[0]!r}, expected "
            "every name once; rename them in its first line"
        )
    return Layout(found, delimiter, names, header, blank)


def _beginning(path: Path, encoding: str | None) -> tuple[str, str]:
    """Return a file's encoding and the characters of its whole first lines."""
    if encoding is not None:
        require_encoding(encoding)
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
        whole = len(head) < _SAMPLE_BYTES
    marked = marked_encoding(head)
    if marked is not None:
        plain = marked.removesuffix("-le").removesuffix("-be")  # the codec reads the mark
        text = codecs.getincrementaldecoder("utf-8-sig" if marked == "utf-8" else plain)()
        try:
            return plain, text.decode(head, final=whole).removeprefix("\ufeff")
        except UnicodeError:
            return plain, decode(path, head, encoding)  # says what is wrong
    if not whole:
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    if encoding is not None and not _is_utf8(path):
        # Without a mark Python takes the smaller end first, but not block by block.
        ended = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
        known = codecs.lookup(encoding).name
        return ended.get(known, known), decode(path, head, encoding)
    return "utf-8", decode(path, head, encoding)


def _recognized(path: Path) -> list[str]:
    """Return the encodings that a file without UTF-8 reads like, the likeliest first."""
    decoder, place = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while content := file.read(_SAMPLE_BYTES):
            try:
                decoder.decode(content)
            except UnicodeDecodeError:
                # From the lines before, in which the first strange byte may stand.
                file.seek(max(0, place - _SAMPLE_BYTES))
                sample = file.read(4 * _SAMPLE_BYTES)
                whole = file.read(1) == b""
                return recognized(path, sample if whole else sample[: sample.rfind(b"\n") + 1])
            place += len(content)
    return []


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while content := file.read(1 << 24):
                decoder.decode(content)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _rows(text: str, delimiter: str) -> Any:
    lines = text.splitlines(keepends=True)
    return (row for row in csv.reader(lines, delimiter=delimiter) if row and any(row))


def _delimiter(text: str, usual: str) -> str:
    """Return what parts most rows alike, into most cells; `usual` where nothing does."""
    best, found = (0.0, 0), usual
    for delimiter in sorted(_DELIMITERS, key=lambda each: each != usual):
        try:
            widths = [
                len(row)
                for _, row in zip(range(_SAMPLE_ROWS), _rows(text, delimiter), strict=False)
            ]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            alike = sum(width == widths[0] for width in widths) / len(widths)
            if (round(alike, 1), widths[0]) > best:
                best, found = (round(alike, 1), widths[0]), delimiter
    return found


def _is_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row holds names.

    It does not if it has numbers, not all of them years, where the second row has numbers too.
    """
    numbers = [bool(_NUMBER.fullmatch(cell)) for cell in first]
    if not any(numbers) or all(
        _YEAR.fullmatch(cell) for cell, number in zip(first, numbers, strict=True) if number
    ):
        return True
    if not rows or len(rows[0]) != len(first):
        return False
    return any(
        number and not _NUMBER.fullmatch(cell.strip()) and cell.strip()
        for number, cell in zip(numbers, rows[0], strict=True)
    )


def _batches(path: Path, layout: Layout, columns: Sequence[int]) -> Any:
    """Yield `pyarrow.RecordBatch`es of the columns as strings."""
    import pyarrow as pa
    from pyarrow import csv as reader

    numbers = [str(number) for number in range(len(layout.names))]
    yield from reader.open_csv(
        path,
        read_options=reader.ReadOptions(
            column_names=numbers,
            skip_rows=layout.blank_lines,
            skip_rows_after_names=int(layout.has_header),
            block_size=_BLOCK_BYTES,
            encoding=layout.encoding,
        ),
        parse_options=reader.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True),
        convert_options=reader.ConvertOptions(
            column_types=dict.fromkeys(numbers, pa.string()),
            include_columns=[numbers[number] for number in columns],
            strings_can_be_null=False,
        ),
    )


def _refusal(path: Path, layout: Layout, error: Exception) -> DataError:
    """Return what is wrong with a file that pyarrow does not read, and where."""
    width, line = len(layout.names), 0
    try:
        with path.open(newline="", encoding=layout.encoding) as file:
            rows = csv.reader(file, delimiter=layout.delimiter)
            for row in rows:
                if row and len(row) != width:
                    line = rows.line_num
                    return DataError(
                        f"{named(path)}: line {line} has {len(row)} values parted by "
                        f"{_DELIMITERS[layout.delimiter]}, the first one {width}; mend that line, "
                        "or put values that hold the separator in quotes"
                    )
    except UnicodeError:
        utf8 = layout.encoding == "utf-8"
        try:
            decode(path, path.read_bytes(), None if utf8 else layout.encoding)
        except DataError as refusal:
            return refusal
    except csv.Error as wrong:
        error = wrong
    return DataError(f"{named(path)} is no table that can be read ({one_line(error)}); mend it")
