"""What is said of examples: probabilities, confusion, counts for precision and recall."""

import keras
import numpy as np
import pytest
from tensorboard.plugins.pr_curve.summary import pb as by_tensorboard
from tensorboard.util.tensor_util import make_ndarray

import datasets
from trainers.inspection.last_hidden import with_last_hidden
from trainers.problems.supervised.answers import (
    Answering,
    confusion,
    precision_recall_counts,
    probabilities,
)
from trainers.problems.supervised.pictures import principal
from trainers.runs.logs.summaries import precision_recall_pb

RANDOM = np.random.default_rng(2)


def a_model(hidden=(7, 4), classes=3):
    layers = [keras.Input((5,)), *(keras.layers.Dense(units, "tanh") for units in hidden)]
    return keras.Sequential([*layers, keras.layers.Dense(classes)])


def a_split(size):
    inputs = RANDOM.normal(size=(size, 5)).astype(np.float32)
    return datasets.Split(inputs, RANDOM.integers(0, 3, size, np.int32), np.ones(size, np.float32))


@pytest.mark.parametrize("size", [3, 256, 300])
def test_answers_are_the_models_outputs_for_any_number_of_examples(size):
    model, split = a_model(), a_split(size)
    asked = Answering(model)
    found = asked.answers(split, 1000)
    np.testing.assert_allclose(found.outputs, model(split.inputs), atol=1e-6)
    np.testing.assert_array_equal(found.targets, split.targets)
    some, hidden = asked.hidden(split, 3)
    values = model.layers[1](model.layers[0](split.inputs[some.rows]))
    np.testing.assert_allclose(hidden, values, atol=1e-6)
    assert hidden.shape == (3, 4)


def test_last_hidden_layer_of_none_is_the_input():
    inside = with_last_hidden(a_model(hidden=()))
    split = a_split(4)
    np.testing.assert_array_equal(inside(split.inputs)[0], split.inputs)


def test_model_without_a_graph_of_layers_has_no_last_hidden_layer():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.scores = keras.layers.Dense(3)

        def call(self, inputs):
            return self.scores(inputs)

    model, split = Own(), a_split(4)
    assert with_last_hidden(model) is None
    asked = Answering(model)
    assert not asked.sees_hidden
    np.testing.assert_allclose(asked.answers(split, 4).outputs, model(split.inputs), atol=1e-6)


def test_probabilities_are_a_softmax_of_scores_and_activated_values_as_they_are():
    scores = np.array([[1.0, 2.0], [0.0, 0.0]])
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities(scores, "linear"), expected)
    np.testing.assert_allclose(probabilities(scores - 3, "tanh"), expected)
    shares = np.array([[0.3, 0.9]])
    np.testing.assert_array_equal(probabilities(shares, "sigmoid"), shares)


def test_confusion_counts_true_by_said():
    found = confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 1, 0], [1, 0, 0]])


def test_precision_and_recall_are_those_of_tensorboard():
    found, says = RANDOM.random(200) < 0.3, RANDOM.random(200)
    counts = precision_recall_counts(found, says, 101)
    places = np.floor(says * 100)
    for threshold in (0, 37, 100):
        over = places >= threshold
        expected = [(over & found).sum(), (over & ~found).sum(), (~over & ~found).sum()]
        np.testing.assert_array_equal(counts[:3, threshold], expected)
    ours = precision_recall_pb("curve", counts).value[0]
    theirs = by_tensorboard("curve", found, says, 101).value[0]
    np.testing.assert_allclose(make_ndarray(ours.tensor), make_ndarray(theirs.tensor), atol=1e-6)
    assert ours.metadata.plugin_data.content == theirs.metadata.plugin_data.content
    assert ours.metadata.plugin_data.plugin_name == "pr_curves"


def test_principal_directions_keep_distances_and_come_in_order():
    points = RANDOM.normal(size=(20, 50)).astype(np.float32) * np.linspace(3, 0.01, 50)
    found = principal(points, 19)
    assert found.shape == (20, 19)
    spread = found.std(axis=0)
    assert (np.diff(spread) <= 1e-5).all()
    pairs = np.linalg.norm(points[:, None] - points, axis=2)
    np.testing.assert_allclose(np.linalg.norm(found[:, None] - found, axis=2), pairs, atol=1e-2)
    assert principal(points, 50) is points
