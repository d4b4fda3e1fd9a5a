"""The bidirectional LSTM recomputed in NumPy, from both ends of sequences of unlike lengths."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from lstm_steps import lstm_layer

import zoo
from zoo.layers.padding import RealStepsReversed


def _randomized(**options: Any) -> Any:
    model = zoo.create_model("bi_lstm", num_classes=3, input_shape=(None, 2), **options)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=each.shape) for each in model.get_weights()])
    return model


@pytest.mark.parametrize("layers", [1, 2])
def test_scores_are_of_both_states_that_have_read_all(layers: int) -> None:
    model = _randomized(units=4, layers=layers)
    sequences = np.random.default_rng(1).normal(size=(3, 5, 2)).astype(np.float32)
    values = sequences.astype(np.float64)
    for index in range(1, layers + 1):
        forward, backward = (
            lstm_layer(each, *model.get_layer(f"{name}_{index}").get_weights())
            for name, each in (("forward", values), ("backward", values[:, ::-1]))
        )
        values = np.concatenate([forward, backward[:, ::-1]], axis=2)
    kernel, bias = model.get_layer("scores").get_weights()
    expected = np.concatenate([values[:, -1, :4], values[:, 0, 4:]], axis=1) @ kernel + bias
    np.testing.assert_allclose(model.predict_on_batch(sequences), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("jit", [True, False])
def test_a_padded_batch_gives_what_each_sequence_alone_gives(jit: bool) -> None:
    model = _randomized(units=4, layers=2)
    sequences = np.random.default_rng(1).normal(size=(4, 7, 2)).astype(np.float32)
    padded = sequences.copy()
    lengths = [7, 1, 4, 6]
    for row, length in enumerate(lengths):
        padded[row, length:] = np.nan
    # A step without numbers inside a sequence is read as zeros.
    padded[2, 1] = np.nan
    sequences[2, 1] = 0
    together = tf.function(model, jit_compile=jit)(padded).numpy()
    for row, length in enumerate(lengths):
        alone = model(sequences[row : row + 1, :length])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-4, atol=1e-5)


def test_the_answer_depends_on_the_order_from_either_end() -> None:
    model = _randomized(units=4)
    sequence = np.random.default_rng(1).normal(size=(1, 6, 2)).astype(np.float32)
    scores = model(sequence).numpy()
    for step in (0, 3, 5):
        changed = sequence.copy()
        changed[0, step] += 1
        assert np.abs(model(changed).numpy() - scores).max() > 1e-3


def test_an_image_is_read_row_by_row() -> None:
    shapes = ((4, 3, 2), (4, 6))
    images, rows = (
        zoo.create_model("bi_lstm", num_classes=2, input_shape=shape) for shape in shapes
    )
    rows.set_weights(images.get_weights())
    examples = np.random.default_rng(1).normal(size=(2, 4, 3, 2)).astype(np.float32)
    np.testing.assert_array_equal(
        images.predict_on_batch(examples), rows.predict_on_batch(examples.reshape(2, 4, 6))
    )


def test_reversing_twice_gives_the_same_back_and_leaves_what_follows() -> None:
    sequence = np.arange(10, dtype=np.float32).reshape(2, 5, 1)
    padded = sequence.copy()
    padded[1, 3:] = np.nan
    layer = RealStepsReversed()
    once = layer(sequence, padded).numpy()
    np.testing.assert_array_equal(once[..., 0], [[4, 3, 2, 1, 0], [7, 6, 5, 8, 9]])
    np.testing.assert_array_equal(layer(once, padded), sequence)
