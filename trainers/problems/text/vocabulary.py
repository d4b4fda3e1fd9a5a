"""A run's vocabulary: which character each symbol number stands for, as JSON in the run folder."""

from __future__ import annotations

import json
from pathlib import Path

import configs
from trainers.errors import CheckpointError
from trainers.output.files import replace_file

FILE = "vocabulary.json"


def write(folder: Path, characters: tuple[str, ...]) -> None:
    """Write the characters in the order of their numbers."""
    text = json.dumps(list(characters), ensure_ascii=False) + "\n"
    replace_file(folder / FILE, text.encode())


def read(folder: Path) -> tuple[str, ...]:
    """Return the characters that `write` was given.

    Raises:
        ConfigError: the run has no vocabulary, so it is not of text.
        CheckpointError: the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        raise configs.ConfigError(
            f"{folder} has no {FILE}: it is not a run of text; train one with "
            "`python -m trainers.run --model char_lstm`"
        )
    try:
        characters = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}; continue the run with --resume") from (
            error
        )
    valid = isinstance(characters, list) and all(isinstance(c, str) for c in characters)
    if not valid or len(set(characters)) != len(characters) or not characters:
        raise CheckpointError(f"{path} is damaged; continue the run with --resume")
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
