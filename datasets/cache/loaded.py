"""Data as they are ready for training, kept between runs: neither imported nor decoded again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import numpy as np

from datasets.cache.entries import Writer, note_read, place_of, sha256, told
from datasets.dataset import Split, row_blocks
from datasets.errors import DataError, named, one_line
from datasets.storage import Storage

RULE = 1
"""Version of how records become arrays: another one finds nothing that this one kept."""

_ARRAYS = "arrays.bin"
_BLOCK_BYTES = 1 << 23
_PLAIN = (
    *("task", "input_shape", "num_classes", "class_names", "oracle_loss", "contiguous"),
    *("notes", "preparation", "version", "fingerprint"),
)


class Loaded:
    """The entry of one dataset and one way of loading it.

    Args:
        name: of the dataset, for messages.
        folder: with the versions that are prepared.
        request: what decides the arrays, as JSON has it; None where it is not known.
    """

    def __init__(self, name: str, folder: Path, request: object | None) -> None:
        self._name, self._folder = name, folder
        self._place = None if request is None else place_of("loaded", [RULE, name, request])
        self._files: dict[str, str] = {}
        self._version = ""
        self.notes: list[str] = []

    @property
    def is_known(self) -> bool:
        """Whether it is known what decides the arrays, and where they are kept."""
        return self._place is not None

    def find(self, max_resident_gib: float) -> dict[str, Any] | None:
        """Return the fields of a `Dataset` but its name, or None; a damaged entry is noted.

        Raises:
            DataError: memory or disk is too small.
        """
        if self._place is None:
            return None
        try:
            entry = told(self._place)
            if entry["files"] != _digests(self._folder / entry["folder"]):
                return None
            fields = self._fields(entry, max_resident_gib)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, DataError):
                raise
            self.notes.append(
                f"loaded data in {named(self._place)} are damaged ({one_line(error, 80)}), so the "
                "records are read anew"
            )
            return None
        note_read(self._place)
        return fields

    def reading(self, prepared: Path) -> None:
        """Remember the content of prepared files that are about to be read."""
        if self._place is not None and prepared.is_relative_to(self._folder):
            self._version = str(prepared.relative_to(self._folder))
            self._files = _digests(prepared)

    def keep(self, fields: dict[str, Any]) -> None:
        """Keep the fields that were made of these files; where that fails, a note says so."""
        if self._place is None or not self._files:
            return
        arrays = list(_arrays(fields["splits"]))
        scale = _scale(fields, arrays)
        nbytes = sum(
            each.nbytes // (4 if scale and is_input else 1) for _, is_input, each in arrays
        )
        writer = Writer()
        try:
            writer.make_room(self._place.parent, nbytes, within_share=True)
            if writer.folder is not None:
                entry = {key: fields[key] for key in _PLAIN if key in fields}
                entry |= {"files": self._files, "folder": self._version, "scale": scale}
                with writer.failing(writer.folder):
                    with open(writer.folder / _ARRAYS, "wb") as file:
                        entry["arrays"], entry["sha256"] = _written(file, arrays, scale)
                    writer.publish(self._place, entry | {"seal": _seal(entry)})
        finally:
            writer.discard()
            if writer.failure:
                self.notes.append(writer.note("loaded data"))

    def _fields(self, entry: dict[str, Any], max_resident_gib: float) -> dict[str, Any]:
        """Return the fields of a whole entry.

        Raises:
            ValueError: it is not whole.
        """
        if entry.pop("seal") != _seal(entry):
            raise ValueError("what it says of itself has changed")
        fields = {key: entry[key] for key in _PLAIN if key in entry}
        for key in ("input_shape", "class_names", "notes"):
            fields[key] = tuple(fields.get(key, ()))
        arrays, scale = entry["arrays"], entry["scale"]
        nbytes = sum(int(np.prod(each[2])) * np.dtype(each[3]).itemsize for each in arrays)
        storage = Storage(self._name, nbytes, max_resident_gib)
        splits: dict[str, dict[str, np.ndarray]] = {}
        digest = hashlib.sha256()
        with open(self._place / _ARRAYS, "rb") as file:  # type: ignore[operator]
            for split, role, shape, dtype in arrays:
                array = splits.setdefault(split, {})[role] = storage.allocate(shape, dtype)
                _read(file, array, scale if role == "inputs" else None, digest)
        if digest.hexdigest() != entry["sha256"]:
            raise ValueError("its checksum is wrong")
        fields["splits"] = {
            split: Split(
                **{role: own[role] for role in ("inputs", "targets", "weights")},
                masks={role.partition("/")[2]: array for role, array in own.items() if "/" in role},
                resident=storage.resident,
            )
            for split, own in splits.items()
        }
        return fields


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a prepared version, by name."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return {path.name: each for path, each in zip(files, pool.map(sha256, files), strict=True)}


def _seal(entry: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _arrays(splits: dict[str, Split]) -> Iterator[tuple[tuple[str, str], bool, np.ndarray]]:
    for name, split in splits.items():
        yield from (((name, role), role == "inputs", array) for role, array in split.arrays())


def _scale(fields: dict[str, Any], arrays: list[Any]) -> float | None:
    """Return what pictures were divided by, if all of their values were bytes before."""
    scale = fields["preparation"].get("inputs", {}).get("scale")
    if scale is None:
        return None
    for _, is_input, array in arrays:
        for rows in row_blocks(array, _BLOCK_BYTES) if is_input else ():
            block = array[rows]
            if block.dtype != np.float32 or not np.array_equal(
                _bytes(block, scale) / np.float32(scale), block
            ):
                return None
    return float(scale)


def _bytes(block: np.ndarray, scale: float) -> np.ndarray:
    return np.rint(block * np.float32(scale)).clip(0, 255).astype(np.uint8)


def _written(file: IO[bytes], arrays: list[Any], scale: float | None) -> tuple[list[Any], str]:
    """Write arrays; return the split, role, shape and type of each, and the SHA-256 of all."""
    digest, shapes = hashlib.sha256(), []
    for (split, role), is_input, array in arrays:
        for rows in row_blocks(array, _BLOCK_BYTES):
            block = _bytes(array[rows], scale) if scale and is_input else array[rows]
            data = np.ascontiguousarray(block).data.cast("B")
            digest.update(data)
            file.write(data)
        shapes.append((split, role, array.shape, array.dtype.str))
    return shapes, digest.hexdigest()


def _read(file: IO[bytes], array: np.ndarray, scale: float | None, digest: Any) -> None:
    buffer = None
    for rows in row_blocks(array, _BLOCK_BYTES):
        block = array[rows]
        if scale is not None:
            buffer = np.empty(block.shape, np.uint8) if buffer is None else buffer[: len(block)]
        data = (block if buffer is None else buffer).data.cast("B")
        if file.readinto(data) != data.nbytes:  # type: ignore[attr-defined]
            raise ValueError("its end is missing")
        digest.update(data)
        if buffer is not None:
            np.divide(buffer, np.float32(scale), out=block, casting="unsafe")
