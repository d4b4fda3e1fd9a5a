"""Words of a command line, read by the rule that reads recipes: `configs.from_text`."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import Any

from jsonargparse import ArgumentError

import configs


class _WrongTypeError(ValueError, argparse.ArgumentTypeError):
    """Of both kinds: argparse asks for the second, jsonargparse for the first."""

    def __init__(self, value: str, hint: Any) -> None:
        super().__init__(f"{value!r} is not {configs.allowed(hint)}")
        self.value, self.hint = value, hint


@dataclass(frozen=True)
class Read:
    """A value that was read: jsonargparse gives a type its own results again, and defaults."""

    value: Any


@dataclass(frozen=True)
class Reader:
    """The argparse type of a setting; what is no word of the command line it leaves alone.

    Args:
        hint: the setting's type, as `configs.typed` takes it.
        marks: whether what was read is marked as `Read`.
    """

    hint: Any
    marks: bool = False

    def __call__(self, word: Any) -> Any:
        """Return what a word means.

        Raises:
            ValueError: it means none of the setting's types.
        """
        if not isinstance(word, str):
            return word
        try:
            value = configs.from_text(self.hint, word)
        except ValueError:
            raise _WrongTypeError(word, self.hint) from None
        return Read(value) if self.marks else value

    @property
    def choices(self) -> list[str]:
        """The words that it takes, where they are few."""
        return ["true", "false"] if self.hint is bool else configs.choices(self.hint)


def in_one_line(error: ArgumentError) -> configs.ConfigError:
    """Return what argparse refuses as one line: which flag, what was given, what is allowed."""
    text = " ".join(str(error).split())
    flag = re.match(r"argument ([^/:\s]+)", text)
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, _WrongTypeError):
        cause = cause.__cause__ or cause.__context__
    if cause is None or flag is None:
        return configs.ConfigError(text)
    return configs.wrong_type(flag[1].removeprefix("--"), cause.value, cause.hint)
