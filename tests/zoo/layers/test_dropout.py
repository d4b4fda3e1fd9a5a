"""Dropout: its masks in NumPy, their statistics, and one mask for every way to compile."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.layers.dropout import Dropout

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def words(seed, count, number):
    """Threefry-2x32 of 20 rounds, as its authors write it."""
    key = [seed % 2**32, seed // 2**32]
    key.append(key[0] ^ key[1] ^ 0x1BD11BDA)
    x = (np.arange(count, dtype=np.uint64) + key[0]) % 2**32
    y = np.full(count, (number + key[1]) % 2**32, np.uint64)
    for block in range(5):
        for distance in ROTATIONS[block % 2]:
            x = (x + y) % 2**32
            y = ((y << np.uint64(distance)) | (y >> np.uint64(32 - distance))) % 2**32 ^ x
        x = (x + key[(block + 1) % 3]) % 2**32
        y = (y + key[(block + 2) % 3] + block + 1) % 2**32
    return np.concatenate([x, y])


def mask(layer, size, number):
    """Return what a layer makes of so many ones in its pass of a number."""
    layer.seed_generator.state.assign([layer.seed, number])
    return layer(tf.ones([size]), training=True).numpy()


@pytest.mark.parametrize(("rate", "bits"), [(0.5, 8), (0.25, 8), (0.3, 16), (0.9, 16)])
def test_masks_are_the_documented_bits(rate, bits):
    size, seed, number = 1003, 5 + 3 * 2**32, 7
    drawn = words(seed, -(-size * bits // 64), number)
    numbers = np.concatenate([(drawn >> shift) % 2**bits for shift in range(0, 32, bits)])[:size]
    rounded = np.round(rate * 2**bits) / 2**bits
    expected = np.where(numbers >= rounded * 2**bits, 1 / (1 - rounded), 0)
    np.testing.assert_allclose(mask(Dropout(rate, seed=seed), size, number), expected, rtol=1e-6)
    assert abs(rounded - rate) <= 2**-17


@pytest.mark.parametrize("rate", [0.5, 0.2])
def test_units_are_kept_at_the_rate_and_independently_of_each_other_and_of_other_passes(rate):
    passes, units = 200, 5000
    layer = Dropout(rate, seed=11)
    draw = tf.function(lambda: layer(tf.ones([units]), training=True) > 0, autograph=False)
    kept = np.stack([draw().numpy() for _ in range(passes)])
    assert int(layer.seed_generator.state[1]) == passes
    # Five standard deviations of the binomial distribution, and of a correlation of so many.
    deviation = (rate * (1 - rate) / kept.size) ** 0.5
    assert abs(kept.mean() - (1 - rate)) < 5 * deviation
    centred = (kept - (1 - rate)) / (rate * (1 - rate)) ** 0.5
    for distance in (1, 2, 3, units // 4, units // 2):
        along_units = (centred[:, distance:] * centred[:, :-distance]).mean()
        assert abs(along_units) < 5 / (passes * (units - distance)) ** 0.5
    for distance in (1, 2, 64):
        along_passes = (centred[distance:] * centred[:-distance]).mean()
        assert abs(along_passes) < 5 / ((passes - distance) * units) ** 0.5
    # The number of kept units of a pass spreads as a sum of independent ones does.
    spread = kept.sum(axis=1).var() / (units * rate * (1 - rate))
    assert abs(spread - 1) < 5 * (2 / passes) ** 0.5
    other = Dropout(rate, seed=12)
    elsewhere = (mask(other, units, 0) > 0) - (1 - rate)
    assert abs((elsewhere * centred[0]).mean()) < 5 * (rate * (1 - rate) / units) ** 0.5


@pytest.mark.parametrize("shape", [[6, 10], [None, 10]])
def test_xla_graph_and_eager_drop_the_same_units_and_pass_the_same_gradient(shape):
    layer, inputs = Dropout(0.3, seed=3), tf.random.normal([6, 10])

    def outputs_and_gradient(x):
        layer.seed_generator.state.assign([3, 9])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
        return y, tape.gradient(y, x)

    eager = outputs_and_gradient(inputs)
    signature = [tf.TensorSpec(shape, tf.float32)]
    for xla in (False, True):
        compiled = tf.function(outputs_and_gradient, input_signature=signature, jit_compile=xla)
        for found, expected in zip(compiled(inputs), eager, strict=True):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(eager[0], inputs * eager[1], rtol=1e-6)
    assert len(np.unique(eager[1])) == 2


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.7, False)])
def test_rate_0_and_inference_are_the_identity(rate, training):
    inputs = np.arange(6, dtype=np.float32)
    np.testing.assert_array_equal(Dropout(rate)(inputs, training=training), inputs)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_keeps_its_type(policy):
    outputs = Dropout(0.5, seed=1, dtype=policy)(tf.ones([4, 5]), training=True)
    assert outputs.dtype == keras.DTypePolicy(policy).compute_dtype
    assert set(np.unique(tf.cast(outputs, tf.float32))) == {0.0, 2.0}


def test_files_with_it_and_older_ones_with_keras_own_can_be_loaded(tmp_path):
    inputs = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    for kind in (Dropout, keras.layers.Dropout):
        model = keras.Sequential([keras.Input((8,)), kind(0.4, seed=2), keras.layers.Dense(2)])
        model.save(tmp_path / "model.keras")
        loaded = zoo.load_model(tmp_path / "model.keras")
        assert type(loaded.layers[0]) is kind
        assert loaded.layers[0].get_config() == model.layers[0].get_config()
        np.testing.assert_array_equal(loaded(inputs), model(inputs))
