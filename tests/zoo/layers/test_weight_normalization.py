"""Weight normalization recomputed in NumPy, and in every mode a model runs in."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.layers.weight_normalization import WeightNormalization, initialize

LAYERS = {
    "dense": (lambda: keras.layers.Dense(4), (6,)),
    "convolution": (lambda: keras.layers.Conv2D(3, 2, padding="same"), (5, 4, 2)),
    "lstm": (lambda: keras.layers.LSTM(3, return_sequences=True), (5, 2)),
}
each_layer = pytest.mark.parametrize("kind", LAYERS)


def _pair(kind: str) -> tuple[WeightNormalization, keras.Layer, np.ndarray]:
    """A normalized layer with random g and bias, a plain one with w = g v / |v|, and inputs."""
    make, shape = LAYERS[kind]
    random = np.random.default_rng(0)
    inputs = random.normal(size=(7, *shape)).astype(np.float32)
    normalized, plain = WeightNormalization(make()), make()
    normalized.build(inputs.shape)
    plain.build(inputs.shape)
    plain.set_weights([random.normal(size=w.shape) for w in plain.weights])
    for scale in normalized.scales:
        scale.assign(random.uniform(0.5, 2, scale.shape))
    kernels = {v.path for v in normalized.kernels}
    scales = iter(normalized.scales)
    for inner, outer in zip(normalized.layer.weights, plain.weights, strict=True):
        inner.assign(random.normal(size=inner.shape))
        value = np.array(inner)
        if inner.path in kernels:
            norm = np.sqrt((value**2).sum(axis=tuple(range(value.ndim - 1))))
            value = np.array(next(scales)) * value / norm
        outer.assign(value)
    return normalized, plain, inputs


@each_layer
def test_the_layer_is_the_plain_one_with_w_of_equation_2(kind: str) -> None:
    normalized, plain, inputs = _pair(kind)
    assert not np.allclose(plain(inputs), 0)
    np.testing.assert_allclose(normalized(inputs), plain(inputs), rtol=1e-4, atol=1e-5)


@each_layer
def test_it_starts_as_the_plain_layer_with_g_the_norm_of_v(kind: str) -> None:
    make, shape = LAYERS[kind]
    inputs = np.random.default_rng(0).normal(size=(7, *shape)).astype(np.float32)
    keras.utils.set_random_seed(3)
    normalized = WeightNormalization(make())
    outputs = normalized(inputs)
    keras.utils.set_random_seed(3)
    np.testing.assert_allclose(outputs, make()(inputs), rtol=1e-4, atol=1e-6)
    for kernel, scale in zip(normalized.kernels, normalized.scales, strict=True):
        norms = np.linalg.norm(np.array(kernel).reshape(-1, kernel.shape[-1]), axis=0)
        np.testing.assert_allclose(scale, norms, rtol=1e-5)


@each_layer
def test_gradients_are_those_of_equation_3(kind: str) -> None:
    normalized, plain, inputs = _pair(kind)
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_sum(tf.sin(normalized(inputs)))
        plain_loss = tf.reduce_sum(tf.sin(plain(inputs)))
    by_v = [np.array(g) for g in tape.gradient(loss, normalized.kernels)]
    by_g = [np.array(g) for g in tape.gradient(loss, normalized.scales)]
    variables = [v for v in plain.weights if v.name.endswith("kernel")]
    by_w = [np.array(g) for g in tape.gradient(plain_loss, variables)]
    assert len(by_w) == (2 if kind == "lstm" else 1)
    for i, dw in enumerate(by_w):
        axes = tuple(range(dw.ndim - 1))
        v, g = np.array(normalized.kernels[i]), np.array(normalized.scales[i])
        norm = np.sqrt((v**2).sum(axes))
        dg = (dw * v).sum(axes) / norm
        dv = g / norm * dw - g / norm**2 * dg * v
        np.testing.assert_allclose(by_g[i], dg, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(by_v[i], dv, rtol=1e-3, atol=1e-4)
        # A step along the gradient never shortens v: the two are orthogonal.
        np.testing.assert_allclose((by_v[i] * v).sum(axes), 0, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("mlp", (6,), {"hidden_units": (5, 4)}),
        ("cnn", (6, 5, 2), {"filters": (4, 3), "dense_units": 5, "kernel_size": 2}),
    ],
)
def test_initialization_gives_every_unit_mean_0_and_variance_1(
    name: str, shape: tuple[int, ...], options: dict[str, Any]
) -> None:
    model = zoo.create_model(
        name,
        num_classes=3,
        input_shape=shape,
        normalization="weight",
        activation="tanh",
        dropout=0.5,
        **options,
    )
    inputs = np.random.default_rng(0).normal(2, 3, size=(64, *shape)).astype(np.float32)
    directions = [np.array(v) for layer in _normalized(model) for v in layer.kernels]
    names = initialize(model, inputs)
    assert names == [layer.name for layer in _normalized(model)]
    assert len(names) == 2 + (name == "cnn")
    for layer in _normalized(model):
        sums = np.array(keras.Model(model.input, layer.output)(inputs))
        axes = tuple(range(sums.ndim - 1))
        np.testing.assert_allclose(sums.mean(axes), 0, atol=1e-4)
        np.testing.assert_allclose(sums.var(axes), 1, rtol=1e-3)
    # Equations 5 and 6 for the first layer, whose input is the batch; no direction changes.
    for layer, before in zip(
        [v for each in _normalized(model) for v in each.kernels], directions, strict=True
    ):
        np.testing.assert_array_equal(layer, before)
    if name == "mlp":
        first = _normalized(model)[0]
        t = inputs @ (directions[0] / np.linalg.norm(directions[0], axis=0))
        np.testing.assert_allclose(first.scales[0], 1 / t.std(0), rtol=1e-3)
        np.testing.assert_allclose(first.layer.bias, -t.mean(0) / t.std(0), rtol=1e-2, atol=1e-4)


def _normalized(model: keras.Model) -> list[WeightNormalization]:
    return [layer for layer in model.layers if isinstance(layer, WeightNormalization)]


def test_what_cannot_be_initialized_says_so_and_stays_as_it_is() -> None:
    ones = np.ones((8, 4), np.float32)
    plain = zoo.create_model("mlp", num_classes=2, input_shape=(4,))
    with pytest.raises(zoo.ModelError, match=r"'mlp' has no .*normalization='weight'"):
        initialize(plain, ones)
    recurrent = zoo.create_model("lstm", num_classes=3, input_shape=(5,), normalization="weight")
    with pytest.raises(zoo.ModelError, match="no weight-normalized dense"):
        initialize(recurrent, np.zeros((2, 5), np.int32))
    with pytest.raises(zoo.ModelError, match="is recurrent"):
        _normalized(recurrent)[0].initialize(ones)
    model = zoo.create_model("mlp", num_classes=2, input_shape=(4,), normalization="weight")
    before = model.get_weights()
    with pytest.raises(
        zoo.ModelError, match=r"30 units of layer .* do not vary over the batch of 8"
    ):
        initialize(model, ones)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    layer = WeightNormalization(keras.layers.Dense(2, activation="relu"))
    layer.build((None, 4))
    with pytest.raises(zoo.ModelError, match="'relu'; allowed: linear"):
        layer.initialize(ones)


def test_without_a_bias_only_the_variance_is_set() -> None:
    layer = WeightNormalization(keras.layers.Dense(3, use_bias=False))
    inputs = np.random.default_rng(0).normal(5, 1, (50, 4)).astype(np.float32)
    layer.build(inputs.shape)
    layer.initialize(inputs)
    np.testing.assert_allclose(np.array(layer(inputs)).var(0), 1, rtol=1e-3)


def test_other_layers_are_refused() -> None:
    with pytest.raises(zoo.ModelError, match="type Flatten; allowed: Dense, Conv2D, LSTM"):
        WeightNormalization(keras.layers.Flatten())


def test_a_direction_of_length_0_gives_no_nan() -> None:
    layer = WeightNormalization(keras.layers.Dense(2, kernel_initializer="zeros"))
    with tf.GradientTape() as tape:
        outputs = layer(np.ones((3, 4), np.float32))
    gradients = tape.gradient(outputs, layer.trainable_variables)
    assert all(np.all(np.isfinite(g)) for g in [outputs, *gradients])


@each_layer
def test_graph_and_xla_give_the_eager_outputs_and_gradients(kind: str) -> None:
    layer, _, inputs = _pair(kind)

    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(x)))
        return loss, tape.gradient(loss, layer.trainable_variables)

    expected = tf.nest.flatten(step(inputs))
    for jit in (False, True):
        found = tf.nest.flatten(tf.function(step, jit_compile=jit)(inputs))
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@each_layer
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_rounds_w_and_computes_it_in_32_bits(kind: str, policy: str) -> None:
    reference, _, inputs = _pair(kind)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        layer = WeightNormalization(LAYERS[kind][0]())
    finally:
        keras.config.set_dtype_policy(before)
    layer.build(inputs.shape)
    layer.set_weights(reference.get_weights())
    # Squares of these overflow 16 bits; v's length does not matter.
    for kernel in layer.kernels:
        kernel.assign(kernel * 1000)
    seen = []
    apply = layer._apply
    layer._apply = lambda x, replaced: (
        seen.extend([x, *(w for _, w in replaced)]) or apply(x, replaced)
    )
    outputs = layer(tf.cast(inputs, policy.removeprefix("mixed_")))
    assert outputs.dtype == policy.removeprefix("mixed_")
    assert layer.compute_output_spec(keras.KerasTensor(inputs.shape)).dtype == outputs.dtype
    # 16-bit inputs go on as they are; only w is computed in 32 bits.
    assert seen[0].dtype == outputs.dtype
    assert {w.dtype.name for w in seen[1:]} == {"float32"}
    assert {str(w.dtype) for w in layer.weights} == {"float32"}
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), reference(inputs), rtol=0.1, atol=0.1)


@each_layer
def test_output_shape_is_the_wrapped_layers(kind: str) -> None:
    layer, plain, inputs = _pair(kind)
    assert tuple(layer.compute_output_shape(inputs.shape)) == tuple(plain(inputs).shape)


def test_a_wrapped_layers_own_state_still_changes() -> None:
    layer = WeightNormalization(keras.layers.LSTM(8, dropout=0.5, seed=1))
    inputs = np.ones((2, 3, 4), np.float32)
    first, second = layer(inputs, training=True), layer(inputs, training=True)
    assert np.any(np.array(first) != np.array(second))


def test_an_outer_scopes_values_reach_kernel_and_bias() -> None:
    layer, _, inputs = _pair("dense")
    values = [np.array(v) * 0 + 2 for v in layer.trainable_variables]
    outputs, _ = layer.stateless_call(values, [], inputs)
    expected = inputs @ np.full((6, 4), 2 / np.sqrt(6)) + 2
    np.testing.assert_allclose(outputs, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mlp", (5,)), ("cnn", (6, 6, 1)), ("lstm", (4,)), ("lstm_classifier", (4, 3))],
)
def test_models_load_and_export(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    model = zoo.create_model(name, num_classes=3, input_shape=shape, normalization="weight")
    for variable in model.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(size=variable.shape))
    examples = np.arange(2 * np.prod(shape)).reshape(2, *shape) % 3
    examples = examples.astype(np.int32 if name == "lstm" else np.float32)
    expected = model.predict_on_batch(examples)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))  # must outlive its function
    served = exported.serve(examples)
    np.testing.assert_allclose(served, expected, rtol=1e-4, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = zoo.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(examples), expected)
