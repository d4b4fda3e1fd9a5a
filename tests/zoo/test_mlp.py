"""The multilayer perceptron recomputed in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest

import zoo


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("sigmoid", lambda s: 1 / (1 + np.exp(-s))),
        ("tanh", np.tanh),
        ("relu", lambda s: np.maximum(s, 0)),
        ("scaled_tanh", lambda s: 1.7159 * np.tanh(2 / 3 * s)),
    ],
)
def test_the_forward_pass_is_the_documented_one(activation: str, function: Any) -> None:
    model = zoo.create_model(
        "mlp",
        num_classes=3,
        input_shape=(2, 4),
        hidden_units=(6, 5),
        activation=activation,
        initializer="normal",
    )
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=each.shape) for each in model.get_weights()]
    model.set_weights(weights)
    examples = generator.normal(size=(7, 2, 4)).astype(np.float32)
    values = examples.reshape(7, 8)
    for kernel, bias in ((weights[0], weights[1]), (weights[2], weights[3])):
        values = function(values @ kernel + bias)
    expected = values @ weights[4] + weights[5]
    np.testing.assert_allclose(model.predict_on_batch(examples), expected, rtol=1e-4, atol=1e-5)


def test_dropout_acts_in_training_only() -> None:
    model = zoo.create_model(
        "mlp", num_classes=3, input_shape=(4,), hidden_units=(64,), dropout=0.5
    )
    examples = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(model(examples), model(examples))
    assert np.any(model(examples, training=True) != model(examples))


def test_input_dropout_scales_what_it_leaves_of_the_inputs() -> None:
    model = zoo.create_model("mlp", num_classes=1, input_shape=(999,), input_dropout=0.2)
    dropped = keras.Model(model.input, model.get_layer("input_dropout").output)
    values = np.array(dropped(np.ones((3, 999), np.float32), training=True))
    np.testing.assert_allclose(np.unique(values), [0, 1 / 0.8], rtol=0.01)
    assert 0.16 < np.mean(values == 0) < 0.24
    np.testing.assert_array_equal(dropped(np.ones((3, 999), np.float32)), 1)


@pytest.mark.parametrize("initializer", ["glorot", "fan_in_normal", "lecun_1998_uniform"])
def test_two_layers_of_one_shape_start_apart(initializer: str) -> None:
    options = {"initializer": initializer, "bias_initializer": "unit_normal"}
    model = zoo.create_model("mlp", num_classes=2, input_shape=(5,), hidden_units=(5, 5), **options)
    weights = model.get_weights()
    assert np.any(weights[0] != weights[2])
    assert np.any(weights[1] != weights[3])


def test_max_norm_is_of_hidden_units_and_not_of_scores() -> None:
    model = zoo.create_model("mlp", num_classes=2, input_shape=(5,), max_norm=3)
    kept = {variable.path: variable.constraint for variable in model.variables}
    assert [path for path, constraint in kept.items() if constraint] == ["hidden_1/kernel"]
    assert kept["hidden_1/kernel"].get_config() == {"max_value": 3.0, "axis": 0}


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_weight_normalization_and_a_largest_norm_exclude_each_other(name: str) -> None:
    with pytest.raises(zoo.ModelOptionError, match="leave one of the two out"):
        zoo.create_model(
            name, num_classes=2, input_shape=(8, 8, 1), normalization="weight", max_norm=1
        )


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        ("normal", 0.05),
        ("glorot", (2 / (400 + 300)) ** 0.5),
        ("he", (2 / 400) ** 0.5),
        ("unit_normal", 1),
        ("fan_in_normal", 1 / 400**0.5),
        ("fan_out_normal", 1 / 300**0.5),
        ("network3_normal", 1 / 300**0.5),
        ("lecun_1998_uniform", 2.4 / 400 / 3**0.5),
    ],
)
def test_initializers_have_the_documented_spread(initializer: str, deviation: float) -> None:
    model = zoo.create_model(
        "mlp", num_classes=1, input_shape=(400,), hidden_units=(300,), initializer=initializer
    )
    kernel = model.get_weights()[0]
    # 120,000 draws: the standard error of the deviation is 0.2 %.
    np.testing.assert_allclose(kernel.std(), deviation, rtol=0.015)
    assert abs(kernel.mean()) < 0.01 * deviation * 2


def test_orthogonal_columns_are_orthonormal() -> None:
    model = zoo.create_model(
        "mlp", num_classes=1, input_shape=(9,), hidden_units=(6,), initializer="orthogonal"
    )
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(6), atol=1e-5)


def test_shortcuts_lead_from_every_layer_to_all_later_ones() -> None:
    """2-5-5-5-1 with shortcuts has the 138 weights of Lang & Witbrock 1988."""
    model = zoo.create_model(
        "mlp",
        num_classes=1,
        input_shape=(2,),
        hidden_units=(5, 5, 5),
        shortcuts=True,
        initializer="uniform:0.5",
        bias_initializer="uniform:0.5",
        output_activation="sigmoid",
    )
    assert model.count_params() == 5 * (3 + 8 + 13) + 18 == 138
    weights = model.get_weights()
    examples = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    read = examples
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        values = 1 / (1 + np.exp(-(read @ kernel + bias)))
        read = np.concatenate([read, values], axis=1)
    np.testing.assert_allclose(model.predict_on_batch(examples), values, rtol=1e-4, atol=1e-6)
