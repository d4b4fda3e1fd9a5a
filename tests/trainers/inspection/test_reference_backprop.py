"""The NumPy reference against automatic differentiation, and against hand-made figures."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.inspection import reference_backprop
from trainers.objectives import losses


def both(hidden_units, activation, loss, scale=1.0, classes=4):
    """The reference's loss and gradients, and the tape's, on the same float64 `mlp`."""
    random = np.random.default_rng(5)
    # Keras rounds inputs to 32 bits whatever the model's type; these have no more.
    inputs = random.normal(size=(7, 2, 3)).astype(np.float32)
    targets = random.integers(0, classes, 7)
    keras.config.set_dtype_policy("float64")
    model = zoo.create_model(
        "mlp",
        num_classes=classes,
        input_shape=(2, 3),
        hidden_units=hidden_units,
        activation=activation,
    )
    model.set_weights([scale * random.normal(size=w.shape) for w in model.weights])
    function = losses.loss_function(configs.LossConfig(loss), "classes", classes, "linear")
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(function(targets, model(inputs)))
    expected = tape.gradient(value, model.trainable_variables)
    found = reference_backprop.gradients(
        model.get_weights(), inputs, targets, activation=activation, loss=loss
    )
    return found, (float(value), [np.array(gradient) for gradient in expected])


@pytest.mark.parametrize("loss", sorted(reference_backprop.LOSSES))
@pytest.mark.parametrize("activation", sorted(reference_backprop.ACTIVATIONS))
@pytest.mark.parametrize("hidden_units", [(), (5,), (5, 4), (3, 6, 2, 5)])
def test_it_equals_automatic_differentiation(hidden_units, activation, loss):
    (value, found), (expected_value, expected) = both(hidden_units, activation, loss)
    assert value == pytest.approx(expected_value, rel=1e-12)
    assert len(found) == len(expected) == 2 * (len(hidden_units) + 1)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float64
        assert np.any(other != 0)
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("activation", sorted(reference_backprop.ACTIVATIONS))
def test_large_weights_neither_overflow_nor_differ(activation):
    with np.errstate(all="raise", under="ignore"):
        (value, found), (expected_value, expected) = both((5, 4), activation, "cross_entropy", 30)
    assert value == pytest.approx(expected_value, rel=1e-10)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)


def test_one_unit_by_hand():
    # x = 2, w = 0.5, b = -1: z = 0, sigmoid 1/2 with slope 1/4; scores (1/2 3, 1/2 1) + 0.
    weights = [np.array([[0.5]]), np.array([-1.0]), np.array([[3.0, 1.0]]), np.zeros(2)]
    value, found = reference_backprop.gradients(
        weights, np.array([[2.0]]), np.array([1]), activation="sigmoid", loss="mse"
    )
    # Differences (1.5, -0.5); their squares' mean 1.25; dL/ds = (1.5, -0.5).
    assert value == 1.25
    expected = [[[(4.5 - 0.5) / 4 * 2]], [(4.5 - 0.5) / 4], [[0.75, -0.25]], [1.5, -0.5]]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-15)


def test_relus_slope_at_zero_is_zero_as_tensorflows():
    zero = np.zeros((1, 1))
    assert reference_backprop.ACTIVATIONS["relu"].slope(zero) == 0
    with tf.GradientTape() as tape:
        point = tf.Variable(zero)
        value = tf.nn.relu(point)
    np.testing.assert_array_equal(tape.gradient(value, point), zero)
