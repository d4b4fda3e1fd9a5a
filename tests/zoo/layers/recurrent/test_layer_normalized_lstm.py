"""The layer-normalized LSTM recomputed in NumPy, and in every mode a model runs in."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example
from zoo.layers.recurrent.layer_normalized_lstm import LayerNormalizedLSTMCell


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _normalize(values: np.ndarray, epsilon: float = 1e-3) -> np.ndarray:
    deviation = np.sqrt(values.var(-1, keepdims=True) + epsilon)
    return (values - values.mean(-1, keepdims=True)) / deviation


def _outputs(sequence: np.ndarray, weights: list[np.ndarray], epsilon: float) -> np.ndarray:
    """Equations 20 to 22: `[batch, time, units]` of one layer on `[batch, time, features]`."""
    kernel, recurrent_kernel, bias, input_gain, recurrent_gain, cell_gain, offset = weights
    h = c = np.zeros((len(sequence), recurrent_kernel.shape[0]))
    outputs = []
    for x in np.moveaxis(sequence, 1, 0):
        gates = _normalize(x @ kernel, epsilon) * input_gain + bias
        gates += _normalize(h @ recurrent_kernel, epsilon) * recurrent_gain
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(_normalize(c, epsilon) * cell_gain + offset)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def _randomize(layer: Any) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    layer.set_weights([random.normal(size=w.shape) for w in layer.weights])
    return layer.get_weights()


@pytest.mark.parametrize("epsilon", [1e-3, 0.5])
def test_the_layer_is_the_documented_one(epsilon: float) -> None:
    cell = LayerNormalizedLSTMCell(3, epsilon=epsilon)
    layer = keras.layers.RNN(cell, return_sequences=True)
    inputs = np.random.default_rng(1).normal(size=(2, 6, 4)).astype(np.float32)
    layer.build(inputs.shape)
    weights = _randomize(layer)
    expected = _outputs(inputs, weights, epsilon)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-3, atol=1e-4)
    for jit in (False, True):
        compiled = tf.function(layer, jit_compile=jit)
        np.testing.assert_allclose(compiled(inputs), expected, rtol=1e-3, atol=1e-4)


def test_the_models_scores_are_those_of_its_layers() -> None:
    model = zoo.create_model(
        "lstm",
        num_classes=5,
        input_shape=(None,),
        units=4,
        layers=2,
        embedding_dim=3,
        normalization="layer",
    )
    weights = _randomize(model)
    symbols = np.random.default_rng(1).integers(0, 5, (2, 6), dtype=np.int32)
    hidden = _outputs(weights[0][symbols], weights[1:8], 1e-3)
    hidden = _outputs(hidden, weights[8:15], 1e-3)
    expected = hidden @ weights[15] + weights[16]
    np.testing.assert_allclose(model.predict_on_batch(symbols), expected, rtol=1e-3, atol=1e-3)


def test_weights_have_the_documented_shapes_and_starts() -> None:
    cell = LayerNormalizedLSTMCell(3)
    cell.build((None, 4))
    assert {w.name: w.shape for w in cell.weights} == {
        "kernel": (4, 12),
        "recurrent_kernel": (3, 12),
        "bias": (12,),
        "input_gain": (12,),
        "recurrent_gain": (12,),
        "cell_gain": (3,),
        "cell_offset": (3,),
    }
    assert cell.count_params() == 4 * 3 * (4 + 3 + 3) + 2 * 3
    np.testing.assert_array_equal(cell.bias, [0] * 3 + [1] * 3 + [0] * 6)
    for gain in (cell.input_gain, cell.recurrent_gain, cell.cell_gain):
        np.testing.assert_array_equal(gain, np.ones(gain.shape))
    plain = LayerNormalizedLSTMCell(3, unit_forget_bias=False)
    plain.build((None, 4))
    np.testing.assert_array_equal(plain.bias, np.zeros(12))


@pytest.mark.parametrize(("name", "shape"), [("lstm", (5,)), ("lstm_classifier", (5, 3))])
def test_models_save_load_and_export(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    model = zoo.create_model(
        name,
        num_classes=3,
        input_shape=shape,
        units=4,
        activation="relu",
        recurrent_activation="hard_sigmoid",
        unit_forget_bias=False,
        normalization="layer",
    )
    _randomize(model)
    examples = np.arange(2 * np.prod(shape)).reshape(2, *shape) % 3
    examples = examples.astype(np.int32 if name == "lstm" else np.float32)
    expected = model.predict_on_batch(examples)
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(examples), expected)
    assert (
        loaded.get_layer("lstm_1").cell.get_config() == model.get_layer("lstm_1").cell.get_config()
    )
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))  # must outlive its function
    np.testing.assert_allclose(exported.serve(examples), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_precisions_keep_the_statistics_exact(policy: str) -> None:
    inputs = np.random.default_rng(1).normal(size=(2, 6, 4))
    layer = keras.layers.RNN(LayerNormalizedLSTMCell(3, dtype=policy), dtype=policy)
    layer.build(inputs.shape)
    weights = _randomize(layer)
    # Sums in the thousands, whose squares exceed what 16 bits hold; the scale drops out.
    weights[0] *= 3000
    layer.set_weights(weights)
    outputs = layer(inputs)
    assert outputs.dtype == policy.removeprefix("mixed_")
    expected = _outputs(inputs, weights, 1e-3)[:, -1]
    tolerance = 1e-10 if policy == "float64" else 0.005
    np.testing.assert_allclose(tf.cast(outputs, tf.float64), expected, atol=tolerance)


def test_operations_are_counted_by_hand() -> None:
    model = zoo.create_model(
        "lstm", num_classes=7, input_shape=(5,), units=3, embedding_dim=4, normalization="layer"
    )
    step = 2 * 4 * 12 + 2 * 3 * 12  # both products
    step += 6 * 12 + 6 * 12 + 12 + 12  # N and gain of both, their sum, the bias
    step += 4 * 3 + 7 * 3  # the state, N with gain and offset of the cell
    assert flops_per_example(model) == 5 * (step + 2 * 3 * 7 + 7)
    other = keras.Sequential([keras.Input((5, 2)), keras.layers.RNN(keras.layers.GRUCell(3))])
    with pytest.raises(
        zoo.ModelError, match="cell of type GRUCell; known: LayerNormalizedLSTMCell"
    ):
        flops_per_example(other)
