"""A drawing becomes a picture as MNIST's were made."""

import itertools

import numpy as np
import pytest


def box(values, begin, end, size):
    """Return `[size, n]`: of every output pixel, the share of it that each input pixel covers."""
    edges = begin + (end - begin) * np.arange(size + 1) / size
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(values)
    covered = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return np.clip(covered, 0, None) / (high - low)


def centred(drawing):
    """Return the picture of 28 x 28 by matrix products."""
    rows, columns = (np.flatnonzero((drawing > 0.05).any(axis)) for axis in (1, 0))
    ends = [(found[0], found[-1] + 1) for found in (rows, columns)]
    lengths = np.array([end - begin for begin, end in ends])
    sizes = np.maximum(1, np.floor(lengths * 20 / lengths.max() + 0.5)).astype(int)
    down, across = (box(drawing.shape[axis], *ends[axis], sizes[axis]) for axis in (0, 1))
    small = down @ drawing @ across.T
    picture = np.zeros((28, 28))
    middle = [
        (small.sum(1 - axis) * (np.arange(sizes[axis]) + 0.5)).sum() / small.sum()
        for axis in (0, 1)
    ]
    moves = np.floor(14.5 - np.array(middle) + 0.5)
    top, left = np.clip(moves, 0, 28 - sizes).astype(int)
    picture[top : top + sizes[0], left : left + sizes[1]] = small
    return picture


def strokes(seed, height=140, width=120):
    """A few thick lines somewhere on a sheet."""
    generator = np.random.default_rng(seed)
    sheet = np.zeros((height, width))
    rows, columns = np.mgrid[:height, :width]
    points = generator.uniform(0.15, 0.85, (4, 2)) * (height, width)
    for first, last in itertools.pairwise(points):
        for share in np.linspace(0, 1, 40):
            y, x = first + share * (last - first)
            distance = np.hypot(rows - y, columns - x)
            sheet = np.maximum(sheet, np.clip(6 - distance, 0, 1))
    return sheet


@pytest.mark.parametrize("seed", range(4))
def test_a_drawing_is_reduced_and_centred_as_by_matrix_products(seed, evaluated):
    drawing = strokes(seed)
    height, width = drawing.shape
    given = {"values": drawing.ravel().tolist(), "width": width, "height": height}
    found = evaluated("zoo.centred(input.values, input.width, input.height)", given=given)
    picture = np.reshape(found, (28, 28))
    np.testing.assert_allclose(picture, centred(drawing), atol=1e-6)
    rows, columns = (np.flatnonzero(picture.any(axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    mass = [
        (picture.sum(1 - axis) * (np.arange(28) + 0.5)).sum() / picture.sum() for axis in (0, 1)
    ]
    assert np.abs(np.subtract(mass, 14.5)).max() <= 0.5 + 1e-9


def test_paper_without_ink_is_no_picture(evaluated):
    assert evaluated("zoo.centred(new Float32Array(400).fill(0.04), 20, 20)") is None


def test_a_dot_fills_the_box_and_a_line_keeps_its_width(evaluated):
    line = np.zeros((100, 50))
    line[10:90, 20:24] = 1  # 80 x 4 pixels become 20 x 1
    given = {"values": line.ravel().tolist(), "width": 50, "height": 100}
    found = evaluated("zoo.centred(input.values, input.width, input.height)", given=given)
    picture = np.reshape(found, (28, 28))
    assert picture.sum() == pytest.approx(20)
    assert picture[5:25].sum(1).tolist() == [1] * 20


def test_a_picture_of_mnist_ten_times_as_large_comes_back_as_it_was(evaluated):
    pairs = evaluated(
        """
        zoo.stored.get("digits").labels.map((label, k) => {
          const bytes = zoo.bytes(zoo.stored.get("digits").base64).subarray(784 * k, 784 * (k + 1));
          const sheet = new Float32Array(280 * 280);
          sheet.forEach((_, at) => {
            const [row, column] = [Math.floor(at / 2800), Math.floor((at % 280) / 10)];
            sheet[at] = bytes[28 * row + column] / 255;
          });
          return [Array.from(bytes, (byte) => byte / 255), zoo.centred(sheet, 280, 280)];
        })
        """,
        "digits",
    )
    worst = [np.abs(np.subtract(*pair)).max() for pair in pairs]
    assert len(worst) == 20
    # What is fainter than a stroke's edge is cut off.
    assert max(worst) < 0.05
