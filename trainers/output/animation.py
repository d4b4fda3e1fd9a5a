"""Moving pictures, and the strips of stills that stand for them on paper."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def gif(frames: np.ndarray, milliseconds: int) -> bytes:
    """Return `[frames, rows, columns, 3]` uint8 as an endlessly repeating GIF file."""
    # The pictures have a handful of colours; a palette for all keeps the file small.
    plain = Image.Dither.NONE
    palette = Image.fromarray(frames[0]).quantize(32)
    pictures = [Image.fromarray(frame).quantize(palette=palette, dither=plain) for frame in frames]
    file = io.BytesIO()
    pictures[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=milliseconds,
        loop=0,
    )
    return file.getvalue()


def strip(stills: np.ndarray) -> np.ndarray:
    """Return `[stills, rows, columns, 3]` side by side, in thin frames."""
    framed = np.pad(stills, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=160)
    return np.concatenate(framed, axis=1)
