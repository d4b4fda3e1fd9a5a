"""Grids of images, and PNG files."""

import numpy as np
import pytest
from PIL import Image

from trainers.output.grid import grid, write_png


def test_grid_lays_images_out_row_by_row_with_lines_between():
    images = np.arange(6).reshape(6, 1, 1, 1) / 5 * np.ones((6, 24, 24, 1))
    pixels = grid(images, 3)
    # 24 pixels are shown twice as large.
    assert pixels.shape == (2 * 48 + 1, 3 * 48 + 2, 1)
    levels = [pixels[row, column, 0] for row in (0, 96) for column in (0, 60, 145)]
    assert levels == [0, 51, 102, 153, 204, 255]
    assert set(pixels[:, 48, 0]) == set(pixels[48, :, 0]) == {96}


def test_grid_clips_and_keeps_colours_and_sizes_beyond_the_wanted_one():
    images = np.zeros((1, 50, 60, 3))
    images[..., 1], images[..., 2] = 7.0, -1.0
    pixels = grid(images, 1)
    assert pixels.shape == (50, 60, 3)
    assert {tuple(pixel) for pixel in pixels.reshape(-1, 3)} == {(0, 255, 0)}


def test_grid_refuses_rows_that_are_not_filled():
    with pytest.raises(ValueError, match="5 images do not fill rows of 2"):
        grid(np.zeros((5, 4, 4, 1)), 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_reads_back_as_written(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    path = tmp_path / "samples" / "picture.png"
    write_png(path, pixels)
    with Image.open(path) as picture:
        read = np.asarray(picture)
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)
    assert [each.name for each in path.parent.iterdir()] == ["picture.png"]
