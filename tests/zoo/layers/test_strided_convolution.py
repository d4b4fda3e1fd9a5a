"""Strided convolutions by matrix products: Keras's values, gradients and files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.strided_convolution import StridedConv2D, StridedConv2DTranspose

KINDS = {
    "convolution": (StridedConv2D, keras.layers.Conv2D),
    "transposed": (StridedConv2DTranspose, keras.layers.Conv2DTranspose),
}


def pair(kind, window, strides, **options):
    """The written layer and Keras's, with the same weights, for images of 12 x 6 pixels."""
    keras.utils.set_random_seed(0)
    layers = [
        each(7, window, strides, padding="same", bias_initializer="normal", **options)
        for each in KINDS[kind]
    ]
    for layer in layers:
        layer.build((None, 12, 6, 5))
    layers[1].set_weights(layers[0].get_weights())
    return layers


def images():
    return tf.constant(np.random.default_rng(1).standard_normal((3, 12, 6, 5), np.float32))


def seen(layer, values, **training):
    """Outputs, and the gradients of a weighted sum of them."""
    with tf.GradientTape() as tape:
        tape.watch(values)
        outputs = layer(values, **training)
        weights = tf.reshape(tf.range(tf.size(outputs), dtype=tf.float32), outputs.shape)
        total = tf.reduce_sum(outputs * tf.sin(weights))
    variables = [weight.value for weight in layer.trainable_variables]
    return [outputs, *tape.gradient(total, [values, *variables])]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("window", "strides", "options"),
    [
        (4, 2, {}),
        (2, 2, {"use_bias": False}),
        ((6, 4), (3, 2), {"activation": "relu"}),
        (3, 1, {}),
    ],
)
def test_products_are_kerass_convolutions_with_their_gradients(kind, window, strides, options):
    written, kerass = pair(kind, window, strides, **options)
    assert written.is_written
    found, expected = seen(written, images(), training=True), seen(kerass, images())
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_untrained_pass_is_kerass_to_the_bit(kind):
    written, kerass = pair(kind, 4, 2)
    np.testing.assert_array_equal(written(images()), kerass(images()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("window", "strides"), [(3, 2), (5, 2)])
def test_window_of_no_whole_strides_is_left_to_keras(kind, window, strides):
    written, kerass = pair(kind, window, strides)
    assert not written.is_written
    np.testing.assert_array_equal(written(images(), training=True), kerass(images()))


def test_side_that_the_stride_does_not_divide_is_left_to_keras():
    written, kerass = pair("convolution", 4, 2)
    odd = images()[:, :11]
    np.testing.assert_array_equal(written(odd, training=True), kerass(odd))
