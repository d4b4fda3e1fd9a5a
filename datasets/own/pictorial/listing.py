"""What lies in a folder of pictures: classes, splits, and what is left out."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.pictures import ENDINGS

SPLIT_NAMES = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""Folder -> the split that it makes."""

_SHOWN = 4


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder, in the order of their names.

    Attributes:
        folder: that they lie in.
        files: their paths in it, with "/".
        sizes: `[n]` int64 bytes.
        class_names: sorted.
        classes: `[n]` int32 indices of `class_names`.
        splits: split -> ascending indices of `files`, of the splits that the folder has; empty
            where it has classes alone.
        notes: what was left out, at most one line.
    """

    folder: Path
    files: tuple[str, ...]
    sizes: np.ndarray
    class_names: tuple[str, ...]
    classes: np.ndarray
    splits: dict[str, np.ndarray]
    notes: tuple[str, ...]


def list_pictures(folder: Path) -> Listing:
    """Return the pictures of a folder with one folder of each class, or of each split and class.

    A class's own folders are searched too. Hidden files, files of other endings and links to
    folders are left out, and counted.

    Raises:
        DataError: there are fewer than two classes, one is empty or two have nearly one name, or
            what is a split and what a class cannot be told.
    """
    left_out: Counter[str] = Counter()
    first = _folders(folder, left_out)
    parts = {each: SPLIT_NAMES[each.lower()] for each in first if each.lower() in SPLIT_NAMES}
    found: dict[str, list[tuple[str, int]]] = {}  # folder of one class -> its files and their sizes
    if parts:
        _require_split_folders(folder, first, parts)
        for part in first:
            classes = _folders(folder / part, left_out)
            if not classes:
                raise DataError(
                    f"{named(folder / part)} has no folder of a class in it; put a folder of each "
                    f"class below {part!r}, or rename it if it is itself a class"
                )
            found |= {
                f"{part}/{each}": list(_files(folder, f"{part}/{each}", left_out))
                for each in classes
            }
    else:
        found = {each: list(_files(folder, each, left_out)) for each in first}
    _require_classes(folder, found)
    class_names = tuple(sorted({_class_name(each) for each in found}))
    number = {name: index for index, name in enumerate(class_names)}
    rows = sorted(
        (file, size, number[_class_name(home)])
        for home, files in found.items()
        for file, size in files
    )
    of_split = np.array([parts.get(file.split("/")[0], "") for file, _, _ in rows])
    return Listing(
        folder,
        tuple(file for file, _, _ in rows),
        np.array([size for _, size, _ in rows], np.int64),
        class_names,
        np.array([label for _, _, label in rows], np.int32),
        {split: np.flatnonzero(of_split == split) for split in parts.values()},
        _notes(left_out),
    )


def _require_split_folders(folder: Path, first: list[str], parts: dict[str, str]) -> None:
    classes = [each for each in first if each not in parts]
    if classes:
        raise DataError(
            f"{named(folder)} has {next(iter(parts))!r}, the name of a split, beside "
            f"{_some(classes)}, which is none; put all classes below 'train', or rename what is a "
            "class"
        )
    twice = [split for split, times in Counter(parts.values()).items() if times > 1]
    if twice:
        both = [each for each in parts if parts[each] == twice[0]]
        raise DataError(
            f"{named(folder)} has {' and '.join(map(repr, both))}, which are both the "
            f"{twice[0]} split; join them in one folder"
        )
    if "train" not in parts.values():
        raise DataError(
            f"{named(folder)} has {_some(list(parts))} and no 'train'; add it, or give a folder "
            "with one folder of each class"
        )


def _require_classes(folder: Path, found: dict[str, list[tuple[str, int]]]) -> None:
    alike: dict[str, str] = {}
    for home in found:
        name = _class_name(home)
        if not name.isprintable():
            raise DataError(
                f"a folder in {named(folder)} is called {name!a}, which cannot be printed and "
                "so is no name of a class; rename it"
            )
        before = alike.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if before != name:
            raise DataError(
                f"{named(folder)} has classes {before!r} and {name!r}, which are one name on some "
                "systems; rename one, or join them"
            )
    homes: dict[str, str] = {}
    for home in found:
        before = homes.setdefault(home.rpartition("/")[0] + "/" + _class_name(home), home)
        if before != home:
            raise DataError(
                f"{named(folder)} has two folders {_class_name(home)!r}, spelt by different "
                "characters; join them"
            )
    empty = [home for home, files in found.items() if not files]
    if empty:
        raise DataError(
            f"{named(folder / empty[0])} holds no picture; allowed are {', '.join(ENDINGS)}; add "
            "some, or move the folder away"
        )
    if len(alike) < 2:
        there = f"has the class {next(iter(alike.values()))!r} alone" if alike else "has no classes"
        raise DataError(
            f"{named(folder)} {there}; expected at least two folders with pictures, one of each "
            "class"
        )


def _class_name(home: str) -> str:
    return unicodedata.normalize("NFC", home.rpartition("/")[2])


def _folders(folder: Path, left_out: Counter[str]) -> list[str]:
    """Return the names of a folder's folders, sorted; all else in it is left out."""
    names = []
    for entry in _entries(folder):
        if entry.name.startswith("."):
            left_out["hidden"] += 1
        elif entry.is_dir(follow_symlinks=False):
            names.append(entry.name)
        else:
            left_out["link" if entry.is_dir() else "outside"] += 1
    return sorted(names)


def _files(root: Path, home: str, left_out: Counter[str]) -> Iterator[tuple[str, int]]:
    """Yield the pictures below a folder, and their sizes."""
    for entry in _entries(root / home):
        if entry.name.startswith("."):
            left_out["hidden"] += 1
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(root, f"{home}/{entry.name}", left_out)
        elif entry.is_dir():
            left_out["link"] += 1
        elif not entry.name.lower().endswith(ENDINGS):
            left_out[os.path.splitext(entry.name)[1].lower() or "no ending"] += 1
        else:
            file = f"{home}/{entry.name}"
            try:
                status = entry.stat()
            except OSError as error:
                raise DataError(
                    f"{named(root / file)} cannot be read ({one_line(error)}); mend it, or leave "
                    "it out"
                ) from error
            if entry.is_file():
                yield file, status.st_size
            else:  # a pipe, which would be waited for
                left_out["no regular file"] += 1


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(
            f"{named(folder)} cannot be read ({one_line(error)}); mend its permissions, or give "
            "another folder"
        ) from error


def _notes(left_out: Counter[str]) -> tuple[str, ...]:
    kinds = {
        "hidden": "hidden",
        "link": "links to folders",
        "outside": "outside the classes' folders",
    }
    parts = [f"{left_out[key]} {told}" for key, told in kinds.items() if left_out[key]]
    others = {key: count for key, count in left_out.items() if key not in kinds}
    if others:
        parts.append(
            f"{sum(others.values())} that are no pictures ({_some(sorted(others), quoted=False)})"
        )
    if not parts:
        return ()
    return (f"left out of the folder: {', '.join(parts)}",)


def _some(names: list[str], quoted: bool = True) -> str:
    shown = [repr(name) if quoted else name for name in names[:_SHOWN]]
    more = len(names) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
