"""Which columns of a table no model can use, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np

from datasets.own.tabular.blocks import Column, Frame

MOST_CATEGORIES = 100
_LOOKED_AT = 1000
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})|\d{8})?"
    r"[ T]?(\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)? ?(Z|[+-]\d{2}:?\d{2}|[AaPp][Mm]|UTC|GMT)?"
)
_MONTH = re.compile(
    r"(\d{1,2}[ .-]+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .,-]+"
    r"(\d{1,2},? +)?\d{2,4}",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"[+-]?\d{1,3}([,. ']\d{3})+([.,]\d+)?")
_IDENTIFIER = re.compile(r"(^|[_ -])(id|uuid|guid|index|key|no|nr)$|[a-z]I[Dd]$|^(ID|Id)")
# A text has on average so many words, or so many characters.
_TEXT_WORDS, _TEXT_CHARACTERS = 4, 40


def unusable(frame: Frame, names: Collection[str]) -> dict[str, str]:
    """Return the columns among `names` that no model can learn from, each with the reason.

    Row numbers are used if there is nothing else, as in a table of a function's values.
    """
    found = {name: _reason(name, frame.column(name)) for name in names}
    reasons = {name: reason for name, reason in found.items() if reason}
    usable = [name for name in names if name not in reasons]
    counted = [name for name in usable if _counts(frame.column(name))]
    if len(counted) < len(usable):
        reasons |= dict.fromkeys(counted, "row numbers")
    return {name: reasons[name] for name in names if name in reasons}


def _reason(name: str, column: Column) -> str:
    if column.kind == "nested":
        return "lists or bytes"
    if column.kind != "words":
        return _reason_of_numbers(name, column)
    words = [word for word in column.words if word]
    rows = sum(len(block) for block in column.blocks)
    if not words:
        return "no values"
    if len(words) == len(column.words) == 1:
        return "constant"
    some = words[:_LOOKED_AT]
    if all(_DATE.fullmatch(word) or _MONTH.fullmatch(word) for word in some):
        return f"dates or times, as in {some[0]!r}"
    if all(_GROUPED.fullmatch(word) for word in some):
        return f"numbers with separators, as in {some[0]!r}: write them without"
    present = rows
    if len(words) < len(column.words):
        empty = list(column.words).index("")
        present -= sum(int(np.count_nonzero(block == empty)) for block in column.blocks)
    return _reason_of_words(some, len(words), present)


def _reason_of_words(some: Sequence[str], different: int, present: int) -> str:
    text = sum(len(word.split()) for word in some) >= _TEXT_WORDS * len(some) or sum(
        map(len, some)
    ) >= _TEXT_CHARACTERS * len(some)
    if different == present:
        return "free text" if text else "identifiers, another in every row"
    if different > MOST_CATEGORIES:
        return "free text" if text else f"{different:,} categories, at most {MOST_CATEGORIES}"
    return ""


def _reason_of_numbers(name: str, column: Column) -> str:
    ranges = [
        (np.nanmin(block), np.nanmax(block)) for block in column.blocks if not np.isnan(block).all()
    ]
    if not ranges:
        return "no values"
    if min(low for low, _ in ranges) == max(high for _, high in ranges):
        missing = any(np.isnan(block).any() for block in column.blocks)
        return "" if missing else "constant"
    if _IDENTIFIER.search(name) and column.kind == "number":
        values = column.values()
        if np.all(values == np.rint(values)) and len(np.unique(values)) == len(values):
            return "identifiers, another in every row"
    return ""


def _counts(column: Column) -> bool:
    """Tell whether every number is the one before it plus 1, from 0 or 1: a year is a quantity."""
    if column.kind != "number":
        return False
    last = None
    for block in column.blocks:
        if block[0] not in (0, 1) if last is None else block[0] != last + 1:
            return False
        if not np.all(np.diff(block) == 1):
            return False
        last = block[-1]
    return True
