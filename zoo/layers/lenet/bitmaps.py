"""Digits as 7 x 12 pixels of +-1: what the 84 units before LeNet-5's last layer are to look like.

LeCun et al. 1998, section II.B, take "a stylized image of the corresponding character class" for
the code of each class, and show them in their figure 3. The ones below are drawn anew in that
manner, and are not the paper's own pixels, which are printed in that figure alone.

Classes beyond the ten digits have codes of +-1 drawn by a fixed seed: the paper has bitmaps for
all of ASCII, and gives as a reason for codes of so many units that they keep apart many classes.
"""

from functools import cache

import numpy as np

PIXELS = (12, 7)  # rows, columns

# Two rows above and below stay white, as under letters that go down.
_DIGITS = """
 .####.  ...##..  .####.  .####.  ....##.  ######.  ..###..  ######.  .####.  .####.
 ##..##  ..###..  ##..##  ##..##  ...###.  ##.....  .##....  ....##.  ##..##  ##..##
 ##..##  .####..  ....##  ....##  ..####.  ##.....  ##.....  ....##.  ##..##  ##..##
 ##..##  ...##..  ...##.  ..###.  .##.##.  #####..  #####..  ...##..  .####.  .#####
 ##..##  ...##..  ..##..  ....##  ######.  ....##.  ##..##.  ...##..  ##..##  ....##
 ##..##  ...##..  .##...  ....##  ....##.  ....##.  ##..##.  ..##...  ##..##  ....##
 ##..##  ...##..  ##....  ##..##  ....##.  ##..##.  ##..##.  ..##...  ##..##  ...##.
 .####.  .######  ######  .####.  ....##.  .####..  .####..  ..##...  .####.  .###..
"""


@cache
def class_codes(classes: int) -> np.ndarray:
    """Return each class's code, float32 `[classes, 84]` of -1 for white and 1 for black.

    Args:
        classes: how many; from the eleventh on they are drawn by a fixed seed.
    """
    drawn = np.random.default_rng(1998).choice([-1.0, 1.0], (max(0, classes - 10), 84))
    return np.concatenate([_digits()[:classes], drawn]).astype(np.float32)


def _digits() -> np.ndarray:
    rows = [line.split() for line in _DIGITS.split("\n") if line]
    codes = np.full((10, *PIXELS), -1.0)
    for row, parts in enumerate(rows, start=2):
        for digit, part in enumerate(parts):
            for column, pixel in enumerate(part):
                if pixel == "#":
                    codes[digit, row, column] = 1.0
    return codes.reshape(10, -1)
