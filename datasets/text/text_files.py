"""The user's own text: one file, or a folder of them, read where it lies."""

import fnmatch
import os
import stat
from collections import Counter
from pathlib import Path

from datasets.errors import DataError, DataOptionError, named, one_line
from datasets.partition import held_out_size
from datasets.storage import require_memory
from datasets.text.documents import READING_FACTOR, join_documents
from datasets.text.encodings import decode, require_encoding
from datasets.text.windows import Passage

_MOST_KINDS = 4

RULES_VERSION = "1.0.0"
"""Of the rules by which files become a text; the fingerprint tells the content."""

USUAL_PATTERN = "*.md,*.rst,*.text,*.txt"
"""Files of a folder that are read, whatever their case; a single file may have any name."""


def read_text_files(
    name: str,
    data_path: str | os.PathLike[str] | None,
    validation_fraction: float,
    pattern: str | None = None,
    encoding: str | None = None,
) -> dict[str, Passage]:
    """Return the train, validation and test passages of a file or folder.

    A folder's files are joined in the sorted order of their relative paths, as
    `datasets.text.documents.join_documents` has it. Subfolders are searched; hidden files and
    folders and links to folders are not. Line ends are kept, see `datasets.text.encodings.decode`
    for the rest. Validation and test are `validation_fraction` of the characters each, cut from
    the end, test last. Nothing is copied or executed.

    Args:
        name: the dataset's, for messages.
        data_path: the file or folder.
        validation_fraction: in (0, 1).
        pattern: which of a folder's files, as in "*.py,docs/*.md": of their names, or of their
            paths in the folder where there is a "/"; None means `USUAL_PATTERN`.
        encoding: of files that are not UTF-8.

    Raises:
        DataError: the path is missing or of another kind, a file is no text, in another encoding
            or unreadable, there is no text at all, or memory is too small for it.
        DataOptionError: the pattern or the encoding cannot be meant.
    """
    path = require_path(name, data_path)
    if stat.S_ISDIR(_mode(path)):
        files = _folder_files(path, pattern or USUAL_PATTERN)
    elif pattern is None:
        files = [path]
    else:
        raise DataOptionError(
            f"pattern is {pattern!r}, which chooses among the files of a folder, and data_path "
            f"{named(path)} is one file; leave --pattern out, or pass its folder"
        )
    for file in files:
        if not stat.S_ISREG(_mode(file)):
            raise DataError(
                f"data_path {named(file)} is a device, pipe or socket; allowed is a regular text "
                "file or a folder of them; copy its content to a file"
            )
    require_memory(name, READING_FACTOR * sum(file.stat().st_size for file in files))
    text = join_documents(_read(file, encoding) for file in files)
    if not text:
        raise DataError(
            f"data_path {named(path)} holds no characters, expected a text; choose another file "
            "or folder"
        )
    held_out = held_out_size(len(text), validation_fraction)
    ends = {
        "train": (0, max(0, len(text) - 2 * held_out)),
        "validation": (max(0, len(text) - 2 * held_out), max(0, len(text) - held_out)),
        "test": (max(0, len(text) - held_out), len(text)),
    }
    return {split: Passage(text, start, stop) for split, (start, stop) in ends.items()}


def require_options(pattern: str | None, encoding: str | None) -> None:
    """Raise `DataOptionError` for a pattern or an encoding that no file could make right."""
    if encoding is not None:
        require_encoding(encoding)
    if pattern is not None and not all(part.strip() for part in pattern.split(",")):
        raise DataOptionError(
            f"pattern is {pattern!r}; give patterns of names with commas between them, as in "
            '--pattern "*.py,*.md"'
        )


def require_path(name: str, data_path: str | os.PathLike[str] | None) -> Path:
    """Return the path of a dataset's file or folder.

    Raises:
        DataError: none is given, or it leads nowhere.
    """
    if data_path is None or not os.fspath(data_path):
        raise DataError(
            f"dataset {name!r} needs data_path, which is {data_path!r}; allowed is a file or a "
            "folder; pass --data-path"
        )
    path = Path(data_path).expanduser()
    _mode(path)
    return path


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise DataError(
            f"data_path {named(path)} cannot be read ({one_line(error)}); allowed is a file "
            "or a folder of them; check the path and its permissions"
        ) from error


def _folder_files(folder: Path, pattern: str) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(
            f"data_path {named(folder)}: a folder in it cannot be read ({one_line(error)}); mend "
            "its permissions, or give another folder"
        ) from error

    visible = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        visible += [
            Path(parent, name).relative_to(folder) for name in files if not name.startswith(".")
        ]
    parts = [part.strip().lower() for part in pattern.split(",")]
    found = [file for file in visible if any(_matches(file, part) for part in parts)]
    if not found:
        raise DataError(
            f"data_path {named(folder)} is a folder without files that match {pattern!r}"
            f"{_what_is_there(visible)}; choose them by --pattern, or pass one file of any name"
        )
    return [folder / file for file in sorted(found, key=Path.as_posix)]


def _matches(file: Path, part: str) -> bool:
    return fnmatch.fnmatchcase((file.as_posix() if "/" in part else file.name).lower(), part)


def _what_is_there(files: list[Path]) -> str:
    counts = Counter(file.suffix.lower() for file in files if file.suffix)
    kinds = [f"{count} *{suffix}" for suffix, count in counts.most_common(_MOST_KINDS)]
    return f"; there are {', '.join(kinds)}" if kinds else ""


def _read(file: Path, encoding: str | None) -> str:
    try:
        return decode(file, file.read_bytes(), encoding)
    except OSError as error:
        raise DataError(
            f"data_path {named(file)} cannot be read ({one_line(error)}); check its permissions"
        ) from error
    except MemoryError as error:
        raise DataError(
            f"data_path {named(file)} does not fit into memory; free memory or choose a shorter "
            "text"
        ) from error
