"""An .npz file's arrays by their keys: nothing in it is executed or unpickled."""

from __future__ import annotations

import difflib
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.parts import Part
from datasets.storage import require_memory

# What each array may be called; of a split's own arrays "_train" or "train_" is added.
ALIASES = {
    "inputs": ("x", "inputs", "input", "features", "images", "sequences", "data"),
    "targets": ("y", "targets", "target", "labels", "label"),
    "weights": ("weights", "sample_weight"),
    "lengths": ("lengths",),
    "groups": ("groups",),
}
SPLIT_WORDS = {
    "train": ("train",),
    "validation": ("validation", "valid", "val"),
    "test": ("test",),
}
# RuntimeError tells of an encrypted entry or of a compression that is not known.
_FAULTS = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, MemoryError)
NAMES = ("class_names", "target_names")


def read_npz(path: Path) -> tuple[dict[str, Part], dict[str, np.ndarray], list[str]]:
    """Return a file's arrays by split, its `class_names` and `target_names`, and notes.

    Of one X and y all is "train"; nothing has been divided yet.

    Args:
        path: an .npz file, as `np.savez` or `np.savez_compressed` writes it.

    Raises:
        DataError: it is missing, damaged, no .npz file, of objects or too large for the memory,
            or its keys do not say which array is what.
    """
    arrays = all_arrays(path)
    roles, unused = _roles(path, arrays)
    parts = {}
    for split in dict.fromkeys(split for split, _ in roles):
        keys = {role: key for (each, role), key in roles.items() if each == split}
        for role in ("inputs", "targets"):
            if role not in keys:
                raise _lacking(path, arrays, split, role)
        parts[split] = Part(
            **{role: arrays[key] for role, key in keys.items()},
            where=f"{named(path)}: ",
            names=keys,
        )
    if "train" not in parts:
        raise _lacking(path, arrays, "train", "inputs")
    notes = [f"{named(path)}: {', '.join(unused)}: not read"] if unused else []
    return parts, {name: arrays[name] for name in NAMES if name in arrays}, notes


def all_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return every array of an .npz file by its key.

    Raises:
        DataError: it is missing, damaged, no .npz file, of objects or too large for the memory.
    """
    remedy = "give a file that np.savez has written"
    if path.is_dir():
        raise DataError(f"{named(path)} is a folder, expected an .npz file; {remedy}")
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()
            raise DataError(f"{named(path)} is no .npz file; {remedy}")
        with zipfile.ZipFile(path) as archive:
            nbytes = sum(_declared_nbytes(path, archive, entry) for entry in archive.infolist())
        require_memory(os.fspath(path), nbytes, "it is read", "a smaller file")
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except _FAULTS as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{named(path)} cannot be read ({one_line(error)}); {remedy}") from error


def _declared_nbytes(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Return the size that an entry's header declares, known before memory is taken for it."""
    key = entry.filename.removesuffix(".npy")
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        read: Any = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise DataError(
            f"{named(path)}: {key} holds Python objects, which are never unpickled; save numbers "
            "or strings, and sequences of several lengths padded, with their lengths"
        )
    return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _roles(path: Path, keys: Iterable[str]) -> tuple[dict[tuple[str, str], str], list[str]]:
    """Return which key holds what of which split, and the keys that hold nothing we know."""
    known = {
        spelt: (split, role)
        for role, aliases in ALIASES.items()
        for alias in aliases
        for split, spelt in _spellings(alias)
    }
    roles: dict[tuple[str, str], str] = {}
    unused = []
    for key in keys:
        if key in NAMES:
            continue
        found = known.get(key) or known.get(key.lower())
        if found is None:
            unused.append(key)
            continue
        whole = (found[0] or "train", found[1])
        if whole in roles:
            raise DataError(
                f"{named(path)}: both {roles[whole]} and {key} would be {whole[1]} of "
                f"{whole[0]}; leave one out"
            )
        roles[whole] = key
    return roles, unused


def _spellings(alias: str) -> Iterable[tuple[str, str]]:
    yield "", alias
    for split, words in SPLIT_WORDS.items():
        for word in words:
            yield split, f"{alias}_{word}"
            yield split, f"{word}_{alias}"


def _lacking(path: Path, keys: Iterable[str], split: str, role: str) -> DataError:
    own = "" if split == "train" else f" of {split}"
    held = ", ".join(keys) or "none"
    near = [
        f"{alias} instead of {key}"
        for key in keys
        for alias in difflib.get_close_matches(key.lower(), ALIASES[role], 1, 0.75)
        if key.lower() != alias
    ]
    meant = f", as in {near[0]}" if near else ""
    return DataError(
        f"{named(path)} has no {role}{own} among its keys {held}; name its arrays X and y, or "
        f"x_train, y_train, x_test and y_test{meant}"
    )
