"""Texts whose next symbol a model is to predict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.raw.examples import RawExamples
from datasets.text.encodings import decode

_MOST_CHARACTERS = 4096
_SHOWN = 5


def texts(
    inputs: dict[str, Any],
    literal: Sequence[str],
    sources: Sequence[Path | bytes],
    encoding: str | None = None,
) -> RawExamples:
    """Return texts: those given literally, and those of files.

    A file is one text; where the model knows no line break, every line that is not empty is one.
    Of a text longer than 4,096 characters the last are read.

    Args:
        inputs: the preparation's inputs, of kind "symbols".
        literal: texts.
        sources: files, or a file's content.
        encoding: of files that are not UTF-8.

    Raises:
        DataError: a file is no text, or a text is empty or has a symbol that the model lacks.
    """
    known, several = set(inputs["symbols"]), "\n" in inputs["symbols"]
    found = [(text, repr(text)) for text in literal]
    for source in sources:
        where = "standard input" if isinstance(source, bytes) else named(source)
        text = _text(source, encoding)
        if several:
            found.append((text, where))
        else:
            lines = [line for line in text.splitlines() if line]
            if not lines:
                raise DataError(f"{where} is empty; give at least one line of symbols")
            found += [(line, f"{where}, {line!r}") for line in lines]
    notes = []
    for text, where in found:
        if not text:
            raise DataError(f"the text {where} is empty; give at least one character")
        strange = [each for each in dict.fromkeys(text) if each not in known]
        if strange and inputs["unknown"] is None:
            more = f" and {len(strange) - _SHOWN} more" if strange[_SHOWN:] else ""
            allowed = "".join(each for each in inputs["symbols"] if each.isprintable())
            raise DataError(
                f"the text {where[:80]} has {', '.join(map(repr, strange[:_SHOWN]))}{more}, which "
                f"the model has not seen; allowed: {allowed}"
            )
        if len(text) > _MOST_CHARACTERS:
            notes.append(f"of {where} the last {_MOST_CHARACTERS:,} characters are read")
    words = np.array([text[-_MOST_CHARACTERS:] for text, _ in found], object)
    names = [text if len(text) <= 60 else f"...{text[-57:]}" for text, _ in found]
    return RawExamples(names, lambda rows: words[rows], tuple(notes), "text")


def _text(source: Path | bytes, encoding: str | None) -> str:
    if isinstance(source, bytes):
        return decode(Path("standard input"), source, encoding)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise DataError(
            f"{named(source)} cannot be read ({one_line(error)}); check the path"
        ) from error
    return decode(source, content, encoding)
