"""A run's vocabulary: which character each symbol number stands for, as JSON in the run folder."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import configs
from trainers.errors import CheckpointError
from trainers.output.files import replace_file

FILE, _SEAL = "vocabulary.json", "vocabulary.sha256"


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
            f"{folder} has no {FILE}: it is not a run of text (or the file was removed, and "
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


def numbers(text: str, characters: tuple[str, ...]) -> list[int]:
    """Return the symbol numbers of a text.

    Raises:
        ConfigError: the text has a character that the model has never seen.
    """
    table = {character: number for number, character in enumerate(characters)}
    for character in text:
        if character not in table:
            known = "".join(c for c in characters if c.isprintable())
            raise configs.ConfigError(
                f"the prompt has {character!r}, which the model has not seen; allowed: {known} "
                "and line breaks"
            )
    return [table[character] for character in text]
