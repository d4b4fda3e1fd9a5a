"""Errors of the `datasets` package: one line each, saying what was given and what to do next."""

import re
import shlex
from pathlib import Path


class DataError(ValueError):
    """Data are missing, damaged, of an unsupported form, or too large for this machine."""


class UnknownDatasetError(DataError):
    """No embedded dataset and no TensorFlow Datasets builder has the given name."""


class DataOptionError(DataError):
    """A setting of how data are read that no data could make right."""


PREPARE_ELSEWHERE = (
    "pass --data-dir with an intact copy, or with a new folder, where it is prepared again"
)
"""What to do about damaged data: what lies there may be the user's own, so it stays."""


class ShortTextError(DataError):
    """A split of a text that does not fill one window; `characters` is how many it has."""

    def __init__(self, message: str, characters: int) -> None:
        super().__init__(message)
        self.characters = characters


def named(path: Path) -> str:
    """Return a path as a message has it: quoted where it would run into the words around it."""
    return shlex.quote(str(path))


def one_line(error: BaseException, limit: int = 240) -> str:
    """Return an exception's text on one line of at most `limit` characters, its type if empty.

    TensorFlow's locations, as in "{{node Map}}" and "[Op:IteratorGetNext]", are left out, and the
    arguments that TensorFlow Datasets passed on.
    """
    location = (
        r"\{\{.*?\}\}|Error in user-defined function passed to .*? iterator: \S+: "
        r"|^Failed to construct dataset \S+ builder_kwargs .*?\}\": "
        r"|Here are \d+ BuilderConfigs whose name closely match:\s*$"
    )
    text = re.sub(location, "", str(error))
    text = re.split(r"\[\[|\[Op:", text)[0]
    text = " ".join(text.split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."
