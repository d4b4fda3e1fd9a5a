"""The normalization option of the dense and convolutional models, recomputed in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.catalogue.flops import flops_per_example

EPSILON = 1e-3


def _model(name: str, normalization: str, **options: Any) -> keras.Model:
    """A model with random weights and, under batch normalization, random moving averages."""
    shapes = {"mlp": (5,), "cnn": (4, 3, 2)}
    options = {"hidden_units": (4,)} if name == "mlp" else {"filters": (3,), **options}
    model = zoo.create_model(
        name,
        num_classes=2,
        input_shape=shapes[name],
        activation="tanh",
        normalization=normalization,
        **options,
    )
    random = np.random.default_rng(0)
    for variable in model.variables:
        if variable.dtype == "float32":
            variable.assign(random.uniform(0.5, 2, variable.shape))
    return model


def _inputs(shape: tuple[int, ...], count: int = 6) -> np.ndarray:
    return np.random.default_rng(1).normal(1, 2, (count, *shape)).astype(np.float32)


def _normalized(model: keras.Model, sums: np.ndarray, axes: Any) -> np.ndarray:
    """(a - mean) / sqrt(variance + epsilon) gain + offset, with the layer's gain and offset."""
    (layer,) = [x for x in model.layers if x.name.endswith("_normalization")]
    mean, variance = sums.mean(axes, keepdims=True), sums.var(axes, keepdims=True)
    normal = (sums - mean) / np.sqrt(variance + EPSILON)
    return normal * np.array(layer.gamma) + np.array(layer.beta)


def _before_and_after(model: keras.Model, inputs: np.ndarray, training: bool) -> list[np.ndarray]:
    first, second = model.layers[-4:-2] if "flatten" in model.layers[1].name else model.layers[1:3]
    probe = keras.Model(model.input, [first.output, second.output])
    return [np.array(values) for values in probe(inputs, training=training)]


@pytest.mark.parametrize(("name", "axes"), [("mlp", (1,)), ("cnn", (1, 2, 3))])
@pytest.mark.parametrize("training", [False, True])
def test_layer_normalization_is_over_each_examples_units(
    name: str, axes: tuple[int, ...], training: bool
) -> None:
    model = _model(name, "layer")
    sums, found = _before_and_after(model, _inputs(model.input_shape[1:]), training)
    np.testing.assert_allclose(found, _normalized(model, sums, axes), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "axes"), [("mlp", (0,)), ("cnn", (0, 1, 2))])
def test_batch_normalization_is_over_the_batch_in_training(
    name: str, axes: tuple[int, ...]
) -> None:
    model = _model(name, "batch")
    inputs = _inputs(model.input_shape[1:])
    (layer,) = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    old = np.array(layer.moving_mean)
    sums, found = _before_and_after(model, inputs, True)
    np.testing.assert_allclose(found, _normalized(model, sums, axes), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        layer.moving_mean, 0.99 * old + 0.01 * sums.mean(axes), rtol=1e-4, atol=1e-5
    )


def test_batch_normalization_uses_moving_averages_otherwise() -> None:
    model = _model("mlp", "batch")
    (layer,) = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    sums, found = _before_and_after(model, _inputs((5,)), False)
    mean, variance = np.array(layer.moving_mean), np.array(layer.moving_variance)
    expected = (sums - mean) / np.sqrt(variance + EPSILON) * np.array(layer.gamma)
    np.testing.assert_allclose(found, expected + np.array(layer.beta), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_scores_follow_from_the_activation_of_the_normalized_sums(normalization: str) -> None:
    model = _model("mlp", normalization)
    inputs = _inputs((5,))
    _, normal = _before_and_after(model, inputs, False)
    kernel, bias = model.get_layer("scores").get_weights()
    expected = np.tanh(normal) @ kernel + bias
    np.testing.assert_allclose(model.predict_on_batch(inputs), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_trainable_parameters_are_the_documented_ones(name: str) -> None:
    weighted = 6 * 4 if name == "mlp" else (9 * 2 + 1) * 3 + (2 * 1 * 3 + 1) * 5
    units = 4 if name == "mlp" else 3 + 5
    scores = 5 * 2 if name == "mlp" else 6 * 2
    for normalization in ("none", "batch", "weight", "layer"):
        model = _model(name, normalization, dense_units=5)
        count = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        assert count == weighted + units * (normalization != "none") + scores
        has_bias = [layer.use_bias for layer in model.layers if hasattr(layer, "use_bias")]
        if normalization in ("batch", "layer"):
            assert has_bias == [False] * (1 + (name == "cnn")) + [True]


def test_batch_normalizations_mean_cancels_a_bias() -> None:
    sums = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    layer = keras.layers.BatchNormalization()
    shifted = layer(sums + np.array([1, -2, 3], np.float32), training=True)
    np.testing.assert_allclose(shifted, layer(sums, training=True), atol=1e-5)


def test_operations_are_counted_by_hand() -> None:
    dense = {"batch": 2 * 5 * 4 + 2 * 4, "layer": 2 * 5 * 4 + 7 * 4, "weight": 2 * 5 * 4 + 4}
    for normalization, expected in dense.items():
        model = _model("mlp", normalization)
        assert flops_per_example(model) == expected + 2 * 4 * 2 + 2
    maps = {"batch": 2 * 36, "layer": 7 * 36, "weight": 36}
    for normalization, expected in maps.items():
        model = _model("cnn", normalization)
        assert flops_per_example(model) == 36 * 2 * 9 * 2 + expected + 4 * 6 + 2 * 6 * 2 + 2


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm", "lstm_classifier"])
def test_the_option_and_its_choices_are_listed(name: str) -> None:
    option = zoo.model_options(name)["normalization"]
    batch = ("batch",) if name in ("mlp", "cnn") else ()
    assert (option.default, set(option.choices)) == ("none", {"none", "weight", "layer", *batch})
    shape = {"mlp": (5,), "cnn": (4, 4, 1), "lstm": (5,), "lstm_classifier": (4, 3)}[name]
    with pytest.raises(zoo.ModelOptionError, match="normalization='weight' with weights that st"):
        zoo.create_model(
            name, num_classes=2, input_shape=shape, normalization="weight", initializer="zeros"
        )
    with pytest.raises(zoo.ModelOptionError, match="did you mean 'layer'"):
        zoo.create_model(name, num_classes=2, input_shape=shape, normalization="layers")
