"""Finite differences: right gradients pass, a wrong one is caught, kinks are told apart."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from places import ROOT

import configs
import zoo
from trainers import gradcheck
from trainers.cli.exit import describe
from trainers.inspection import gradcheck as inspection
from trainers.inspection.finite_differences import compare, straight_through
from trainers.objectives import losses
from trainers.problems import catalogue as problems

pytestmark = pytest.mark.usefixtures("plain_graphs")


@pytest.fixture
def double():
    """Have a test's models built in float64; gives random numbers of a fixed seed."""
    keras.config.set_dtype_policy("float64")
    yield np.random.default_rng(0)
    keras.config.set_dtype_policy("float32")


class Parabola(keras.Layer):
    """One output, the sum of a function of the weights; ignores its inputs."""

    def __init__(self, weights, function):
        super().__init__()
        self.w = self.add_weight(shape=(len(weights),), initializer="zeros", name="w")
        self.w.assign(weights)
        self.function = function

    def call(self, inputs):
        return inputs * 0 + tf.reduce_sum(self.function(self.w.value))


def of_weights(weights, function):
    model = keras.Sequential([keras.Input((1,)), Parabola(weights, function)])
    (row,) = compare(model, {"mean": lambda targets, outputs: outputs}, np.zeros((2, 1)), None)
    np.testing.assert_array_equal(model.get_weights()[0], weights)
    return row


# Compiled for minutes together: of the recurrence that `char_lstm` has too, and of the convolutions
# that `cnn` and `lenet` have.
LONG = {"bi_lstm", "gru", "lstm", "lstm_classifier", "lstm_regressor", "resnet"}
SUPERVISED = [
    pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
    for name in zoo.list_models()
    if problems.of_model(name).supervised
]


@pytest.mark.parametrize("model", SUPERVISED)
def test_every_supervised_model_has_right_gradients_under_every_loss(model):
    fitting = gradcheck.fitting_losses(model, "auto", every=True)
    three = ("linear_regression", "lstm_regressor", "rosenblatt")
    assert len(fitting) == (3 if model in three else 7)
    defaults = {name: option.default for name, option in zoo.model_options(model).items()}
    rows = inspection.compared(
        model,
        problems.of_model(model).predicts,
        fitting,
        output_activation=defaults.get("output_activation", "linear"),
        examples=gradcheck.EXAMPLES,
        coordinates=4,
        seed=1,
    )
    assert keras.config.dtype_policy().name == "float32"
    if model == "rosenblatt":
        assert rows is None
        return
    assert {row.loss for row in rows} == set(fitting)
    for row in rows:
        assert row.passed, row
        # Differences round by about 1e-10, which near a gradient of 1e-4, the floor, is 1e-6.
        assert row.worst < 2e-6
        assert row.coordinates + row.kinks == (1 if row.variable == "outputs/bias" else 4)


@pytest.mark.parametrize(
    ("name", "shape", "normalization"),
    [
        *[("mlp", (5,), each) for each in ("batch", "weight", "layer")],
        *[("cnn", (4, 4, 2), each) for each in ("batch", "weight", "layer")],
        *[("lstm", (6,), each) for each in ("weight", "layer")],
    ],
)
@pytest.mark.slow
def test_normalized_models_have_right_gradients_in_training_mode(
    double, name, shape, normalization
):
    sizes = {"mlp": {}, "cnn": {"filters": (3,), "dense_units": 4}, "lstm": {"units": 4}}[name]
    model = zoo.create_model(
        name, num_classes=3, input_shape=shape, normalization=normalization, **sizes
    )
    loss = losses.loss_function(configs.LossConfig("cross_entropy"), "classes", 3, "linear")
    inputs, targets = double.normal(size=(6, *shape)), double.integers(0, 3, 6)
    if name == "lstm":
        inputs = targets = double.integers(0, 3, (6, *shape), dtype=np.int32)
    rows = compare(model, {"loss": loss}, inputs, targets, coordinates=15, training=True)
    assert len(rows) == len(model.trainable_variables)
    assert max(row.worst for row in rows) < 5e-6
    assert sum(row.kinks for row in rows) < 0.2 * sum(row.coordinates for row in rows)


def test_a_model_without_a_loss_of_outputs_and_targets_is_refused():
    with pytest.raises(configs.ConfigError, match="model 'policy' is not supervised"):
        gradcheck.fitting_losses("policy", "auto", every=False)


def test_a_wrong_gradient_is_caught(double, monkeypatch):
    @tf.custom_gradient
    def wrong(values):
        return tf.tanh(values), lambda upstream: upstream * 1.0001 * (1 - tf.tanh(values) ** 2)

    inputs = keras.Input((3,))
    hidden = keras.layers.Activation(wrong)(keras.layers.Dense(4, name="first")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, name="last")(hidden))
    loss = losses.loss_function(configs.LossConfig("mse"), "classes", 2, "linear")
    rows = compare(model, {"mse": loss}, double.normal(size=(4, 3)), np.array([0, 1, 1, 0]))
    worst = {row.variable: row for row in rows}
    assert not worst["first/kernel"].passed
    assert worst["first/kernel"].worst == pytest.approx(1e-4, rel=0.01)
    assert worst["first/kernel"].kinks == 0
    assert worst["last/kernel"].passed

    monkeypatch.setattr(inspection, "compared", lambda *_, **__: rows)
    with pytest.raises(gradcheck.GradientError, match=r"2 gradients differ .* first/kernel") as e:
        gradcheck.main(["--model", "mlp"])
    assert describe(e.value)[0] == 1


def test_the_relative_error_is_the_documented_one(double):
    @tf.custom_gradient
    def shifted(w):
        return w**3, lambda upstream: upstream * (3 * w**2 + 0.01)

    row = of_weights([2.0], shifted)
    # The loss is 8; its slope is 12 by differences, and 12.01 by the tape.
    assert row.worst == pytest.approx(0.01 / 12.01, rel=1e-6)
    # Near 0 the error is taken relative to the floor: 1e-4 where |L| < 1.
    tiny = of_weights([0.0], lambda w: shifted(w))
    assert tiny.worst == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e-9, 1e-6, 3e-6, 5e-6, 8e-6, -4e-6])
def test_a_coordinate_with_a_kink_within_the_step_is_left_out(double, offset):
    row = of_weights([0.7, offset, -0.4], lambda w: 2 * tf.abs(w) + w**2)
    assert (row.coordinates, row.kinks) == (2, 1)
    assert row.passed


def test_curvature_is_no_kink(double):
    row = of_weights([0.3, 1.2, 0.001], lambda w: tf.sin(20 * w) + 50 * w**2)
    assert (row.coordinates, row.kinks) == (3, 0)
    assert row.worst < 1e-6


def test_a_variable_of_nothing_but_kinks_does_not_pass(double):
    row = of_weights([0.0, 0.0], tf.abs)
    assert (row.coordinates, row.kinks) == (0, 2)
    assert not row.passed


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("mlp", {"activation": "step"}, True),
        ("mlp", {}, False),
        ("lstm", {"recurrent_activation": "step", "normalization": "weight"}, True),
        ("lstm", {"activation": "step", "normalization": "layer"}, True),
        ("lstm", {"normalization": "layer"}, False),
    ],
)
def test_a_straight_through_gradient_is_recognized(name, options, expected):
    model = zoo.create_model(name, num_classes=2, input_shape=(4,), **options)
    assert straight_through(model) is expected


def test_the_table_shows_every_variable_and_the_models_that_are_not_checked(capsys):
    gradcheck.main(["--all", "--loss", "huber", "--coordinates", "1", "--model", "perceptron"])
    gradcheck.main(["--model", "rosenblatt"])
    shown = capsys.readouterr().out
    assert "scores/kernel" in shown
    assert "huber" in shown
    assert "cross_entropy" not in shown
    assert "not its derivative" in shown


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "give --model NAME, or --all"),
        (["--model", "mlpp"], "did you mean 'mlp'"),
        (["--model", "mlp", "--loss", "hing"], "unknown loss 'hing'; did you mean 'hinge'"),
        (["--model", "linear_regression", "--loss", "hinge"], "use --loss mse, mae, huber"),
        (["--model", "linear_regression", "--loss", "hinge", "--all"], "no model takes --loss"),
        (["--all", "--coordinates", "0"], "--coordinates 0 .*allowed: at least 1"),
        (["--all", "--coordinates", "x"], "--coordinates cannot be 'x'"),
        (["--model", "mlp", "--losses", "mse"], "losses"),
    ],
)
def test_mistakes_are_one_line_with_exit_code_2(argv, message):
    with pytest.raises((configs.ConfigError, zoo.ModelError), match=message) as caught:
        gradcheck.main(argv)
    code, text = describe(caught.value)
    assert code == 2
    assert "\n" not in text


def test_help_needs_no_tensorflow():
    code = (
        "import sys; from trainers.gradcheck import main; main(['--help']); "
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert "|n - a| / max(|n|, |a|" in " ".join(result.stdout.split())
