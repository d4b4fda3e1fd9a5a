"""Running normalization against NumPy over all that was seen, however it came."""

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.running_normalization import RunningNormalization


@pytest.fixture
def layer():
    layer = RunningNormalization()
    layer.build((None, 3))
    return layer


def test_statistics_are_those_of_all_rows_that_counted(layer):
    random = np.random.default_rng(0)
    parts = [random.normal(5 * i, 1 + i, (size, 3)) for i, size in enumerate((7, 1, 200))]
    counts = [random.random(len(part)) < 0.6 for part in parts]
    counts[1][:] = True
    for part, counted in zip(parts, counts, strict=True):
        layer.absorb(part.astype(np.float32), counted.astype(np.float32))
    seen = np.concatenate([part[counted] for part, counted in zip(parts, counts, strict=True)])
    np.testing.assert_allclose(layer.mean, seen.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.variance, seen.var(axis=0), rtol=1e-4)
    assert float(layer.count) == len(seen)
    given = random.normal(size=(4, 3)).astype(np.float32)
    expected = (given - seen.mean(axis=0)) / np.sqrt(seen.var(axis=0) + 1e-8)
    np.testing.assert_allclose(layer(given), expected, rtol=1e-4, atol=1e-5)


def test_at_first_and_at_every_call_nothing_changes(layer):
    given = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(layer(given, training=True), given, rtol=1e-6)
    assert [float(np.sum(weight)) for weight in layer.weights] == [0, 3, 0]
    assert layer.trainable_weights == []


def test_constant_features_stay_finite(layer):
    layer.absorb(np.full((9, 3), 4, np.float32), np.ones(9, np.float32))
    np.testing.assert_array_equal(layer(np.full((1, 3), 4, np.float32)), np.zeros((1, 3)))


def test_policys_statistics_are_saved_with_it(tmp_path):
    model = zoo.create_model("policy", num_classes=2, input_shape=(3,), normalize_inputs=True)
    normalization = model.get_layer("normalization")
    rows = np.random.default_rng(0).normal(3, 2, (50, 3)).astype(np.float32)
    normalization.absorb(rows, np.ones(50, np.float32))
    expected = model(rows)["logits"]
    assert float(normalization.count) == 50
    model.save(tmp_path / "model.keras")
    again = zoo.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(rows)["logits"], expected)
    assert np.abs(expected - keras.Model(
        normalization.output, model.output["logits"])(rows)).max() > 1e-4  # fmt: skip
