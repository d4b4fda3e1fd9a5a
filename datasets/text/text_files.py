"""The user's own text: one UTF-8 file, or a folder of them, read where it lies."""

import os
import stat
from pathlib import Path

from datasets.errors import DataError, one_line
from datasets.partition import held_out_size
from datasets.storage import require_memory
from datasets.text.documents import READING_FACTOR, join_documents
from datasets.text.windows import Passage

RULES_VERSION = "1.0.0"
"""Of the rules by which files become a text; the fingerprint tells the content."""

FOLDER_SUFFIXES = (".md", ".rst", ".text", ".txt")
"""Files of a folder that are read, whatever their case; a single file may have any suffix."""


def read_text_files(
    name: str, data_path: str | os.PathLike[str] | None, validation_fraction: float
) -> dict[str, Passage]:
    """Return the train, validation and test passages of a file or folder.

    A folder's files with one of `FOLDER_SUFFIXES` are joined in the sorted order of their
    relative paths, as `datasets.text.documents.join_documents` has it. Subfolders are searched;
    hidden files and folders and links to folders are not. A leading byte-order mark is dropped,
    line ends are kept. Validation and test are `validation_fraction` of the characters each, cut
    from the end, test last. Nothing is copied or executed.

    Raises:
        DataError: the path is missing or of another kind, a file is not UTF-8 or unreadable, there
            is no text at all, or memory is too small for it.
    """
    path = require_path(name, data_path)
    files = _folder_files(path) if stat.S_ISDIR(_mode(path)) else [path]
    for file in files:
        if not stat.S_ISREG(_mode(file)):
            raise DataError(
                f"data_path {file} is a device, pipe or socket; allowed is a regular UTF-8 text "
                "file or a folder of them; copy its content to a file"
            )
    require_memory(name, READING_FACTOR * sum(file.stat().st_size for file in files))
    text = join_documents(map(_read, files))
    if not text:
        raise DataError(
            f"data_path {path} holds no characters, expected a text; choose another file or folder"
        )
    held_out = held_out_size(len(text), validation_fraction)
    ends = {
        "train": (0, max(0, len(text) - 2 * held_out)),
        "validation": (max(0, len(text) - 2 * held_out), max(0, len(text) - held_out)),
        "test": (max(0, len(text) - held_out), len(text)),
    }
    return {split: Passage(text, start, stop) for split, (start, stop) in ends.items()}


def require_path(name: str, data_path: str | os.PathLike[str] | None) -> Path:
    """Return the path of a dataset's file or folder.

    Raises:
        DataError: none is given, or it leads nowhere.
    """
    if data_path is None or not os.fspath(data_path):
        raise DataError(
            f"dataset {name!r} needs data_path, which is {data_path!r}; allowed is a UTF-8 text "
            "file or a folder of them; pass data_path"
        )
    path = Path(data_path).expanduser()
    _mode(path)
    return path


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise DataError(
            f"data_path {str(path)!r} cannot be read ({one_line(error)}); allowed is a UTF-8 text "
            "file or a folder of them; check the path and its permissions"
        ) from error


def _folder_files(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(
            f"data_path {folder}: a folder in it cannot be read ({one_line(error)}); mend its "
            "permissions, or give another folder"
        ) from error

    found = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(parent, name)
            for name in files
            if not name.startswith(".") and name.lower().endswith(FOLDER_SUFFIXES)
        ]
    if not found:
        raise DataError(
            f"data_path {folder} is a folder without text files; allowed are names that end in "
            f"{', '.join(FOLDER_SUFFIXES)} and are not hidden; rename them, or pass one file of "
            "any name"
        )
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"data_path {file}: byte {error.start} is not UTF-8 ({error.reason}), expected UTF-8 "
            "text; convert the file, as with `iconv -f LATIN1 -t UTF-8`, or choose another"
        ) from error
    except OSError as error:
        raise DataError(
            f"data_path {file} cannot be read ({one_line(error)}); check its permissions"
        ) from error
    except MemoryError as error:
        raise DataError(
            f"data_path {file} does not fit into memory; free memory or choose a shorter text"
        ) from error
