"""From what stands in the cells of a column to numbers, truth values or words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from datasets.own.tabular.blocks import Column, block_matrix

# What stands for no number, as pandas and R write and read it.
MISSING = (
    *("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "NaN", "nan", "-NaN", "-nan"),
    *("NULL", "Null", "null", "None", "none", "NONE", "NIL", "nil", "?", ".", "-", "--"),
)
_TRUTH = {"true": 1.0, "false": 0.0}
_DECIMAL_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][+-]?\d+)?$"
LARGEST = 1e38
"""Of a number, so that float32 has all differences of two."""
# Whole numbers up to here are float32 as they are.
_EXACT_IN_FLOAT32 = 2.0**24


class Typing:
    """The kinds of a table's columns, found block by block.

    A column is of the kind of all its blocks; one that is of several kinds is `mixed`, and must be
    read once more, as a whole.

    Args:
        names: of the columns.
        text: whether numbers and truth values are strings too, as in CSV.
        decimal_commas: whether a number may be written as 1,5, so that the cells are not parted by
            commas.
        words: those that are words whatever stands in them.
        exact: whether all digits of numbers are kept, and not float32's alone.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        text: bool,
        decimal_commas: bool = False,
        words: Sequence[str] = (),
        exact: bool = False,
    ) -> None:
        self.columns = {name: Column("") for name in names}
        self.sizes: list[int] = []
        self.mixed: set[str] = set()
        self.commas: set[str] = set()
        self._text, self._decimal_commas, self._exact = text, decimal_commas, exact
        self._as_words = frozenset(words)
        self._places: dict[str, dict[str, int]] = {name: {} for name in names}

    def add(self, cells: dict[str, Any]) -> None:
        """Take the next rows: name to a `pyarrow.Array`, of strings where the file has only such.

        Columns that were mixed before are left alone.
        """
        size = len(next(iter(cells.values())))
        found = {name: self._convert(name, array) for name, array in cells.items()}
        numbers = [name for name, (kind, _) in found.items() if kind not in ("words", "nested")]
        matrix = block_matrix(len(numbers), size)
        for row, name in enumerate(numbers):
            with np.errstate(over="ignore", invalid="ignore"):
                matrix[row] = found[name][1]
        self.sizes.append(size)
        for name, (kind, values) in found.items():
            column = self.columns[name]
            if name in numbers:
                fits = column_fits(values, exact=self._exact)
                values = matrix[numbers.index(name)] if fits else values
            known = column.kind or kind
            if kind and kind != known:
                self.mixed.add(name)
            column.kind = known
            column.blocks.append(values)

    def replace(self, name: str, cells: Any) -> None:
        """Put a whole column, read once more, in the place of a mixed one."""
        self._places[name] = {}
        kind, values = self._convert(name, cells)
        ends = np.cumsum(self.sizes)[:-1]
        self.columns[name] = Column(kind, np.split(values, ends))
        self.mixed.discard(name)

    def finished(self) -> dict[str, Column]:
        """Return the columns; one without any value is of numbers that are all missing."""
        for name, column in self.columns.items():
            if column.kind == "comma":
                self.commas.add(name)
            column.kind = "number" if column.kind in ("", "comma") else column.kind
            column.words = tuple(self._places[name])
        return self.columns

    def _convert(self, name: str, cells: Any) -> tuple[str, np.ndarray]:
        """Return the kind of some cells, "" where all are missing, and their values."""
        import pyarrow as pa

        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        if pa.types.is_large_string(cells.type) or pa.types.is_string_view(cells.type):
            cells = cells.cast(pa.string())
        if pa.types.is_nested(cells.type) or pa.types.is_binary(cells.type):
            return "nested", np.zeros(len(cells), np.float32)
        if not pa.types.is_string(cells.type):
            kind, values = _from_type(cells)
            if name not in self._as_words and kind != "words":
                return kind, values
            cells = cells.cast(pa.string())
        elif self._text and name not in self._as_words:
            kind, numbers = _from_text(cells, self._decimal_commas)
            if numbers is not None:
                return kind, numbers
        return "words", self._placed(name, cells)

    def _placed(self, name: str, cells: Any) -> np.ndarray:
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = pc.utf8_trim_whitespace(pc.fill_null(cells, "")).dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.unify_dictionaries().combine_chunks()
            coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
        places = self._places[name]
        here = [places.setdefault(word, len(places)) for word in coded.dictionary.to_pylist()]
        return np.array(here, np.int32)[coded.indices.to_numpy(zero_copy_only=False)]


def column_fits(values: np.ndarray, *, exact: bool = False) -> bool:
    """Tell whether float32 tells the whole numbers of a float64 array apart.

    Args:
        values: `[n]`.
        exact: instead, whether it has all digits of all numbers.
    """
    if values.dtype == np.float32 or not len(values):
        return True
    if exact:
        with np.errstate(over="ignore"):
            return np.array_equal(values.astype(np.float32), values, equal_nan=True)
    large = np.abs(values) > _EXACT_IN_FLOAT32
    if not large.any():
        return True
    with np.errstate(over="ignore"):
        whole = values[large]
        whole = whole[(whole == np.rint(whole)) & np.isfinite(whole)]
        return bool(np.all(whole.astype(np.float32) == whole))


def _from_text(cells: Any, decimal_commas: bool) -> tuple[str, np.ndarray | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = _numbers(cells)
    if numbers is not None and not cells.null_count:
        return "number", numbers
    trimmed = pc.utf8_trim_whitespace(cells)
    missing = pc.is_in(trimmed, value_set=pa.array(MISSING))
    given = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    if given.null_count == len(given):
        return "", np.full(len(given), np.nan, np.float32)
    numbers = _numbers(pc.utf8_ltrim(given, "+"))
    if numbers is not None:
        return "number", numbers
    if decimal_commas and pc.all(pc.match_substring_regex(given, _DECIMAL_COMMA)).as_py():
        plain = pc.replace_substring(pc.replace_substring(given, ".", ""), ",", ".")
        return "comma", _numbers(plain)
    lower = pc.utf8_lower(given)
    if pc.all(pc.is_in(lower, value_set=pa.array(["true", "false", None]))).as_py():
        return "boolean", _numbers(pc.cast(pc.equal(lower, "true"), pa.float64()))
    return "words", None


def _from_type(cells: Any) -> tuple[str, np.ndarray]:
    """Return numbers of a column whose type is known; nothing where it is of dates or words."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(cells.type):
        return "", np.full(len(cells), np.nan, np.float32)
    if pa.types.is_boolean(cells.type):
        return "boolean", _as_floats(pc.cast(cells, pa.float64()))
    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    if any(is_of(cells.type) for is_of in numeric):
        return "number", _as_floats(pc.cast(cells, pa.float64(), safe=False))
    return "words", np.zeros(0)


def _numbers(cells: Any) -> np.ndarray | None:
    """Return strings or nulls as float64, or None where one is no number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return _as_floats(pc.cast(cells, pa.float64()))
    except pa.ArrowInvalid:
        return None


def _as_floats(cells: Any) -> np.ndarray:
    values: np.ndarray = cells.to_numpy(zero_copy_only=False)
    return values


def number_of(word: str) -> float | None:
    """Return the number that a word stands for, NaN if it is a missing one, None if it is none."""
    if word in MISSING:
        return float("nan")
    if word.lower() in _TRUTH:
        return _TRUTH[word.lower()]
    try:
        return float(word)
    except ValueError:
        return None


def usual_word(word: str) -> str:
    """Return a word, of a truth value or a number the name of its class: of "1.0" it is "1"."""
    if word.lower() in _TRUTH:
        return word.lower()
    number = number_of(word)
    return word if number is None or not np.isfinite(number) else number_word(number)


def number_word(value: float) -> str:
    """Return a number as a word, without a decimal point where it is whole."""
    return str(int(value)) if float(value).is_integer() else str(value)
