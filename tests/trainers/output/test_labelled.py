"""Words around a grid of pictures."""

import numpy as np
import pytest

from trainers.output.labelled import labelled
from trainers.output.theme import THEMES, colour


def hex_of(pixel):
    return "#{:02x}{:02x}{:02x}".format(*pixel)


@pytest.mark.parametrize("theme", THEMES)
def test_the_pictures_are_whole_inside_a_frame_of_the_themes_paper(theme):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 1), np.uint8)
    whole = labelled(pixels, "a title", rows=["one", "two"], columns=["a", "b", "c"], theme=theme)
    left, top = whole.shape[1] - 90 - 8, whole.shape[0] - 60 - 8
    assert (whole[top : top + 60, left : left + 90] == pixels).all()
    assert hex_of(whole[0, 0]) == hex_of(whole[-1, -1]) == colour("paper", theme)
    ink = {hex_of(pixel) for pixel in whole[:top].reshape(-1, 3)}
    assert colour("ink", theme) in ink
    assert colour("muted", theme) in {hex_of(p) for p in whole[top:, :left].reshape(-1, 3)}


def test_a_long_title_takes_more_lines_and_no_more_room():
    pixels = np.zeros((20, 300, 3), np.uint8)
    short, long = (labelled(pixels, text) for text in ("short", "many words " * 10))
    assert long.shape[0] > short.shape[0]
    assert long.shape[1] == short.shape[1] == 300 + 16
