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
    ("rule", "batches", "name", "mode", "chosen"),
    [
        (compiling.choose_last, 512, "lstm", "xla", "graph"),
        # The last batch would be a larger share of these.
        (compiling.choose_last, 511, "lstm", "xla", "xla"),
        (compiling.choose_last, 512, "mlp", "xla", "xla"),
        (compiling.choose_last, 512, "lstm", "eager", "eager"),
        (compiling.choose_evaluation, 1, "lstm", "xla", "graph"),
        (compiling.choose_evaluation, 2, "lstm", "xla", "xla"),
        (compiling.choose_evaluation, 1, "mlp", "xla", "xla"),
        (compiling.choose_evaluation, 1, "lstm", "eager", "eager"),
    ],
)
def test_xla_compiles_no_lstm_for_what_is_called_seldom(rule, batches, name, mode, chosen):
    """The smaller last batch of an epoch of so many, and an evaluation of so many."""
    model = zoo.create_model(name, num_classes=10, input_shape=(7,))
    assert rule(mode, model, batches) == chosen
