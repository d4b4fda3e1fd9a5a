"""Operation counts against hand-computed figures and TensorFlow's profiler."""

from typing import Any

import keras
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example

# A multiply-add is 2, a bias 1 per output.
MLP = (2 * 64 * 30 + 30) + (2 * 30 * 10 + 10)
CNN = 64 * (2 * 9 * 32 + 32) + 16 * (2 * 9 * 32 * 64 + 64) + (2 * 256 * 10 + 10)
LSTM = 5 * (4 * (2 * 32 * (16 + 32) + 32) + 4 * 32) + 5 * (2 * 32 * 7 + 7)
# From 64 numbers to 2 x 2 x 64, 4 x 4 x 32 and 8 x 8 pixels, each convolution of 4 x 4 windows;
# the generator's normalizations cost 7 a value, its last layer has a bias.
GENERATOR = (2 * 64 * 256 + 7 * 256) + (4 * 2 * 16 * 64 * 32 + 7 * 512) + (16 * 2 * 16 * 32 + 64)
GAN = GENERATOR + 16 * (2 * 16 * 32 + 32) + 4 * (2 * 16 * 32 * 64 + 64) + (2 * 256 + 1)
ROWS = 8 * (4 * (2 * 32 * (8 + 32) + 32) + 4 * 32) + (2 * 32 * 10 + 10)
# Two networks, of two actions' scores and of one value.
POLICY = 2 * ((2 * 4 * 64 + 64) + (2 * 64 * 64 + 64)) + (2 * 64 * 2 + 2) + (2 * 64 + 1)


@pytest.mark.parametrize(
    ("name", "input_shape", "num_classes", "expected"),
    [
        ("mlp", (8, 8, 1), 10, MLP),
        ("cnn", (8, 8, 1), 10, CNN),
        ("lstm", (5,), 7, LSTM),
        ("lstm_classifier", (8, 8, 1), 10, ROWS),
        ("linear_regression", (10,), 1, 21),
        ("gan", (8, 8, 1), 10, GAN),
        ("policy", (4,), 2, POLICY),
    ],
)
def test_counts_equal_those_by_hand(
    name: str, input_shape: tuple[int, ...], num_classes: int, expected: int
) -> None:
    model = zoo.create_model(name, num_classes=num_classes, input_shape=input_shape)
    assert flops_per_example(model) == expected


def test_an_unknown_length_is_asked_for() -> None:
    model = zoo.create_model("lstm", num_classes=7, input_shape=(None,))
    assert flops_per_example(model, time_steps=5) == LSTM
    with pytest.raises(zoo.ModelError, match="give time_steps"):
        flops_per_example(model)


def test_an_unknown_layer_is_named() -> None:
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.GRU(2, name="gate")(inputs))
    with pytest.raises(zoo.ModelError, match=r"layer 'gate' of type GRU; known: .*Dense"):
        flops_per_example(model)


def test_a_nested_model_is_counted() -> None:
    inner = zoo.create_model("mlp", num_classes=10, input_shape=(8, 8, 1))
    outer = keras.Sequential([keras.Input((8, 8, 1)), inner, keras.layers.Dense(1, use_bias=False)])
    assert flops_per_example(outer) == MLP + 20


def _profiled(model: keras.Model) -> int:
    """Operations of the traced graph's matrix products, convolutions and bias sums."""
    specification = tf.TensorSpec((1, *model.input_shape[1:]))
    graph = tf.function(model).get_concrete_function(specification).graph
    options: Any = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    options["account_type_regexes"] = ["MatMul", "Conv2D", "BiasAdd", "AddV2"]
    options["start_name_regexes"] = [".*"]
    profile = tf.compat.v1.profiler.profile(graph, cmd="op", options=options)
    return profile.total_float_ops


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_counts_equal_tensorflows_profiler(name: str) -> None:
    model = zoo.create_model(name, num_classes=10, input_shape=(8, 8, 1))
    assert _profiled(model) == flops_per_example(model)
