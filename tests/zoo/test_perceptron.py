"""The perceptron's step, Rosenblatt's rule and the one-layer models, recomputed in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.layers.activations import step


def _examples(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_step_is_exactly_one_from_zero_on() -> None:
    scores = np.array([-1e30, -1e8, -1e-30, -0.0, 0.0, 1e-30, 1e8, 1e30], np.float32)
    np.testing.assert_array_equal(step(tf.constant(scores)), [0, 0, 0, 1, 1, 1, 1, 1])


def test_step_has_the_gradient_one() -> None:
    scores = tf.constant([-1e8, -0.5, 0.0, 2.0, 1e8])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        outputs = step(scores)
    np.testing.assert_array_equal(tape.gradient(outputs, scores), np.ones(5))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_gradient_descent_on_half_the_squared_error_is_rosenblatts_rule(
    target: float, jit_compile: bool
) -> None:
    rate = 0.1
    model = zoo.create_model("rosenblatt", num_classes=1, input_shape=(4,), initializer="normal")
    example = _examples(1, 4)
    weights, bias = (variable.numpy() for variable in model.weights)
    prediction = float((example @ weights + bias).item() >= 0)

    @tf.function(jit_compile=jit_compile)
    def gradients() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((target - model(example)) ** 2) / 2
        return tape.gradient(loss, [variable.value for variable in model.trainable_variables])

    found = [
        variable - rate * change
        for variable, change in zip(
            (weights, bias), (each.numpy() for each in gradients()), strict=True
        )
    ]
    np.testing.assert_allclose(found[0], weights + rate * (target - prediction) * example.T)
    np.testing.assert_allclose(found[1], bias + rate * (target - prediction))


@pytest.mark.parametrize(
    ("output_activation", "function"),
    [
        ("linear", lambda s: s),
        ("sigmoid", lambda s: 1 / (1 + np.exp(-s))),
        ("softmax", lambda s: np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)),
        ("step", lambda s: (s >= 0).astype(float)),
    ],
)
def test_perceptron_is_an_affine_map_and_an_activation(
    output_activation: str, function: Any
) -> None:
    model = zoo.create_model(
        "perceptron", num_classes=3, input_shape=(2, 3), output_activation=output_activation
    )
    examples = _examples(5, 2, 3)
    kernel, _ = model.get_weights()
    bias = _examples(3)
    model.set_weights([kernel, bias])
    expected = function(examples.reshape(5, 6) @ kernel + bias)
    np.testing.assert_allclose(model.predict_on_batch(examples), expected, rtol=1e-5, atol=1e-6)


def test_rosenblatt_is_the_perceptron_with_a_step() -> None:
    shape: dict[str, Any] = {"num_classes": 3, "input_shape": (4,)}
    rosenblatt = zoo.create_model("rosenblatt", **shape)
    perceptron = zoo.create_model("perceptron", **shape, output_activation="step")
    rosenblatt.set_weights(perceptron.get_weights())
    examples = _examples(6, 4)
    np.testing.assert_array_equal(
        rosenblatt.predict_on_batch(examples), perceptron.predict_on_batch(examples)
    )


def test_linear_regression_is_an_affine_map() -> None:
    model = zoo.create_model("linear_regression", num_classes=2, input_shape=(3,))
    assert not any(np.any(weight) for weight in model.get_weights())
    kernel, bias = _examples(3, 2), _examples(2)
    model.set_weights([kernel, bias])
    examples = _examples(4, 3)
    np.testing.assert_allclose(
        model.predict_on_batch(examples), examples @ kernel + bias, rtol=1e-5, atol=1e-6
    )


def test_step_keeps_its_type_and_loads_by_its_registered_name() -> None:
    assert step(tf.zeros(2, tf.float16)).dtype == tf.float16
    assert keras.saving.get_registered_name(step) == "zoo>step"
