"""A run's vocabulary: which character each symbol number stands for, as JSON in the run folder."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sized
from pathlib import Path

import configs
from trainers.errors import CheckpointError
from trainers.output.files import replace_file
from zoo.process.shell import shown

FILE, _SEAL = "vocabulary.json", "vocabulary.sha256"
# In a message: of characters that were given, and of those that are allowed.
_MOST_TOLD, _MOST_KNOWN = 5, 100


def write(folder: Path, characters: tuple[str, ...]) -> None:
    """Write the characters in the order of their numbers, and say if the file had others."""
    content = (json.dumps(list(characters), ensure_ascii=False) + "\n").encode()
    path = folder / FILE
    if path.is_file() and path.read_bytes() != content:
        print(f"warning: {path} was damaged; written anew", file=sys.stderr)
    replace_file(path, content)
    replace_file(folder / _SEAL, hashlib.sha256(content).hexdigest().encode())


def read(folder: Path) -> tuple[str, ...]:
    """Return the characters that `write` was given.

    Raises:
        ConfigError: the run has no vocabulary, so it is not of text.
        CheckpointError: the file is damaged.
    """
    path, seal = folder / FILE, folder / _SEAL
    if not path.is_file():
        raise configs.ConfigError(
            f"{shown(folder)} has no {FILE}: it is not a run of text (or the file was removed, and "
            "continuing the run with --resume writes it anew); train one with "
            "`python -m trainers.run --model char_lstm`"
        )
    content = path.read_bytes()
    try:
        characters = json.loads(content.decode("utf-8"))
    except ValueError:
        characters = None
    valid = isinstance(characters, list) and all(isinstance(c, str) for c in characters)
    # Runs of earlier releases have no seal.
    sealed = not seal.is_file() or seal.read_bytes() == hashlib.sha256(content).hexdigest().encode()
    if not characters or not valid or not sealed or len(set(characters)) != len(characters):
        raise CheckpointError(
            f"{path} is damaged; continue the run with --resume, which writes it anew"
        )
    return tuple(characters)


def beginning(characters: tuple[str, ...]) -> str:
    """Return a character to begin a text with: a line break if there is one, or a space."""
    return next((each for each in "\n\r\u2028 " if each in characters), characters[0])


def _more(items: Sized, told: int) -> str:
    return f" and {len(items) - told:,} more" if len(items) > told else ""


def numbers(text: str, characters: tuple[str, ...]) -> list[int]:
    """Return the symbol numbers of a text.

    Raises:
        ConfigError: the text has a character that the model has never seen.
    """
    table = {character: number for number, character in enumerate(characters)}
    unknown = dict.fromkeys(each for each in text if each not in table)
    if unknown:
        given = ", ".join(map(repr, list(unknown)[:_MOST_TOLD]))
        known = [each for each in characters if each.isprintable()]
        breaks = " and line breaks" if "\n" in table else ""
        raise configs.ConfigError(
            f"the prompt has {given}{_more(unknown, _MOST_TOLD)}, which the model has not seen; "
            f"allowed: {''.join(known[:_MOST_KNOWN])}{_more(known, _MOST_KNOWN)}{breaks}"
        )
    return [table[character] for character in text]
