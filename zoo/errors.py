"""Errors of the zoo: one line that says what came, what is allowed and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class ModelError(ValueError):
    """Base of every error the zoo raises on purpose."""


class UnknownModelError(ModelError):
    """A name that no registered model has."""


class UnknownWeightsError(ModelError):
    """A name that no trained weights of the zoo have."""


class ModelOptionError(ModelError):
    """An option, input shape or number of classes that the model does not take."""


class ModelFileError(ModelError):
    """A model's file that is missing, damaged, or holds what is not loaded unasked."""


class ExtensionError(ModelError):
    """A module of the user's own that is not there, or fails."""


class PathError(ModelError):
    """A path that cannot be meant."""


def reason_of(error: BaseException, limit: int = 300) -> str:
    """Return what an exception says, on one line of at most `limit` characters."""
    return " ".join(str(error).split())[:limit]


def did_you_mean(name: object, allowed: Iterable[object]) -> str:
    """Return `"did you mean 'x'? "`, or an empty string when nothing allowed is near `name`."""
    by_letters = {_letters(each): str(each) for each in reversed(list(allowed))}
    matches = get_close_matches(_letters(name), by_letters, n=1)
    return f"did you mean {by_letters[matches[0]]!r}? " if matches else ""


def _letters(name: object) -> str:
    """Return a name without what people write differently: case, hyphens, spaces."""
    return "".join(filter(str.isalnum, str(name).lower()))
