"""From what was typed to a finished model's raw inputs, whatever kind it takes."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.errors import DataError, DataOptionError, named
from datasets.own.pictures import ENDINGS
from datasets.raw.examples import RawExamples

TAKES = {
    "images": "pictures, folders of pictures, or an .npy or .npz file of them",
    "numbers": "rows of numbers: .npy, .npz, or a table without other columns",
    "sequences": "sequences: .npy, .npz with lengths, or a table for each, a row for each step",
    "symbols": "text: --text, or files",
    "table": "tables: CSV, TSV, Parquet or NPZ with the columns of training",
}
"""What is said of the inputs of each kind."""

# What a file is by how its name ends, where that tells that it is of another kind.
_ENDINGS = dict.fromkeys(ENDINGS, "a picture")
_ENDINGS |= dict.fromkeys((".csv", ".tsv", ".parquet"), "a table")
_ENDINGS |= {".npy": "an array", ".npz": "a file of arrays", ".txt": "a text"}
_FITTING = {
    "images": ("a picture", "an array", "a file of arrays"),
    "numbers": ("a table", "an array", "a file of arrays", "a text"),
    "sequences": ("a table", "an array", "a file of arrays", "a text"),
    "symbols": ("a table", "a text"),
    "table": ("a table", "a file of arrays", "a text"),
}
_SUFFIXES = {b"PAR1": ".parquet", b"PK\x03\x04": ".npz", b"\x93NUM": ".npy"}


def read_raw(
    inputs: dict[str, Any],
    sources: Sequence[Path | bytes],
    *,
    texts: Sequence[str] = (),
    encoding: str | None = None,
) -> RawExamples:
    """Return the examples that are to be predicted.

    Args:
        inputs: "inputs" of a `Dataset.preparation`, with its "kind".
        sources: files, folders, or what came by standard input.
        texts: given literally, for a model of text.
        encoding: of text that is neither UTF-8 nor marked.

    Raises:
        DataError: something is missing, damaged, or not of the kind.
        DataOptionError: an option is for another kind.
    """
    kind = inputs["kind"]
    if texts and kind != "symbols":
        raise DataOptionError(f"--text is for models of text, and this one takes {TAKES[kind]}")
    if encoding is not None and kind not in ("symbols", "table"):
        raise DataOptionError(f"--encoding is for text, and this model takes {TAKES[kind]}")
    for source in sources:
        if isinstance(source, Path):
            _require(source, kind)
    if kind == "symbols":
        from datasets.raw.texts import texts as read_texts

        return read_texts(inputs, texts, sources, encoding)
    if kind == "images":
        return _images(inputs, sources)
    contents = [source for source in sources if isinstance(source, bytes)]
    if not contents:
        return _files(inputs, [each for each in sources if isinstance(each, Path)], encoding)
    with tempfile.TemporaryDirectory(prefix="keras-zoo-") as folder:
        path = Path(folder, "standard-input" + _SUFFIXES.get(contents[0][:4], ".csv"))
        path.write_bytes(contents[0])
        paths = [path if isinstance(each, bytes) else each for each in sources]
        try:
            found = _files(inputs, paths, encoding)
        except DataError as error:
            raise type(error)(str(error).replace(str(path), "standard input")) from error
    told = tuple(note.replace(str(path), "standard input") for note in found.notes)
    names = [name.replace(str(path), "-") for name in found.names]
    return RawExamples(names, found.take, told, found.column)


def _require(path: Path, kind: str) -> None:
    if not os.path.exists(path):
        raise DataError(f"{named(path)} is not there; the model takes {TAKES[kind]}")
    if path.is_dir() and kind != "images":
        raise DataError(f"{named(path)} is a folder, and the model takes {TAKES[kind]}")
    found = None if path.is_dir() else _ENDINGS.get(path.suffix.lower())
    if found is not None and found not in _FITTING[kind]:
        raise DataError(f"{named(path)} is {found}, and the model takes {TAKES[kind]}")


def _images(inputs: dict[str, Any], sources: Sequence[Path | bytes]) -> RawExamples:
    from datasets.raw import numbers, pictures

    arrays = [
        each
        for each in sources
        if isinstance(each, Path) and not each.is_dir() and each.suffix.lower() in (".npy", ".npz")
    ]
    if not arrays:
        return pictures.pictures(inputs, sources)
    if len(sources) > 1:
        raise DataError(
            f"{named(arrays[0])} holds pictures in an array; give it alone, without other inputs"
        )
    return numbers.pixels(inputs, arrays[0])


def _files(inputs: dict[str, Any], paths: Sequence[Path], encoding: str | None) -> RawExamples:
    if inputs["kind"] == "table":
        from datasets.raw.rows import rows

        return rows(inputs, paths, encoding)
    from datasets.raw import numbers

    read = numbers.numbers if inputs["kind"] == "numbers" else numbers.sequences
    return read(inputs, paths)
