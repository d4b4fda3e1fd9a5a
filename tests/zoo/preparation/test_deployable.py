"""Models that take raw inputs: each kind of input and of answer against plain NumPy."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.preparation.deployable import deployable

CLASSES = {"kind": "classes", "names": ["cat", "dog", "owl"]}


def softmax(scores):
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.fixture
def again(tmp_path):
    """Save a model and load it by Keras itself."""

    def saved(model):
        model.save(tmp_path / "model.keras")
        zoo.load_model(tmp_path / "model.keras")  # refuses nothing
        return keras.saving.load_model(tmp_path / "model.keras")

    return saved


def test_pictures_are_scaled_and_scores_become_probabilities(again):
    model = zoo.create_model("mlp", num_classes=3, input_shape=(4, 5, 1))
    inputs = {"kind": "images", "shape": [4, 5, 1], "scale": 16.0, "resize": None}
    deployed = deployable(model, {"inputs": inputs, "outputs": CLASSES})
    images = np.random.default_rng(0).integers(0, 17, (6, 4, 5, 1), np.uint8)
    expected = softmax(np.asarray(model(images / np.float32(16))))
    loaded = again(deployed)
    assert [each.name for each in loaded.inputs] == ["image"]
    np.testing.assert_allclose(loaded(images), expected, rtol=1e-6)
    assert zoo.described(loaded) == {"inputs": inputs, "outputs": CLASSES}
    assert json.loads(json.dumps(zoo.described(loaded))) == zoo.described(deployed)
    assert loaded.count_params() == model.count_params()
    kept = zoo.trained_model(loaded).get_weights()
    for weights, trained in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, trained)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_activated_outputs_stay_as_they_are(activation):
    model = zoo.create_model(
        "perceptron", num_classes=3, input_shape=(2,), output_activation=activation
    )
    inputs = {"kind": "numbers", "shape": [2], "mean": None, "deviation": None}
    deployed = deployable(model, {"inputs": inputs, "outputs": CLASSES}, activation)
    values = np.array([[0.5, -3.0]], np.float32)
    np.testing.assert_array_equal(deployed(values), model(values))


def test_numbers_are_standardized_and_answers_in_their_own_units(again):
    model = zoo.create_model(
        "linear_regression", num_classes=2, input_shape=(2, 2), initializer="normal"
    )
    inputs = {
        "kind": "numbers",
        "shape": [2, 2],
        "mean": [1.0, 2.0, 3.0, 4.0],
        "deviation": [2.0, 4.0, 5.0, 8.0],
    }
    outputs = {
        "kind": "numbers",
        "names": ["height", "width"],
        "mean": [100.0, -7.0],
        "deviation": [10.0, 0.5],
    }
    loaded = again(deployable(model, {"inputs": inputs, "outputs": outputs}))
    raw = np.random.default_rng(1).normal(size=(5, 2, 2)).astype(np.float32)
    prepared = (raw - np.reshape(inputs["mean"], (2, 2))) / np.reshape(inputs["deviation"], (2, 2))
    kernel, bias = model.get_weights()
    expected = (prepared.reshape(5, 4) @ kernel + bias) * [10.0, 0.5] + [100.0, -7.0]
    np.testing.assert_allclose(loaded(raw), expected, rtol=1e-6, atol=1e-5)
    assert zoo.described(loaded) == {"inputs": inputs, "outputs": outputs}


COLUMNS = [
    {"name": "city", "kind": "category", "categories": ["", "Rome", "Oslo"]},
    {
        "name": "age / years",
        "kind": "number",
        "mean": 30.0,
        "deviation": 10.0,
        "fill": 35.0,
        "indicator": True,
    },
    {"name": "mlp", "kind": "category", "categories": ["a"]},
    {
        "name": "class_name",
        "kind": "number",
        "mean": 1.0,
        "deviation": 2.0,
        "fill": 0.0,
        "indicator": False,
    },
]


def test_table_becomes_vectors_in_the_order_of_its_columns(again):
    model = zoo.create_model("mlp", num_classes=3, input_shape=(9,))
    preparation = {"inputs": {"kind": "table", "columns": COLUMNS}, "outputs": CLASSES}
    loaded = again(deployable(model, preparation))
    # Names that a layer has, or a saved file gives a meaning, are not an input's.
    names = ["city", "age _ years", "mlp_column", "class_name_column"]
    columns = zoo.described(loaded)["inputs"]["columns"]
    assert [column["input"] for column in columns] == names
    assert [{**column, "input": None} for column in columns] == [
        {**column, "input": None} for column in COLUMNS
    ]
    raw = {
        "city": tf.constant([["Oslo"], [""], ["Bonn"]]),
        "age _ years": tf.constant([[20.0], [np.nan], [45.0]]),
        "mlp_column": tf.constant([["a"], ["b"], [""]]),
        "class_name_column": tf.constant([[3.0], [5.0], [np.nan]]),
    }
    vectors = [
        [0, 0, 1, 0, -1.0, 0, 1, 0, 1.0],
        [1, 0, 0, 0, 0.5, 1, 0, 1, 2.0],
        [0, 0, 0, 1, 1.5, 0, 0, 1, -0.5],
    ]
    np.testing.assert_allclose(loaded.get_layer("preparation")(raw), vectors, rtol=1e-6)
    expected = softmax(np.asarray(model(np.array(vectors, np.float32))))
    np.testing.assert_allclose(loaded(raw), expected, rtol=1e-5)


@pytest.mark.parametrize("how", ["stretch", "fit", "crop"])
@pytest.mark.parametrize("size", [(12, 10), (33, 20), (7, 9), (100, 3), (1, 1)])
def test_pictures_are_resized_as_keras_resizes_them(how, size):
    from zoo.preparation.images import resized

    images = np.random.default_rng(2).uniform(0, 255, (2, *size, 3)).astype(np.float32)
    layer = keras.layers.Resizing(
        12,
        10,
        antialias=True,
        pad_to_aspect_ratio=how == "fit",
        crop_to_aspect_ratio=how == "crop",
    )
    np.testing.assert_allclose(resized(images, (12, 10), how), layer(images), atol=255e-6)


def test_weights_of_a_smaller_picture_are_the_stated_triangles():
    from zoo.preparation.images import resized

    row = np.random.default_rng(3).uniform(size=7).astype(np.float32)
    step = 7 / 3
    places, centers = np.arange(7) + 0.5, (np.arange(3) + 0.5) * step
    weights = np.maximum(0, 1 - np.abs(places[None] - centers[:, None]) / step)
    expected = (weights / weights.sum(axis=1, keepdims=True)) @ row
    drawn = resized(row.reshape(1, 1, 7, 1), (1, 3), "stretch")
    np.testing.assert_allclose(np.ravel(drawn), expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["lstm", "char_lstm"])
def test_text_of_any_length_gives_the_next_symbols_probabilities(name, again):
    model = zoo.create_model(name, num_classes=4, input_shape=(3,), units=5)
    symbols = ["b", "a", "\ufffd", "é"]
    preparation = {
        "inputs": {"kind": "symbols", "symbols": symbols, "unknown": "\ufffd"},
        "outputs": {"kind": "symbols", "names": symbols},
    }
    loaded = again(deployable(model, preparation))
    numbers = np.array([[0, 1, 3, 2, 1], [3, 0, 0, 0, 0]])
    inside = zoo.trained_model(loaded)
    if name == "char_lstm":
        scores = inside({"symbols": numbers, "state": np.zeros((2, 1, 2, 5))})["scores"]
    else:
        scores = inside(numbers)
    answers = loaded(tf.constant(["baéxa", "é"]))
    np.testing.assert_allclose(answers, softmax(np.asarray(scores)), rtol=1e-5)
    for weights, trained in zip(inside.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, trained)


def test_character_that_was_not_seen_is_an_error_where_none_stands_for_it():
    from zoo.preparation.symbols import SymbolNumbers

    layer = SymbolNumbers(["b", "a"])
    np.testing.assert_array_equal(layer(tf.constant(["ab", "b", ""])), [[1, 0], [0, 0], [0, 0]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="has a character that the model has"):
        layer(tf.constant(["abc"]))


def test_sequences_keep_what_is_missing():
    model = zoo.create_model("lstm_classifier", num_classes=3, input_shape=(4, 2), units=3)
    inputs = {"kind": "sequences", "features": 2, "mean": [1.0, 2.0], "deviation": [2.0, 4.0]}
    deployed = deployable(model, {"inputs": inputs, "outputs": CLASSES})
    raw = np.array([[[3.0, 2.0], [np.nan, np.nan]]], np.float32)
    prepared = deployed.get_layer("preparation")(raw)
    np.testing.assert_array_equal(prepared, [[[1.0, 0.0], [np.nan, np.nan]]])
    assert deployed(np.ones((2, 7, 2), np.float32)).shape == (2, 3)  # of another length
    assert zoo.described(deployed)["inputs"] == inputs


def test_model_without_a_preparation_stays_itself():
    model = zoo.create_model("perceptron", num_classes=2, input_shape=(3,))
    assert deployable(model, {"inputs": {}, "outputs": {}}) is model
    assert zoo.described(model) == {"inputs": {}, "outputs": {}}
    assert zoo.trained_model(model) is model


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ({"kind": "sounds"}, {}, "inputs of kind 'sounds' are not known; allowed: images, "),
        ({}, {"kind": "smells"}, "outputs of kind 'smells' are not known; allowed: classes, "),
        ({}, {"kind": "classes", "names": ["one"]}, "the model has 2 outputs, and there are 1"),
    ],
)
def test_unknown_kinds_and_wrong_names_are_one_line(inputs, outputs, message):
    model = zoo.create_model("perceptron", num_classes=2, input_shape=(3,))
    with pytest.raises(zoo.ModelError, match=message):
        deployable(model, {"inputs": inputs, "outputs": outputs})
