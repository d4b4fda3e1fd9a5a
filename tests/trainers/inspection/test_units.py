"""Layer diagnostics on arrays made by hand, and on a probed model."""

import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.engine.batch import Batch
from trainers.inspection.probe import Probe
from trainers.inspection.units import (
    activation_names,
    dead_share,
    diagnose,
    mean_and_deviation,
    saturated_share,
)
from trainers.problems.supervised.fit import supervised_step


def test_mean_and_deviation_are_those_of_all_values():
    assert mean_and_deviation(np.array([[1.0, 2.0], [3.0, 6.0]])) == (3.0, 3.5**0.5)
    # In 32 or 16 bits this sum would stop growing or overflow.
    mean, deviation = mean_and_deviation(np.full(100_000, 60000, np.float16))
    assert (mean, deviation) == (float(np.float16(60000)), 0.0)


@pytest.mark.parametrize("values", [np.zeros(0), np.array([1.0, np.nan]), np.array([np.inf, 1.0])])
def test_values_that_are_not_finite_give_nan_without_a_warning(values):
    assert np.isnan(mean_and_deviation(values)).all()


def test_a_unit_is_dead_only_if_zero_for_every_example():
    outputs = np.array([[0, 0, 1, 0], [0, 2, 3, 0], [0, 0, 0, 0]], np.float32)
    assert dead_share(outputs) == 0.5
    assert dead_share(outputs[2:]) == 1.0


def test_a_map_is_dead_only_if_zero_at_every_position():
    maps = np.zeros((2, 3, 3, 4), np.float32)
    maps[1, 2, 0, 1] = 0.1
    assert dead_share(maps) == 0.75


def test_saturation_is_near_either_end():
    tanh = np.array([-0.9999, -0.98, 0.0, 0.989, 0.991])
    assert saturated_share(tanh, -1, 1) == 2 / 5
    # The same units through a sigmoid, whose range is half as wide.
    assert saturated_share((tanh + 1) / 2, 0, 1) == 2 / 5
    slope = 0.995 * 0.005
    assert slope < 0.02 * 0.25


@pytest.mark.parametrize(
    ("activation", "share"), [("relu", "dead"), ("tanh", "saturated"), ("sigmoid", "saturated")]
)
def test_a_probed_models_figures_are_found(activation, share):
    model = zoo.create_model(
        "mlp", num_classes=3, input_shape=(4,), hidden_units=(6,), activation=activation
    )
    kernel, bias, *rest = model.get_weights()
    # Half of the units far on one side: dead or saturated, whatever the input.
    bias[:3] = -50
    model.set_weights([kernel, bias, *rest])
    step = supervised_step(model, "classes", configs.OptimizerConfig("sgd"))
    random = np.random.default_rng(0)
    inputs = (0.1 * random.normal(size=(8, 4))).astype(np.float32)
    batch = Batch(tf.constant(inputs), tf.constant(random.integers(0, 3, 8)), tf.ones(8))
    values, _ = Probe(step, batch).histograms()
    assert activation_names(model) == {
        "hidden_1": "linear",
        "hidden_1_activation": activation,
        "scores": "linear",
    }
    found = diagnose(values, activation_names(model))
    layers = {"flatten", "hidden_1", "hidden_1_activation", "scores"}
    variables = {"hidden_1/kernel", "hidden_1/bias", "scores/kernel", "scores/bias"}
    assert set(found) == {
        *(f"activation_{figure}/{name}" for figure in ("mean", "deviation") for name in layers),
        *(f"gradient_{figure}/{name}" for figure in ("mean", "deviation") for name in variables),
        f"{share}_share/hidden_1_activation",
    }
    sums = inputs @ kernel + bias
    assert found["activation_mean/hidden_1"] == pytest.approx(sums.mean(), rel=1e-5)
    assert found["activation_deviation/hidden_1"] == pytest.approx(sums.std(), rel=1e-5)
    gradient = values["gradients/scores/kernel"]
    assert found["gradient_deviation/scores/kernel"] == pytest.approx(gradient.std(), rel=1e-5)
    assert found[f"{share}_share/hidden_1_activation"] == 0.5


def test_a_recurrent_layers_output_has_no_range():
    model = zoo.create_model("lstm", num_classes=3, input_shape=(4,))
    assert activation_names(model) == {"scores": "linear"}
    assert set(diagnose({"activations/lstm_1": np.ones((2, 4, 3))}, {"lstm_1": ""})) == {
        "activation_mean/lstm_1",
        "activation_deviation/lstm_1",
    }
