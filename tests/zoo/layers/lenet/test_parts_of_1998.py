"""The layers of LeNet that later networks have not: gradients, first values, codes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.lenet.bitmaps import PIXELS, class_codes
from zoo.layers.lenet.connected_convolution import ConnectedConv2D
from zoo.layers.lenet.radial_basis import RadialBasisScores
from zoo.layers.lenet.trained_average import TrainedAveragePooling2D


def test_codes_are_unlike_bitmaps_of_84_pixels() -> None:
    codes = class_codes(10)
    assert codes.shape == (10, 84)
    assert set(np.unique(codes)) == {-1.0, 1.0}
    apart = [np.sum(codes[i] != codes[j]) for i in range(10) for j in range(i)]
    assert min(apart) >= 3
    # A one is a stem, an eight is closed at top and bottom alike.
    one, eight = (codes[digit].reshape(PIXELS) for digit in (1, 8))
    assert np.all(one[2:10, 3:5] == 1)
    np.testing.assert_array_equal(eight[2:10], eight[2:10][:, [5, 4, 3, 2, 1, 0, 6]])


@pytest.mark.parametrize("classes", [1, 3, 10, 40])
def test_every_class_has_a_code_of_its_own_that_more_classes_do_not_change(classes: int) -> None:
    codes = class_codes(classes)
    assert len(np.unique(codes, axis=0)) == classes
    np.testing.assert_array_equal(codes, class_codes(50)[:classes])


def test_scores_are_minus_the_penalties_and_have_their_gradient() -> None:
    units = tf.constant(np.random.default_rng(0).normal(size=(2, 84)), tf.float64)
    layer = RadialBasisScores(3, dtype="float64")
    with tf.GradientTape() as tape:
        tape.watch(units)
        scores = layer(units)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits([2, 0], scores)
    penalties = ((units.numpy()[:, None] - class_codes(3)) ** 2).sum(-1)
    np.testing.assert_allclose(scores, -penalties, rtol=1e-12)
    # Equation 9 without its constant: y_d + ln sum exp(-y).
    expected = penalties[[0, 1], [2, 0]] + np.log(np.exp(-penalties).sum(1))
    np.testing.assert_allclose(loss, expected, rtol=1e-9)
    odds = np.exp(-penalties) / np.exp(-penalties).sum(1, keepdims=True)
    slope = -2 * (units.numpy()[:, None] - class_codes(3)) * (odds - np.eye(3)[[2, 0]])[..., None]
    np.testing.assert_allclose(tape.gradient(loss, units), slope.sum(1), rtol=1e-9, atol=1e-12)


def test_gradients_reach_connected_weights_alone() -> None:
    layer = ConnectedConv2D(((0,), (0, 2), (1,)), 2)
    images = np.random.default_rng(0).normal(size=(2, 4, 3, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        outputs = layer(images)
        total = tf.reduce_sum(outputs[..., 1])
    assert outputs.shape == layer.compute_output_shape(images.shape) == (2, 3, 2, 3)
    kernel, bias = tape.gradient(total, [layer.kernel.value, layer.bias.value])
    # Of the four connections the second map has the second and third: maps 0 and 2.
    windows = np.lib.stride_tricks.sliding_window_view(images, (2, 2), (1, 2))
    expected = np.zeros((2, 2, 4))
    expected[..., 1], expected[..., 2] = windows.sum((0, 1, 2))[[0, 2]]
    np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(bias, [0, 2 * 3 * 2, 0])


def test_first_weights_know_how_many_maps_they_read_and_differ_from_map_to_map() -> None:
    keras.utils.set_random_seed(0)
    table = tuple((0, 1, 2) for _ in range(8)) + tuple((n % 6,) for n in range(8))
    layer = ConnectedConv2D(table, 5, "lecun_1998_uniform")
    layer.build((None, 14, 14, 6))
    kernel = np.array(layer.kernel)
    wide, narrow = kernel[..., :24], kernel[..., 24:]
    np.testing.assert_allclose(
        [np.abs(wide).max(), np.abs(narrow).max()], [0.032, 0.096], rtol=0.05
    )
    assert len(np.unique(kernel)) > 0.99 * kernel.size
    pool = TrainedAveragePooling2D("lecun_1998_uniform")
    pool.build((None, 8, 8, 500))
    np.testing.assert_allclose(np.abs(np.array(pool.kernel)).max(), 2.4 / 4, rtol=0.02)


def test_trained_average_has_a_weight_and_a_bias_a_map() -> None:
    layer = TrainedAveragePooling2D()
    images = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype(np.float32)
    assert layer(images).shape == (2, 2, 2, 3)
    layer.set_weights([np.array([1, -2, 0.5]), np.array([0, 1, 3])])
    sums = images[:, :4].reshape(2, 2, 2, 2, 2, 3).sum((2, 4))
    np.testing.assert_allclose(layer(images), sums * [1, -2, 0.5] + [0, 1, 3], rtol=1e-4, atol=1e-5)
    again = TrainedAveragePooling2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
