"""Pictures of answers: which classes are taken for which, the worst mistakes, answer over target.

They are drawn without Matplotlib, whose import alone takes longer than a small run's validations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor

from trainers.output.lettering import Drawing, shortened, width_of
from trainers.output.theme import colour

_PAPER, _INK, _LINE = colour("paper"), colour("ink"), colour("line")
_RIGHT, _WRONG, _POINT = colour("test"), colour("wrong"), colour("train")
# In pixels: of a matrix's side, of a cell's, of a name's width.
_SIDE, _LEAST_CELL, _LARGEST_CELL, _LONGEST_NAME = 420, 28, 84, 150
# With more classes cells are too small for counts, and names for eyes.
_MOST_NAMED = 30
# Mean of a colour's three parts below which letters on it are light.
_DARK = 150


def confusion_picture(counts: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return a confusion matrix as a picture, uint8 `[height, width, 3]`.

    Rows are true classes, columns what was said. A cell is the darker the larger its share of its
    row is, green where it is right; up to 30 classes it has its count, and rows and columns their
    names.

    Args:
        counts: `[true, said]`.
        names: of the classes.
    """
    cells = _cell_colours(counts)
    if len(names) > _MOST_NAMED:
        factor = max(1, _SIDE // len(names))
        return cells.repeat(factor, axis=0).repeat(factor, axis=1)
    cell = int(np.clip(_SIDE // len(names), _LEAST_CELL, _LARGEST_CELL))
    size = max(14, cell // 4)
    told = [shortened(name, _LONGEST_NAME, size) for name in names]
    room = int(max(width_of(name, size) for name in told)) + 3 * size
    side, end = cell * len(names), room + cell * len(names)
    drawn = Drawing(end + size, end + size, _PAPER)
    drawn.write((room + side / 2, size), "taken for", _INK, size, "mm")
    drawn.write_upwards((size, room + side // 2 + size), "is", _INK, size)
    enlarged = cells.repeat(cell, axis=0).repeat(cell, axis=1)
    drawn.image.paste(Image.fromarray(enlarged), (room, room))
    for number, name in enumerate(told):
        middle = room + number * cell + cell // 2
        drawn.write((room - size / 2, middle), name, _INK, size, "rm")
        drawn.write_upwards((middle, room - size // 3), name, _INK, size)
    for true, said in np.argwhere(counts > 0):
        place = room + (said + 0.5) * cell, room + (true + 0.5) * cell
        ink = _PAPER if cells[true, said].mean() < _DARK else _INK
        drawn.write(place, _short(int(counts[true, said])), ink, size - 1, "mm")
    for at in range(room, end + 1, cell):
        drawn.pen.line((room, at, end, at), _LINE)
        drawn.pen.line((at, room, at, end), _LINE)
    return drawn.pixels


def mistakes_picture(images: np.ndarray, captions: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return pictures in rows of six, each with two lines under it, uint8 `[height, width, 3]`.

    Args:
        images: `[images, rows, columns, 1 or 3]`; brought to [0, 1] where they are not in it.
        captions: what each is, and what it was taken for.
    """
    side, columns, gap, lines = 84, 6, 14, 34
    across, down = side + gap, side + lines + gap
    width = gap + min(columns, len(images)) * across
    drawn = Drawing(width, gap - (-len(images) // columns) * down, _PAPER)
    pictures = zip(in_unit_range(images), captions, strict=True)
    for number, (picture, (is_, said)) in enumerate(pictures):
        x, y = gap + number % columns * across, gap + number // columns * down
        pixels = np.round(picture * 255).astype(np.uint8)
        shown = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        drawn.image.paste(shown.resize((side, side), Image.Resampling.NEAREST), (x, y))
        drawn.pen.rectangle((x, y, x + side, y + side), outline=_LINE)
        drawn.write((x, y + side + 10), shortened(is_, side + gap // 2), _RIGHT)
        drawn.write((x, y + side + 25), shortened(said, side + gap // 2), _WRONG)
    return drawn.pixels


def scatter_picture(true: np.ndarray, said: np.ndarray, name: str) -> np.ndarray:
    """Return answers `[examples]` over targets `[examples]`, uint8 `[height, width, 3]`.

    Args:
        true: to the right.
        said: upwards, on the same scale; the line is where both are equal.
        name: of the target.
    """
    side, left, top = 380, 74, 34
    low, high = float(min(true.min(), said.min())), float(max(true.max(), said.max()))
    span = (high - low) or 1.0
    drawn = Drawing(left + side + 24, top + side + 52, _PAPER)
    drawn.pen.rectangle((left, top, left + side, top + side), outline=_LINE)
    drawn.pen.line((left, top + side, left + side, top), colour("muted"))
    for x, y in zip((true - low) / span, (said - low) / span, strict=True):
        across, down = left + x * side, top + side - y * side
        drawn.pen.ellipse((across - 2, down - 2, across + 2, down + 2), fill=_POINT)
    for share in (0.0, 0.5, 1.0):
        value = f"{low + share * span:.4g}"
        drawn.write((left + share * side, top + side + 12), value, _INK, 11, "mm")
        drawn.write((left - 6, top + side - share * side), value, _INK, 11, "rm")
    told = f": {shortened(name, 260)}" if name not in ("", "target") else ""
    drawn.write((left + side / 2, top + side + 34), f"target{told}", _INK, 12, "mm")
    drawn.write((left, top - 16), f"answer{told}", _INK)
    return drawn.pixels


def in_unit_range(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1]: as they are, or from their least value to their largest."""
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1:
        return images
    return (images - low) / ((high - low) or 1.0)


def _cell_colours(counts: np.ndarray) -> np.ndarray:
    """Return uint8 `[true, said, 3]`; the root of a share, so that one mistake is seen."""
    shares = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))[..., None]
    paper, right, wrong = (np.array(ImageColor.getrgb(each)) for each in (_PAPER, _RIGHT, _WRONG))
    full = np.where(np.eye(len(counts), dtype=bool)[..., None], right, wrong)
    return np.round(paper + (full - paper) * shares).astype(np.uint8)


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"
