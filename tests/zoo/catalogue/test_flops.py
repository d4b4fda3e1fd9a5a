"""Operation counts against hand-computed figures and TensorFlow's profiler."""

import math
import re
from typing import Any

import keras
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example
from zoo.layers.padding import LastRealStep
from zoo.layers.weight_normalization import WeightNormalization

# A multiply-add is 2, a bias 1 per output.
MLP = (2 * 64 * 30 + 30) + (2 * 30 * 10 + 10)
CNN = 64 * (2 * 9 * 32 + 32) + 16 * (2 * 9 * 32 * 64 + 64) + (2 * 256 * 10 + 10)
CNN += 4 * 16 * 32 + 4 * 4 * 64  # pools to 4 x 4 and 2 x 2 pixels
LSTM = 5 * (4 * (2 * 32 * (16 + 32) + 2 * 32) + 4 * 32) + 5 * (2 * 32 * 7 + 7)
# From 64 numbers to 2 x 2 x 64, 4 x 4 x 32 and 8 x 8 pixels, each convolution of 4 x 4 windows;
# the generator's normalizations cost 7 a value, its last layer has a bias.
GENERATOR = (2 * 64 * 256 + 7 * 256) + (4 * 2 * 16 * 64 * 32 + 7 * 512) + (16 * 2 * 16 * 32 + 64)
GAN = GENERATOR + 16 * (2 * 16 * 32 + 32) + 4 * (2 * 16 * 32 * 64 + 64) + (2 * 256 + 1)
POINTS = (2 * 64 + 7) * 128 + (2 * 128 + 7) * 128 + (2 * 128 + 1) * 2
POINTS += (2 * 2 + 1) * 128 + (2 * 128 + 1) * 128 + (2 * 128 + 1)
ROWS = 8 * (4 * (2 * 32 * (8 + 32) + 2 * 32) + 4 * 32) + (2 * 32 * 10 + 10)
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
        ("gan", (2,), 8, POINTS),
        ("policy", (4,), 2, POLICY),
    ],
)
def test_counts_equal_those_by_hand(
    name: str, input_shape: tuple[int, ...], num_classes: int, expected: int
) -> None:
    model = zoo.create_model(name, num_classes=num_classes, input_shape=input_shape)
    assert flops_per_example(model) == expected


def test_maxout_compares_every_piece_and_a_pack_is_judged_once() -> None:
    options = {"discriminator_units": (4,), "maxout_pieces": 3, "pack": 2}
    model = zoo.create_model("gan", num_classes=8, input_shape=(2,), **options)
    judged = (2 * 4 + 1) * 12 + 12 + (2 * 4 + 1)
    assert flops_per_example(model.get_layer("discriminator")) == judged


def test_an_unknown_length_is_asked_for() -> None:
    model = zoo.create_model("lstm", num_classes=7, input_shape=(None,))
    assert flops_per_example(model, time_steps=5) == LSTM
    with pytest.raises(zoo.ModelError, match="give time_steps"):
        flops_per_example(model)


def test_an_unknown_layer_is_named() -> None:
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.SimpleRNN(2, name="gate")(inputs))
    with pytest.raises(zoo.ModelError, match=r"layer 'gate' of type SimpleRNN; known: .*Dense"):
        flops_per_example(model)


def test_a_nested_model_is_counted() -> None:
    inner = zoo.create_model("mlp", num_classes=10, input_shape=(8, 8, 1))
    outer = keras.Sequential([keras.Input((8, 8, 1)), inner, keras.layers.Dense(1, use_bias=False)])
    assert flops_per_example(outer) == MLP + 20


# What the profiler counts and this module does not, or in another way; see there.
APART = (
    *(keras.layers.Activation, keras.layers.BatchNormalization),
    *(keras.layers.LayerNormalization, keras.layers.GroupNormalization),
    *(keras.layers.Embedding, LastRealStep),
)
NORMALIZED = APART[1:4]


def _layers(model: keras.Model) -> list[Any]:
    found: list[Any] = []
    for layer in model.layers:
        found += _layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def _profiled(model: keras.Model) -> int:
    """Operations that TensorFlow's profiler counts outside the layers that count apart."""
    apart = {layer.name for layer in _layers(model) if isinstance(layer, APART)}
    wrapped = {
        layer.name: layer.layer.name
        for layer in _layers(model)
        if isinstance(layer, WeightNormalization)
    }
    for layer in _layers(model):
        inner = layer.layer if layer.name in wrapped else layer
        if isinstance(inner, keras.layers.RNN):
            inner.unroll = True
    shapes = [(1, *tensor.shape[1:]) for tensor in model.inputs]
    specifications = [
        tf.TensorSpec(shape, tensor.dtype)
        for shape, tensor in zip(shapes, model.inputs, strict=True)
    ]
    function = tf.function(lambda *inputs: model(*inputs, training=False), autograph=False)
    graph = function.get_concrete_function(*specifications).graph
    options: Any = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    options["max_depth"] = 100
    root = tf.compat.v1.profiler.profile(graph, cmd="scope", options=options)

    def counted(node: Any) -> int:
        scopes = node.name.split("/")[1:]  # without the model's own
        # Keras numbers a scope's later uses: "name_1".
        parts = {*scopes, *(re.sub(r"_\d+$", "", scope) for scope in scopes)}
        if parts & apart or any(
            outer in parts and inner not in parts for outer, inner in wrapped.items()
        ):
            own = 0  # an activation, a normalization, or a weight made of length and direction
        else:
            own = node.float_ops
        return own + sum(map(counted, node.children))

    return counted(root)


IMAGE = (8, 8, 1)
CHOICES = {
    "perceptron": (IMAGE, [{}, {"output_activation": "softmax"}, {"output_activation": "step"}]),
    "rosenblatt": (IMAGE, [{}]),
    "linear_regression": ((10,), [{}]),
    "mlp": (
        (5,),
        [{"normalization": name} for name in ("none", "batch", "weight", "layer")]
        + [{"hidden_units": (), "dropout": 0.5}],
    ),
    "cnn": (
        (7, 6, 2),
        [{"normalization": name} for name in ("none", "batch", "weight", "layer")]
        + [{"dense_units": 5, "kernel_size": 2, "filters": (3, 4, 5), "dropout": 0.5}]
        + [{"dense_units": (5, 4), "padding": "valid", "filters": (3,), "input_dropout": 0.2}],
    ),
    "gru": ((4,), [{"units": 3}, {"units": 3, "layers": 2, "reset_after": False}]),
    "bi_lstm": ((3, 2, 2), [{"units": 3}, {"units": 3, "layers": 2}]),
    "lenet": ((28, 28, 1), [{}, {"variant": "lenet1", "pooling": "max"}]),
    "resnet": (
        IMAGE,
        [
            {"depth": 8, "filters": 2, "normalization": "none", "shortcut": name}
            for name in ("identity", "projection")
        ],
    ),
    "lstm": ((4,), [{"units": 3}, {"units": 3, "layers": 2, "normalization": "weight"}]),
    "lstm_classifier": (
        (3, 2, 2),
        [{"units": 3, "layers": 2}, {"units": 3, "normalization": "weight"}],
    ),
    "lstm_regressor": ((4, 2), [{"units": 3}, {"units": 3, "layers": 2}]),
    "gan": (IMAGE, [{"normalization": name} for name in ("none", "batch", "layer")]),
    "autoencoder": (IMAGE, [{}, {"kind": "denoising", "hidden_units": (5, 3)}]),
    "policy": ((4,), [{}, {"shared": True}]),
}


def test_every_model_but_the_fused_one_is_profiled() -> None:
    # Its loop is its own; it computes what `lstm` does, see below.
    assert {*CHOICES, "char_lstm"} == set(zoo.list_models())


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, options) for name, (_, choices) in CHOICES.items() for options in choices],
    ids=str,
)
def test_counts_equal_tensorflows_profiler(name: str, options: dict[str, Any]) -> None:
    """Beside normalizations, which are counted by hand."""
    model = zoo.create_model(name, num_classes=3, input_shape=CHOICES[name][0], **options)
    normalizing = [layer for layer in _layers(model) if isinstance(layer, NORMALIZED)]
    factors = {"BatchNormalization": 2, "LayerNormalization": 7, "GroupNormalization": 7}
    by_hand = sum(
        factors[type(layer).__name__] * math.prod(layer.output.shape[1:]) for layer in normalizing
    )
    assert bool(normalizing) == (options.get("normalization") in ("batch", "layer"))
    assert flops_per_example(model) == _profiled(model) + by_hand


def test_pools_equal_tensorflows_profiler() -> None:
    inputs = keras.Input((9, 8, 2))
    values = keras.layers.MaxPooling2D(3, 2, padding="same")(inputs)
    values = keras.layers.AveragePooling2D((2, 1))(values)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(values))
    assert flops_per_example(model) == 9 * 5 * 4 * 2 + 2 * 2 * 4 * 2 + 2 * 4 * 2
    assert flops_per_example(model) == _profiled(model)


def test_fused_layer_counts_as_the_one_that_it_replaces() -> None:
    fused = zoo.create_model("char_lstm", num_classes=5, input_shape=(6,), units=4, layers=2)
    plain = zoo.create_model(
        "lstm", num_classes=5, input_shape=(6,), units=4, layers=2, embedding_dim=64
    )
    assert flops_per_example(fused) == flops_per_example(plain)
