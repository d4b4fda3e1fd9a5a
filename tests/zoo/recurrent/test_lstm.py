"""The LSTM recomputed gate by gate in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from lstm_steps import lstm_layer

import zoo


def _with_random_weights(model: keras.Model) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=each.shape) for each in model.get_weights()]
    model.set_weights(weights)
    return weights


@pytest.mark.parametrize(
    ("activation", "function"), [("tanh", np.tanh), ("relu", lambda s: np.maximum(s, 0))]
)
def test_the_next_symbols_scores_are_the_documented_ones(activation: str, function: Any) -> None:
    model = zoo.create_model(
        "lstm",
        num_classes=5,
        input_shape=(None,),
        units=4,
        layers=2,
        embedding_dim=3,
        activation=activation,
    )
    weights = _with_random_weights(model)
    symbols = np.random.default_rng(1).integers(0, 5, (2, 6), dtype=np.int32)
    hidden = weights[0][symbols]
    for first in (1, 4):
        kernel, recurrent_kernel, bias = weights[first : first + 3]
        hidden = lstm_layer(hidden, kernel, recurrent_kernel, bias, function)
    expected = hidden @ weights[7] + weights[8]
    np.testing.assert_allclose(model.predict_on_batch(symbols), expected, rtol=1e-3, atol=1e-4)


def test_a_later_symbol_does_not_change_earlier_scores() -> None:
    model = zoo.create_model("lstm", num_classes=5, input_shape=(6,))
    symbols = np.array([[0, 1, 2, 3, 4, 0], [0, 1, 2, 3, 1, 2]], np.int32)
    scores = model.predict_on_batch(symbols)
    np.testing.assert_allclose(scores[0, :4], scores[1, :4], atol=1e-6)
    assert np.any(np.abs(scores[0, 4:] - scores[1, 4:]) > 1e-4)


def test_the_classifier_scores_the_last_output() -> None:
    model = zoo.create_model("lstm_classifier", num_classes=2, input_shape=(5, 3), units=4)
    weights = _with_random_weights(model)
    sequences = np.random.default_rng(1).normal(size=(3, 5, 3)).astype(np.float32)
    expected = lstm_layer(sequences, *weights[:3])[:, -1] @ weights[3] + weights[4]
    np.testing.assert_allclose(model.predict_on_batch(sequences), expected, rtol=1e-4, atol=1e-5)


def test_an_image_is_read_row_by_row() -> None:
    image_model = zoo.create_model("lstm_classifier", num_classes=2, input_shape=(4, 3, 2))
    row_model = zoo.create_model("lstm_classifier", num_classes=2, input_shape=(4, 6))
    row_model.set_weights(image_model.get_weights())
    images = np.random.default_rng(1).normal(size=(2, 4, 3, 2)).astype(np.float32)
    np.testing.assert_array_equal(
        image_model.predict_on_batch(images),
        row_model.predict_on_batch(images.reshape(2, 4, 6)),
    )


def test_the_regressors_numbers_are_an_affine_map_of_the_last_output() -> None:
    model = zoo.create_model("lstm_regressor", num_classes=2, input_shape=(5, 3), units=4)
    weights = _with_random_weights(model)
    sequences = np.random.default_rng(1).normal(size=(3, 5, 3)).astype(np.float32)
    expected = lstm_layer(sequences, *weights[:3])[:, -1] @ weights[3] + weights[4]
    np.testing.assert_allclose(model.predict_on_batch(sequences), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "normalization"),
    [("lstm_classifier", "none"), ("lstm_classifier", "weight"), ("lstm_regressor", "layer")],
)
def test_a_padded_batch_gives_what_each_sequence_alone_gives(name: str, normalization: str) -> None:
    model = zoo.create_model(
        name,
        num_classes=3,
        input_shape=(None, 2),
        units=4,
        layers=2,
        normalization=normalization,
    )
    sequences = np.random.default_rng(1).normal(size=(4, 7, 2)).astype(np.float32)
    padded = sequences.copy()
    lengths = [7, 1, 4, 6]
    for row, length in enumerate(lengths):
        padded[row, length:] = np.nan
    together = model(padded).numpy()
    for row, length in enumerate(lengths):
        alone = model(sequences[row : row + 1, :length])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-5, atol=1e-6)
    assert np.isfinite(together).all()


def test_padding_reaches_no_gradient() -> None:
    model = zoo.create_model("lstm_regressor", num_classes=1, input_shape=(None, 2), units=2)
    sequence = np.random.default_rng(1).normal(size=(1, 4, 2)).astype(np.float32)
    padded = np.where(np.arange(4)[:, None] < 2, sequence, np.nan)

    @tf.function(jit_compile=True)
    def gradients(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(model(batch, training=True) ** 2)
        return tape.gradient(total, model.trainable_variables)

    alone = gradients(tf.constant(sequence[:, :2]))
    for gradient, expected in zip(gradients(tf.constant(padded)), alone, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-6)
        assert np.any(gradient)


@pytest.mark.parametrize("unit_forget_bias", [True, False])
def test_only_the_forget_gates_bias_starts_at_one(unit_forget_bias: bool) -> None:
    model = zoo.create_model(
        "lstm", num_classes=5, input_shape=(6,), units=3, unit_forget_bias=unit_forget_bias
    )
    bias = model.get_layer("lstm_1").get_weights()[2]
    forget = [float(unit_forget_bias)] * 3
    np.testing.assert_array_equal(bias, [0] * 3 + forget + [0] * 6)


def test_the_recurrent_initializer_is_its_own_option() -> None:
    model = zoo.create_model("lstm", num_classes=5, input_shape=(6,), recurrent_initializer="zeros")
    kernel, recurrent_kernel, _ = model.get_layer("lstm_1").get_weights()
    assert np.any(kernel)
    assert not np.any(recurrent_kernel)


def test_an_unknown_recurrent_activation_is_rejected() -> None:
    with pytest.raises(zoo.ModelOptionError, match="did you mean 'sigmoid'"):
        zoo.create_model("lstm", num_classes=5, input_shape=(6,), recurrent_activation="sigmod")
