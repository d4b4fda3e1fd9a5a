"""How a setting says what it is: a dataclass field whose metadata carry its help and bounds."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def option(
    default: Any, help: str, group: str, *, metavar: str = "", none: str = "", **bounds: float
) -> Any:
    """Return a field of a configuration.

    Args:
        default: where neither a recipe nor the command line gives it.
        help: what `--help` says of it.
        group: under which heading.
        metavar: what stands for its value there; by its type if empty.
        none: what null means.
        **bounds: of numbers, `minimum` (inclusive) or `above` (exclusive) and `maximum`.
    """
    about = {"help": help, "group": group, "metavar": metavar, "none": none, **bounds}
    return field(default=default, metadata=about)
