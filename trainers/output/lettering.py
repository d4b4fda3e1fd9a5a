"""Letters on pictures, where a whole figure of Matplotlib would take longer than what it shows."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = str | tuple[int, int, int]
_FONT = "mpl-data/fonts/ttf/DejaVuSans.ttf"


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Matplotlib's font, which has the letters of many scripts, without importing it."""
    found = importlib.util.find_spec("matplotlib")
    path = Path(found.origin).parent / _FONT if found and found.origin else None
    if path is None or not path.is_file():
        return ImageFont.load_default(size)
    return ImageFont.truetype(str(path), size)


class Drawing:
    """A picture that is drawn on.

    Args:
        width, height: in pixels.
        paper: its colour.
    """

    def __init__(self, width: int, height: int, paper: Colour) -> None:
        self._paper = paper
        self.image = Image.new("RGB", (width, height), paper)
        self.pen = ImageDraw.Draw(self.image)

    def write(
        self, place: tuple[float, float], text: str, colour: Colour, size: int = 12, at: str = "lm"
    ) -> None:
        """Write one line of text.

        Args:
            place: right and down, in pixels.
            text: the line.
            colour: of its letters.
            size: their height, in pixels.
            at: which point of the text is there: its left, middle or right, "l", "m" or "r"; and
                its top, middle or bottom, "a", "m" or "d".
        """
        self.pen.text(place, text, fill=colour, font=font(size), anchor=at)

    def write_upwards(
        self, place: tuple[int, int], text: str, colour: Colour, size: int = 12
    ) -> None:
        """Write a line that runs upwards from `place`, the middle of its beginning."""
        width, height = round(width_of(text, size)) + 2, size + 6
        line = Drawing(width, height, self._paper)
        line.write((0, height / 2), text, colour, size)
        turned = line.image.rotate(90, expand=True)
        self.image.paste(turned, (place[0] - height // 2, place[1] - width))

    @property
    def pixels(self) -> np.ndarray:
        """The picture, uint8 `[height, width, 3]`."""
        return np.asarray(self.image)


def width_of(text: str, size: int = 12) -> float:
    """Return how wide a line of text is, in pixels."""
    return font(size).getlength(text)


def shortened(text: str, width: float, size: int = 12) -> str:
    """Return the text, or as much of its beginning as has that width in pixels."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text + "…"
