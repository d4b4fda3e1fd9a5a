"""The LSTM with a hand-written gradient against Keras's own, and recomputed in NumPy."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.catalogue.flops import flops_per_example
from zoo.layers.recurrent.fused_lstm import FusedLSTM, KerasLSTM

# Lengths of one turn of the loop, of a prime number of steps, and of a single step.
SHAPES = [(2, 8, 3, 4), (3, 7, 5, 2), (1, 1, 1, 1)]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _pair(shape: tuple[int, ...], dtype: str) -> tuple[FusedLSTM, keras.layers.LSTM]:
    """Our layer and Keras's with the same random weights."""
    batch, time, features, units = shape
    ours = FusedLSTM(units, dtype=dtype)
    theirs = keras.layers.LSTM(
        units, return_sequences=True, return_state=True, dtype=dtype, use_cudnn=False
    )
    for layer in (ours, theirs):
        layer.build((batch, time, features))
    random = np.random.default_rng(0)
    weights = [random.normal(size=weight.shape) / 2 for weight in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def _tensors(shape: tuple[int, ...], dtype: str) -> tuple[Any, Any]:
    """Inputs and a state, and one weight for every number that comes out."""
    batch, time, features, units = shape
    random = np.random.default_rng(1)
    state = [(batch, units), (batch, units)]
    inputs = [tf.constant(random.normal(size=s), dtype) for s in [(batch, time, features), *state]]
    weights = [tf.constant(random.normal(size=s), dtype) for s in [(batch, time, units), *state]]
    return inputs, weights


def _call(layer: Any, inputs: Any, state: Any) -> list[Any]:
    if isinstance(layer, FusedLSTM):
        outputs, last = layer(inputs, state=state)
        return [outputs, *last]
    return list(layer(inputs, initial_state=state))


def _outputs_and_gradients(layer: Any, inputs: Any, weights: Any, with_state: bool) -> list[Any]:
    variables = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = _call(layer, inputs[0], inputs[1:] if with_state else None)
        pairs = zip(outputs, weights, strict=True)
        total = sum(tf.reduce_sum(tf.cast(o, w.dtype) * w) for o, w in pairs)
    sources = (inputs if with_state else inputs[:1]) + variables
    return [*outputs, *tape.gradient(total, sources)]


def _assert_close(ours: list[Any], theirs: list[Any], tolerance: float) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            tf.cast(one, tf.float64), tf.cast(other, tf.float64), rtol=tolerance, atol=tolerance
        )


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_and_every_gradient_equal_keras(shape: tuple[int, ...], with_state: bool) -> None:
    ours, theirs = _pair(shape, "float64")
    tensors = _tensors(shape, "float64")
    expected = _outputs_and_gradients(theirs, *tensors, with_state)
    _assert_close(_outputs_and_gradients(ours, *tensors, with_state), expected, 1e-10)


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("float32", 1e-5), ("mixed_bfloat16", 0.05), ("mixed_float16", 0.01)]
)
def test_other_precisions_come_as_close_as_they_can(policy: str, tolerance: float) -> None:
    ours, _ = _pair(SHAPES[0], policy)
    _, exact = _pair(SHAPES[0], "float64")
    results = _outputs_and_gradients(ours, *_tensors(SHAPES[0], "float32"), True)
    expected = _outputs_and_gradients(exact, *_tensors(SHAPES[0], "float64"), True)
    _assert_close(results, expected, tolerance)
    assert results[0].dtype == policy.removeprefix("mixed_")
    assert {each.dtype for each in results[1:]} == {tf.float32}  # the state and every gradient


@pytest.mark.parametrize(
    ("jit", "known", "batch"), [(False, False, 2), (True, False, 2), (True, True, 5)]
)
def test_a_compiled_loop_calls_the_layer(jit: bool, known: bool, batch: int) -> None:
    # A known batch goes through the loops in two parts, of 3 each with a row of zeros.
    shape = batch, time, features, units = (batch, *SHAPES[0][1:])
    ours, theirs = _pair(shape, "float64")
    tensors, weights = _tensors(shape, "float64")
    expected = _outputs_and_gradients(theirs, tensors, weights, True)
    shapes = [(batch, time, features), (batch, units), (batch, units)]
    if not known:
        shapes = [(None, None, features), (None, units), (None, units)]

    @tf.function(jit_compile=jit, input_signature=[tf.TensorSpec(s, tf.float64) for s in shapes])
    def twice(*inputs: Any) -> list[Any]:
        totals = [tf.zeros(each.shape, tf.float64) for each in expected]
        for _ in tf.range(2):
            once = _outputs_and_gradients(ours, list(inputs), weights, True)
            totals = [
                tf.ensure_shape(total + each, total.shape)
                for total, each in zip(totals, once, strict=True)
            ]
        return totals

    _assert_close([each / 2 for each in twice(*tensors)], expected, 1e-10)


def test_the_gates_are_the_documented_ones() -> None:
    shape = batch, time, _, units = SHAPES[0]
    layer, _ = _pair(shape, "float64")
    (inputs, h, c), _ = _tensors(shape, "float64")
    kernel, recurrent_kernel, bias = layer.get_weights()
    outputs, (last_h, last_c) = layer(inputs, state=(h, c))
    h, c = h.numpy(), c.numpy()
    for step in range(time):
        sums = inputs[:, step].numpy() @ kernel + h @ recurrent_kernel + bias
        i, f, g, o = np.split(sums, 4, axis=-1)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(outputs[:, step], h, rtol=1e-12)
    np.testing.assert_allclose([last_h, last_c], [h, c], rtol=1e-12)
    assert outputs.shape == (batch, time, units)


def test_a_state_carries_on_where_it_stopped() -> None:
    layer, _ = _pair((2, 8, 3, 4), "float64")
    (inputs, *state), _ = _tensors((2, 8, 3, 4), "float64")
    whole, last = layer(inputs, state=state)
    first, between = layer(inputs[:, :5], state=state)
    second, end = layer(inputs[:, 5:], state=between)
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, rtol=1e-13)
    np.testing.assert_allclose(end, last, rtol=1e-13)


def test_curvature_equals_that_of_keras() -> None:
    shape = (1, 3, 2, 2)
    ours, theirs = _pair(shape, "float64")
    (inputs, *_), _ = _tensors(shape, "float64")
    random = np.random.default_rng(2)
    directions = [tf.constant(random.normal(size=w.shape)) for w in ours.get_weights()]

    def product(layer: Any) -> list[Any]:
        variables = [weight.value for weight in layer.trainable_weights]
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = tf.reduce_sum(_call(layer, inputs, None)[0] ** 2)
            gradients = inner.gradient(loss, variables)
            pairs = zip(gradients, directions, strict=True)
            slope = tf.add_n([tf.reduce_sum(g * d) for g, d in pairs])
        return outer.gradient(slope, variables)

    _assert_close(tf.function(product)(ours), product(theirs), 1e-10)


def test_weights_start_as_in_keras() -> None:
    keras.utils.set_random_seed(3)
    ours = FusedLSTM(4)
    ours.build((None, None, 3))
    theirs = keras.layers.LSTM(4)
    theirs.build((None, None, 3))
    assert [w.name for w in ours.weights] == [w.name for w in theirs.cell.weights]
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]
    np.testing.assert_array_equal(ours.bias, theirs.cell.bias)
    np.testing.assert_allclose(
        ours.recurrent_kernel @ tf.transpose(ours.recurrent_kernel), np.eye(4), atol=1e-5
    )
    assert np.abs(ours.kernel).max() <= np.sqrt(6 / (3 + 16))
    plain = FusedLSTM(4, unit_forget_bias=False)
    plain.build((None, None, 3))
    np.testing.assert_array_equal(plain.bias, np.zeros(16))


def test_a_model_of_it_is_counted_saved_loaded_and_exported(tmp_path: Path) -> None:
    inputs = keras.Input((None, 3))
    outputs, _ = FusedLSTM(4, initializer="he", unit_forget_bias=False, name="fused")(inputs)
    model = keras.Model(inputs, outputs)
    assert flops_per_example(model, time_steps=8) == 8 * (4 * (2 * 4 * (3 + 4) + 8) + 4 * 4)
    (examples, *_), _ = _tensors((2, 8, 3, 4), "float32")
    expected = model.predict_on_batch(examples)
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(examples), expected)
    assert loaded.get_layer("fused").get_config() == model.get_layer("fused").get_config()
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))  # must outlive its function
    np.testing.assert_allclose(exported.serve(examples), expected, rtol=1e-5)


def _keras_pair(policy: str = "float64", **options: Any) -> list[keras.layers.LSTM]:
    """Our layer and Keras's, with Keras's interface and the same random weights."""
    pair = [KerasLSTM(4, dtype=policy, **options), keras.layers.LSTM(4, dtype=policy, **options)]
    random = np.random.default_rng(0)
    pair[0].build((2, 8, 3))
    weights = [random.normal(size=weight.shape) / 2 for weight in pair[0].get_weights()]
    for layer in pair:
        layer.build((2, 8, 3))
        layer.set_weights(weights)
    return pair


def _gradients(layer: Any, inputs: Any) -> list[Any]:
    variables = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = keras.tree.flatten(layer(inputs))
        total = sum(tf.reduce_sum(tf.cast(each, tf.float64) ** 2) for each in outputs)
    return [*outputs, *tape.gradient(total, [inputs, *variables])]


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("return_state", [False, True])
def test_the_layer_of_kerass_interface_returns_what_kerass_does(
    every_step: bool, return_state: bool
) -> None:
    ours, theirs = _keras_pair(return_sequences=every_step, return_state=return_state)
    inputs = tf.constant(np.random.default_rng(1).normal(size=(2, 8, 3)))
    compiled = tf.function(lambda inputs: _gradients(ours, inputs))
    _assert_close(compiled(inputs), _gradients(theirs, inputs), 1e-10)


def test_the_layer_of_kerass_interface_computes_in_mixed_precision() -> None:
    ours, _ = _keras_pair("mixed_bfloat16", return_sequences=True)
    _, exact = _keras_pair("float64", return_sequences=True)
    inputs = np.random.default_rng(1).normal(size=(2, 8, 3))
    results = _gradients(ours, tf.constant(inputs, tf.float32))
    _assert_close(results, _gradients(exact, tf.constant(inputs)), 0.1)
    assert results[0].dtype == tf.bfloat16


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"use_bias": False},
        {"go_backwards": True},
        {"unroll": True},
    ],
)
def test_what_the_written_gradient_is_not_of_is_left_to_keras(options: dict[str, Any]) -> None:
    ours, theirs = _keras_pair(**options)
    inputs = tf.constant(np.random.default_rng(1).normal(size=(2, 8, 3)))
    np.testing.assert_array_equal(ours(inputs), theirs(inputs))


def test_a_mask_holds_the_state_as_in_keras() -> None:
    ours, theirs = _keras_pair()
    inputs = tf.constant(np.random.default_rng(1).normal(size=(2, 8, 3)))
    mask = tf.constant([[True] * 8, [True] * 3 + [False] * 5])
    np.testing.assert_array_equal(ours(inputs, mask=mask), theirs(inputs, mask=mask))


def test_weights_have_the_names_and_the_order_of_kerass() -> None:
    ours, theirs = _keras_pair()
    names = [[w.path.split("/", 1)[1] for w in layer.weights] for layer in (ours, theirs)]
    assert names[0] == names[1] == [f"lstm_cell/{w.name}" for w in theirs.weights]
