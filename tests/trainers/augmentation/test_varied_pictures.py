"""Each variation against NumPy, SciPy or Keras, and all of them as functions of an example."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

import configs
import datasets
from trainers.augmentation.augmentation import Augmentation, contrasted, uniform
from trainers.augmentation.elastic import displacements, smoothed
from trainers.augmentation.geometry import Movement, moved, sampled
from trainers.augmentation.noise import noise
from zoo.layers.threefry import threefry

ALL = configs.AugmentationConfig(
    shift=0.2, rotate=25, flip="both", contrast=0.4, elastic=20, elastic_sigma=3
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(5).random((3, 7, 5, 2), np.float32)


def movement(*, down=0.0, right=0.0, degrees=0.0, mirror=(1.0, 1.0), count=3):
    values = (down, right, np.radians(degrees), *mirror)
    return Movement(*(tf.fill([count], tf.constant(value, tf.float32)) for value in values))


@pytest.mark.parametrize(("down", "right"), [(2, -1), (0, 3), (-4, 0)])
def test_a_shift_by_whole_pixels_moves_them_and_continues_the_edge(images, down, right):
    rows = np.clip(np.arange(7) - down, 0, 6)
    columns = np.clip(np.arange(5) - right, 0, 4)
    found = moved(images, movement(down=down, right=right)).numpy()
    np.testing.assert_array_equal(found, images[:, rows][:, :, columns])


def test_a_shift_by_half_a_pixel_is_the_mean_of_neighbours(images):
    found = moved(images, movement(down=0.5)).numpy()
    expected = (images[:, :-1] + images[:, 1:]) / 2
    np.testing.assert_allclose(found[:, 1:], expected, rtol=1e-6)


def test_mirrors_are_exact(images):
    upside_down = moved(images, movement(mirror=(-1.0, 1.0))).numpy()
    np.testing.assert_array_equal(upside_down, images[:, ::-1])
    left_right = moved(images, movement(mirror=(1.0, -1.0))).numpy()
    np.testing.assert_array_equal(left_right, images[:, :, ::-1])


@pytest.mark.parametrize("quarters", [1, -1, 2])
def test_a_quarter_turn_is_counter_clockwise(images, quarters):
    square = images[:, :5]
    found = moved(square, movement(degrees=90 * quarters)).numpy()
    np.testing.assert_allclose(found, np.rot90(square, quarters, axes=(1, 2)), atol=2e-6)


def test_a_shift_in_between_is_what_keras_has_of_it(images):
    found = moved(images, movement(down=0.3, right=-1.6)).numpy()
    # Keras's map goes from the new picture to the old: x - 1.6 to the left, y + 0.3 down.
    transform = np.tile(np.array([1, 0, 1.6, 0, 1, -0.3, 0, 0], np.float32), (3, 1))
    expected = keras.ops.image.affine_transform(images, transform, fill_mode="nearest")
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-6)


def test_points_between_pixels_are_bilinear(images):
    random = np.random.default_rng(0)
    y, x = random.uniform(-2, 9, (3, 40)), random.uniform(-2, 7, (3, 40))
    found = sampled(images, tf.constant(y, tf.float32), tf.constant(x, tf.float32)).numpy()
    for picture in range(3):
        for channel in range(2):
            expected = scipy.ndimage.map_coordinates(
                images[picture, :, :, channel], [y[picture], x[picture]], order=1, mode="nearest"
            )
            np.testing.assert_allclose(found[picture, :, channel], expected, atol=2e-6)


def test_contrast_spreads_values_around_each_channels_mean(images):
    factors = np.array([0.5, 1.0, 1.7], np.float32)
    found = contrasted(tf.constant(images), tf.constant(factors)).numpy()
    mean = images.mean(axis=(1, 2), keepdims=True)
    expected = np.clip(mean + factors[:, None, None, None] * (images - mean), 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    layer = keras.layers.RandomContrast(1.0, value_range=(0, 1))
    keras_has = layer.transform_images(images, {"contrast_factor": factors[:, None, None, None]})
    np.testing.assert_allclose(found, np.asarray(keras_has), atol=1e-6)
    np.testing.assert_allclose(found[1], images[1], atol=1e-6)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0, 20.0])
def test_fields_are_smoothed_as_scipy_smooths_them(sigma):
    field = np.random.default_rng(1).uniform(-1, 1, (2, 9, 14)).astype(np.float32)
    expected = [scipy.ndimage.gaussian_filter(each, sigma, mode="constant") for each in field]
    np.testing.assert_allclose(smoothed(tf.constant(field), sigma).numpy(), expected, atol=1e-6)


def test_a_displacement_has_the_documented_spread_and_smoothness():
    strength, sigma = 34.0, 4.0
    seeds = np.random.default_rng(2).integers(-(2**31), 2**31, (50, 2)).astype(np.int32)
    found = displacements(tf.constant(seeds), (64, 64), strength=strength, sigma=sigma).numpy()
    inside = found[:, :, 16:-16, 16:-16]
    expected = strength / (sigma * np.sqrt(12 * np.pi))
    assert inside.std() == pytest.approx(expected, rel=0.03)
    assert abs(inside.mean()) < 0.1 * expected
    # Neighbours at a distance t share exp(-t^2 / (4 sigma^2)) of a field that G has smoothed.
    distance = 6
    pairs = (inside[..., distance:] * inside[..., :-distance]).mean() / inside.var()
    assert pairs == pytest.approx(np.exp(-(distance**2) / (4 * sigma**2)), abs=0.05)
    rows, columns = inside[:, 0].ravel(), inside[:, 1].ravel()
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.05


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((2**32 - 1, 2**32 - 1), (2**32 - 1, 2**32 - 1), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_its_authors_known_answers(counter, key, expected):
    words = [tf.constant([word], tf.uint32) for word in counter]
    found = threefry(tf.constant([key], tf.uint32), *words)
    assert tuple(int(word[0]) for word in found) == expected


def test_noise_is_uniform_and_the_same_under_xla():
    seeds = tf.constant([[1, 2], [-5, 7], [1, 3]])
    found = noise(seeds, 20_000).numpy()
    compiled = tf.function(noise, jit_compile=True)(seeds, 20_000).numpy()
    np.testing.assert_array_equal(found, compiled)
    assert found.min() >= -1
    assert found.max() < 1
    np.testing.assert_allclose(found.mean(axis=-1), 0, atol=0.02)
    np.testing.assert_allclose(found.var(axis=-1), 1 / 3, atol=0.01)
    flat = found.reshape(6, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(6)).max() < 0.03


def test_words_depend_on_seed_epoch_and_example_alone():
    whole = datasets.epoch_words(1000, seed=3, epoch=7)
    assert (whole.shape, whole.dtype) == ((1000, datasets.WORDS), np.int32)
    np.testing.assert_array_equal(whole[:10], datasets.epoch_words(10, 3, 7))
    for other in (datasets.epoch_words(1000, 3, 8), datasets.epoch_words(1000, 7, 3)):
        assert (whole == other).mean() < 1e-3
    # A changed stream would break the resumption of old runs: release it as a new version.
    assert datasets.epoch_words(1, seed=0, epoch=1)[0, :2].tolist() == RECORDED_WORDS
    numbers = uniform(tf.constant(datasets.epoch_words(20_000, 0, 0)), -3.0, 5.0).numpy()
    assert numbers.min() >= -3
    assert numbers.max() < 5
    np.testing.assert_allclose(numbers.mean(axis=0), 1.0, atol=0.08)
    np.testing.assert_allclose(numbers.std(axis=0), 8 / np.sqrt(12), atol=0.05)
    assert np.abs(np.corrcoef(numbers.T) - np.eye(datasets.WORDS)).max() < 0.03


RECORDED_WORDS = [-106835594, -801638205]


def test_an_example_is_varied_alike_in_any_batch_and_otherwise_in_another_epoch():
    pictures = np.random.default_rng(9).random((12, 8, 8, 1), np.float32)
    vary, words = Augmentation(ALL), datasets.epoch_words(12, seed=1, epoch=4)
    whole = vary(tf.constant(pictures), tf.constant(words)).numpy()
    assert (whole.shape, whole.dtype) == (pictures.shape, np.float32)
    for rows in ([3], [11, 3, 0], list(range(12))[::-1]):
        some = vary(tf.constant(pictures[rows]), tf.constant(words[rows])).numpy()
        np.testing.assert_allclose(some, whole[rows], atol=1e-6)
    later = datasets.epoch_words(12, seed=1, epoch=5)
    other = vary(tf.constant(pictures), tf.constant(later)).numpy()
    assert np.abs(other - whole).mean(axis=(1, 2, 3)).min() > 0.02
    assert np.abs(whole - pictures).mean(axis=(1, 2, 3)).min() > 0.02


def test_each_setting_is_a_bound_of_what_is_drawn():
    words = tf.constant(datasets.epoch_words(4000, 0, 0))
    drawn = Augmentation(ALL)._movement(words, (20, 10))
    for found, largest in ((drawn.down, 4.0), (drawn.right, 2.0), (drawn.angle, np.radians(25))):
        np.testing.assert_allclose(
            [found.numpy().min(), found.numpy().max()], [-largest, largest], rtol=0.01
        )
    for mirror in (drawn.mirror_rows, drawn.mirror_columns):
        assert set(mirror.numpy()) == {-1, 1}
        assert abs(mirror.numpy().mean()) < 0.05
    one = Augmentation(configs.AugmentationConfig(flip="vertical"))._movement(words, (20, 10))
    assert set(one.mirror_rows.numpy()) == {-1, 1}
    assert set(one.mirror_columns.numpy()) == {1}
    assert one.displacements == ()


def test_pictures_of_one_row_and_of_one_pixel_are_varied_too():
    for shape in ((2, 1, 6, 1), (2, 1, 1, 3)):
        pictures = tf.ones(shape)
        words = tf.constant(datasets.epoch_words(2, 0, 0))
        np.testing.assert_allclose(Augmentation(ALL)(pictures, words).numpy(), 1.0, atol=1e-6)
