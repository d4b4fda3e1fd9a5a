"""TensorBoard's projector: points in many dimensions, turned about in three, with their pictures.

The plugin looks for `projector_config.pbtxt` beside event files, and reads only what lies under
that folder: here in `projector/`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from trainers.output.files import replace_file
from trainers.output.grid import write_png

_FOLDER = "projector"
# The longest side of a picture that every browser's graphics take.
_LONGEST_SIDE = 4096


def write(
    events: Path,
    points: np.ndarray,
    columns: Mapping[str, Sequence[object]],
    images: np.ndarray | None = None,
    name: str = "codes",
) -> None:
    """Write points for the projector, replacing those that are there.

    Args:
        events: a folder with event files.
        points: `[points, dimensions]`.
        columns: what is known of every point, by name, at least two: a table of one column has no
            header.
        images: `[points, rows, columns, 1 or 3]` in [0, 1], or None.
        name: what the points are.
    """
    folder = events / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    config = ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = name
    embedding.tensor_path = f"{_FOLDER}/{name}.tsv"
    embedding.metadata_path = f"{_FOLDER}/examples.tsv"
    embedding.tensor_shape.extend(points.shape)
    _write_table(folder / f"{name}.tsv", [[f"{value:.7g}" for value in row] for row in points])
    rows = zip(*columns.values(), strict=True)
    _write_table(folder / "examples.tsv", [list(columns), *rows])
    if images is not None:
        sheet, (width, height) = sprite(images)
        write_png(folder / "sprite.png", sheet)
        embedding.sprite.image_path = f"{_FOLDER}/sprite.png"
        embedding.sprite.single_image_dim.extend([width, height])
    # Last, so that it never names a file that is not there.
    replace_file(events / PROJECTOR_FILENAME, text_format.MessageToString(config).encode())


def sprite(images: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Return images as one square sheet, row by row, and the width and height of each on it.

    Args:
        images: `[images, rows, columns, channels]` in [0, 1].

    Returns:
        uint8 `[side, side, channels]`; places without an image are black. Images that would not
        fit are thinned out to every second pixel, every third, ...
    """
    side = math.ceil(math.sqrt(len(images)))
    step = math.ceil(side * max(images.shape[1:3]) / _LONGEST_SIDE)
    small = np.round(np.clip(images[:, ::step, ::step], 0, 1) * 255).astype(np.uint8)
    count, height, width, channels = small.shape
    small = np.pad(small, ((0, side**2 - count), (0, 0), (0, 0), (0, 0)))
    rows = small.reshape(side, side, height, width, channels).transpose(0, 2, 1, 3, 4)
    return rows.reshape(side * height, side * width, channels), (width, height)


def _write_table(path: Path, rows: Sequence[Sequence[object]]) -> None:
    # A class's name may hold what separates columns and rows.
    lines = ["\t".join(" ".join(str(value).split()) for value in row) for row in rows]
    replace_file(path, ("\n".join(lines) + "\n").encode())
