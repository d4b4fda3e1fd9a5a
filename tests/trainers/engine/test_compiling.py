"""How the loop is compiled where nobody says: by the layers that a model has."""

import pytest

import zoo
from trainers.engine import compiling


@pytest.mark.parametrize(
    ("name", "shape", "options", "mode"),
    [
        ("mlp", (784,), {"hidden_units": (30,)}, "xla"),
        # 171 million operations of 128 examples.
        ("mlp", (784,), {"hidden_units": (512, 512)}, "xla"),
        # 2.2 billion operations, by the zoo's loops and by Keras's.
        ("lstm_classifier", (64, 128), {"units": 128}, "xla"),
        ("lstm_classifier", (64, 128), {"units": 128, "activation": "relu"}, "graph"),
        ("cnn", (8, 8, 1), {}, "graph"),
        # Its convolutions are the zoo's products.
        ("gan", (8, 8, 1), {}, "xla"),
    ],
)
def test_automatic_mode_of_a_model(name, shape, options, mode):
    model = zoo.create_model(name, num_classes=10, input_shape=shape, **options)
    assert compiling.choose("auto", model, 128) == mode
    assert compiling.choose("eager", model, 128) == "eager"


@pytest.mark.parametrize(
    ("name", "mode", "full_batches", "last"),
    [
        ("lstm", "xla", 512, "graph"),
        # The last batch would be a larger share of these.
        ("lstm", "xla", 511, "xla"),
        ("mlp", "xla", 512, "xla"),
        ("lstm", "eager", 512, "eager"),
    ],
)
def test_mode_of_an_epochs_smaller_last_batch(name, mode, full_batches, last):
    model = zoo.create_model(name, num_classes=10, input_shape=(7,))
    assert compiling.choose_last(mode, model, full_batches) == last


@pytest.mark.parametrize(
    ("name", "mode", "batches", "chosen"),
    [
        ("lstm", "xla", 1, "graph"),
        ("lstm", "xla", 2, "xla"),
        ("mlp", "xla", 1, "xla"),
        ("lstm", "eager", 1, "eager"),
    ],
)
def test_mode_of_an_evaluation(name, mode, batches, chosen):
    model = zoo.create_model(name, num_classes=10, input_shape=(7,))
    assert compiling.choose_evaluation(mode, model, batches) == chosen
