"""What a grid of pictures shows, written on it: a title, and words for its rows and columns.

A picture without words is none in a lecture's slide or a mail.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trainers.output.theme import Theme, colour

_WORDS, _TITLE = 15, 18  # the height of letters, in pixels
_GAP = 8


def labelled(
    pixels: np.ndarray,
    title: str,
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    theme: Theme = "light",
) -> np.ndarray:
    """Return a grid with words around it, uint8 `[height, width, 3]`.

    Args:
        pixels: uint8 `[height, width, 1 or 3]`, rows and columns of equal size.
        title: above it; of a narrow grid in as many lines as it needs.
        rows: a word for each row, to its left; or none.
        columns: a word for each column, above it; or none.
        theme: of the paper and the words.
    """
    plain, bold = ImageFont.load_default(_WORDS), ImageFont.load_default(_TITLE)
    height, width = pixels.shape[:2]
    left = _GAP + (max(map(plain.getlength, rows)) + _GAP if rows else 0)
    lines = _lines(title, bold, max(width, 240))
    top = _GAP + len(lines) * (_TITLE + 6) + (_WORDS + 6 if columns else 0)
    wide = max(left + width, left + max(map(bold.getlength, lines))) + _GAP
    size = (round(wide), round(top + height + _GAP))
    picture = Image.new("RGB", size, colour("paper", theme))
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((left, _GAP + number * (_TITLE + 6)), line, colour("ink", theme), bold)
    for number, word in enumerate(columns):
        middle = left + (number + 0.5) * width / len(columns)
        pen.text((middle, top - 7), word, colour("muted", theme), plain, anchor="ms")
    for number, word in enumerate(rows):
        middle = top + (number + 0.5) * height / len(rows)
        pen.text((left - _GAP, middle), word, colour("muted", theme), plain, anchor="rm")
    colours = pixels.repeat(3, axis=-1) if pixels.shape[-1] == 1 else pixels[..., :3]
    picture.paste(Image.fromarray(colours), (round(left), top))
    return np.asarray(picture)


def _lines(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float
) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
