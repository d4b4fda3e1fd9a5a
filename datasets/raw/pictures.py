"""Pictures of files and folders, as a model of pictures takes them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import DataError, named, one_line
from datasets.own.pictures import ENDINGS, decode
from datasets.raw.examples import RawExamples

_FULL = 255.0


def pictures(inputs: dict[str, Any], sources: Sequence[Path | bytes]) -> RawExamples:
    """Return the pictures of files and folders; each is decoded when it is taken.

    A folder's are those whose names end as pictures' do, in the order of their paths; hidden files
    and folders and links to folders are left out.

    Args:
        inputs: the preparation's inputs, of kind "images".
        sources: files, folders, or a picture's content.

    Raises:
        DataError: a folder without a picture.
    """
    found: list[tuple[str, Path | bytes]] = []
    skipped = 0
    for source in sources:
        if isinstance(source, bytes):
            found.append(("-", source))
        elif source.is_dir():
            files, others = inside(source)
            if not files:
                raise DataError(
                    f"{named(source)} holds no picture ({', '.join(ENDINGS)}); give another folder"
                )
            skipped += others
            found += [(str(path), path) for path in files]
        else:
            found.append((str(source), source))
    notes = [f"{skipped} hidden files and files that are no pictures left out"] if skipped else []

    def take(rows: np.ndarray) -> list[np.ndarray]:
        return [_picture(inputs, *found[row]) for row in rows]

    return RawExamples([name for name, _ in found], take, tuple(notes), "file")


def inside(folder: Path) -> tuple[list[Path], int]:
    """Return a folder's pictures in the order of their paths, and how many other files it has."""

    def refuse(error: OSError) -> None:
        raise DataError(
            f"{named(folder)}: a folder in it cannot be read ({one_line(error)}); mend its "
            "permissions, or give another folder"
        ) from error

    found, others = [], 0
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            usual = name.lower().endswith(ENDINGS) and not name.startswith(".")
            if usual and path.is_file():  # a pipe would be waited for
                found.append(path)
            else:
                others += 1
    return sorted(found, key=lambda path: path.relative_to(folder).parts), others


def _picture(inputs: dict[str, Any], name: str, source: Path | bytes) -> np.ndarray:
    *size, channels = inputs["shape"]
    pixels = decode(source, channels, "the picture on standard input" if name == "-" else "")
    if inputs["resize"] is None and list(pixels.shape[:2]) != list(size):
        height, width = pixels.shape[:2]
        raise DataError(
            f"{named(Path(name))} is {height}x{width} pixels, and the model takes "
            f"{size[0]}x{size[1]} (height x width) and resizes nothing; resize it, or train with "
            "--image-size"
        )
    if inputs["scale"] != _FULL:
        # A file's white is 255, that of the data the model learned from is another.
        scaled = np.rint(pixels * (inputs["scale"] / _FULL))
        return scaled.astype(np.uint8)
    return pixels
