"""The character model's state, its parameters and its dropout."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example

SYMBOLS, UNITS, LAYERS, EMBEDDING = 7, 4, 2, 3


def _model(input_shape: tuple[int | None] = (None,), **options: Any) -> keras.Model:
    return zoo.create_model(
        "char_lstm",
        num_classes=SYMBOLS,
        input_shape=input_shape,
        **{"units": UNITS, "layers": LAYERS, "embedding_dim": EMBEDDING, "dropout": 0.0, **options},
    )


def _text(batch: int = 2, time: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, SYMBOLS, (batch, time), dtype=np.int32)


def _start(batch: int = 2, seed: int = 1) -> np.ndarray:
    state = np.random.default_rng(seed).normal(size=(batch, LAYERS, 2, UNITS))
    return state.astype(np.float32)


def test_parameters_and_operations_are_those_counted_by_hand() -> None:
    model = _model((5,), dropout=0.5)
    lower, upper = 4 * UNITS * (EMBEDDING + UNITS + 1), 4 * UNITS * (UNITS + UNITS + 1)
    parameters = SYMBOLS * EMBEDDING + lower + upper + (UNITS + 1) * SYMBOLS
    assert model.count_params() == parameters == 21 + 128 + 144 + 35
    # Per step: a multiply-add is 2, a sum of both products and the bias 2 a unit and gate, and
    # every LSTM's state takes 4 operations a unit.
    lower = 4 * (2 * UNITS * (EMBEDDING + UNITS) + 2 * UNITS) + 4 * UNITS
    upper = 4 * (2 * UNITS * (UNITS + UNITS) + 2 * UNITS) + 4 * UNITS
    assert flops_per_example(model) == 5 * (lower + upper + 2 * UNITS * SYMBOLS + SYMBOLS)


# Products of other sizes may be summed in another order, which moves a number's last bit.
@pytest.mark.parametrize(
    ("policy", "jit", "last_bits"),
    [("float32", False, 1e-6), ("float32", True, 1e-6), ("mixed_bfloat16", False, 0.01)],
)
def test_two_calls_that_carry_the_state_equal_one(policy: str, jit: bool, last_bits: float) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = _model()
    finally:
        keras.config.set_dtype_policy(before)
    read = tf.function(model, jit_compile=jit)
    text = _text()
    whole = read({"symbols": text, "state": _start()})
    first = read({"symbols": text[:, :4], "state": _start()})
    second = read({"symbols": text[:, 4:], "state": first["state"]})
    scores = np.concatenate([first["scores"], second["scores"]], axis=1)
    np.testing.assert_allclose(scores, whole["scores"], rtol=last_bits, atol=last_bits)
    np.testing.assert_allclose(second["state"], whole["state"], rtol=last_bits, atol=last_bits)
    assert whole["scores"].dtype == whole["state"].dtype == tf.float32


def test_no_step_sees_what_follows() -> None:
    model, text = _model(), _text()
    changed = text.copy()
    changed[:, 5:] = (changed[:, 5:] + 1) % SYMBOLS
    one = model({"symbols": text, "state": _start()})["scores"]
    other = model({"symbols": changed, "state": _start()})["scores"]
    np.testing.assert_array_equal(one[:, :5], other[:, :5])
    assert np.all(np.any(one[:, 5] != other[:, 5], axis=-1))


def test_every_part_of_the_state_belongs_to_its_layer() -> None:
    model, text = _model(), _text(time=1)
    weights = [weight.numpy() for weight in model.weights]
    start = _start()
    outputs = model({"symbols": text, "state": start})
    below = weights[0][text[:, 0]]
    for index in range(LAYERS):
        kernel, recurrent_kernel, bias = weights[1 + 3 * index : 4 + 3 * index]
        h, c = start[:, index, 0], start[:, index, 1]
        sums = below @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(sums, 4, axis=-1)
        sigmoid = [1 / (1 + np.exp(-gate)) for gate in (i, f, o)]
        c = sigmoid[1] * c + sigmoid[0] * np.tanh(g)
        below = sigmoid[2] * np.tanh(c)
        np.testing.assert_allclose(outputs["state"][:, index, 0], below, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(outputs["state"][:, index, 1], c, rtol=1e-4, atol=1e-6)
    scores = below @ weights[-2] + weights[-1]
    np.testing.assert_allclose(outputs["scores"][:, 0], scores, rtol=1e-4, atol=1e-6)


def test_dropout_acts_in_training_only_and_never_on_the_lowest_state() -> None:
    model = _model(dropout=0.5)
    inputs = {"symbols": tf.constant(_text()), "state": tf.constant(_start())}
    calm, again = model(inputs), model(inputs)
    wild = model(inputs, training=True)
    np.testing.assert_array_equal(calm["scores"], again["scores"])
    assert np.any(calm["scores"] != wild["scores"])
    np.testing.assert_array_equal(calm["state"][:, 0], wild["state"][:, 0])
    assert np.any(calm["state"][:, 1] != wild["state"][:, 1])


def test_a_saved_and_an_exported_model_answer_alike(tmp_path: Path) -> None:
    model = _model(dropout=0.5)
    inputs = {"symbols": _text(), "state": _start()}
    expected = model.predict_on_batch(inputs)
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))  # must outlive its function
    served = exported.serve({name: tf.constant(value) for name, value in inputs.items()})
    for name in ("scores", "state"):
        np.testing.assert_array_equal(loaded.predict_on_batch(inputs)[name], expected[name])
        np.testing.assert_allclose(served[name], expected[name], rtol=1e-5, atol=1e-6)
