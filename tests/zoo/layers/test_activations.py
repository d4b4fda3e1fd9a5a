"""LeNet's hyperbolic tangent: values, and the slope that its docstring states."""

import numpy as np
import tensorflow as tf

from zoo.catalogue.words import ACTIVATIONS
from zoo.layers.activations import activation_names, find_activation


def test_the_words_known_without_keras_are_all_there_are() -> None:
    assert tuple(activation_names()) == ACTIVATIONS


def test_scaled_tangent_is_the_stated_function_with_the_stated_slope() -> None:
    sums = tf.constant(np.linspace(-6, 6, 41))
    with tf.GradientTape() as tape:
        tape.watch(sums)
        values = find_activation("scaled_tanh")(sums)
    expected = 1.7159 * np.tanh(2 / 3 * sums.numpy())
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    slope = 1.7159 * 2 / 3 * (1 - (expected / 1.7159) ** 2)
    np.testing.assert_allclose(tape.gradient(values, sums), slope, rtol=1e-9)


def test_scaled_tangent_maps_targets_to_about_themselves() -> None:
    ends = find_activation("scaled_tanh")(tf.constant([-1.0, 1.0]))
    np.testing.assert_allclose(ends, [-1, 1], atol=1e-4)
