"""What the weights that come with the zoo are called: a model, a colon, the data: `cnn:mnist`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from zoo.errors import UnknownWeightsError, did_you_mean

FOLDER = Path(__file__).parent
CARD, ARRAYS = ".json", ".safetensors"
# Two letters at least before the colon: what has one is a drive.
_NAME = re.compile(r"[A-Za-z]\w+:[\w-]*")


def list_weights(pattern: str = "*") -> list[str]:
    """Return the names of the weights that match a shell-style pattern, sorted.

    Args:
        pattern: of the whole name, as in `"*:mnist"`; without a colon, of the model's: `"cnn"`.
    """
    wanted = pattern if ":" in pattern else f"{pattern}:*"
    names = (path.stem.replace("-", ":", 1) for path in FOLDER.glob(f"*{CARD}"))
    return sorted(name for name in names if fnmatchcase(name, wanted))


def is_name(text: str) -> bool:
    """Return whether a text is written as a weights' name is, and names no file or folder here."""
    return _NAME.fullmatch(text) is not None and not Path(text).exists()


def file_of(name: str, suffix: str) -> Path:
    """Return the path of a weights' file: its card, or its arrays.

    Raises:
        UnknownWeightsError: there are no weights of this name.
    """
    if name not in list_weights():
        raise unknown(name)
    return FOLDER / f"{name.replace(':', '-')}{suffix}"


def unknown(name: str, names: Iterable[str] | None = None) -> UnknownWeightsError:
    """Return the error about a name that no weights have.

    Args:
        name: what was given.
        names: the allowed ones; None means all.
    """
    allowed = list_weights() if names is None else list(names)
    return UnknownWeightsError(
        f"no trained weights are called {name!r}; {did_you_mean(name, allowed)}allowed: "
        f"{', '.join(allowed) or 'none'}"
    )
