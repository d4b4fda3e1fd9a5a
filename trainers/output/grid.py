"""Many images as one picture, and PNG files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from trainers.output.files import replace_file

# Small images are enlarged to about this side, so that a viewer shows them without blurring.
_SIDE = 56
_GREY = 96


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """Return images laid out row by row, with a grey line between them.

    Args:
        images: `[images, rows, columns, channels]` in [0, 1], a whole number of grid rows.
        columns: images in a row of the grid, at least 1.

    Returns:
        uint8 `[height, width, channels]`, each image enlarged by a whole factor.
    """
    count, height, width, channels = images.shape
    if count % columns:
        raise ValueError(f"{count} images do not fill rows of {columns}; give a multiple")
    factor = max(1, _SIDE // max(height, width))
    pixels = np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
    pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    pixels = np.pad(pixels, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=_GREY)
    height, width = pixels.shape[1:3]
    rows = pixels.reshape(count // columns, columns, height, width, channels)
    joined = rows.transpose(0, 2, 1, 3, 4).reshape(-1, columns * width, channels)
    return joined[:-1, :-1]


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 pixels `[height, width, channels]`, whole or not at all; makes the folder."""
    mode = pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3]
    content = io.BytesIO()
    Image.fromarray(mode).save(content, "PNG")
    path.parent.mkdir(exist_ok=True)
    replace_file(path, content.getvalue())
