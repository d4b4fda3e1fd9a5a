"""Stored results: each with a hash of all the rest of it, so that it is shown only as measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_LENGTH = 10


def seal(row: Mapping[str, Any]) -> str:
    """Return a hash of all of a result but its seal."""
    content = json.dumps({name: value for name, value in row.items() if name != "seal"})
    return hashlib.sha256(content.encode()).hexdigest()


def sealed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with its seal."""
    return {**row, "seal": seal(row)}


def is_whole(row: Mapping[str, Any]) -> bool:
    """Return whether a result is as it was when it was sealed."""
    return row.get("seal") == seal(row)


def shown_revision(revision: str | None) -> str:
    """Return the code's revision in a few words, "+changes" kept; of several, `A and B`."""
    if not revision:
        return "code outside git"
    parts = (each.partition("+") for each in revision.split(" and "))
    return f"revision {' and '.join(name[:_LENGTH] + plus + more for name, plus, more in parts)}"


def measured_when(row: Mapping[str, Any]) -> str:
    """Return when a result was measured, and by which revision."""
    return f"{row['measured']}, {shown_revision(row['git_revision'])}"
