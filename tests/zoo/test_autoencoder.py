"""The autoencoder against NumPy, and what is random in it when."""

import keras
import numpy as np
import pytest

import zoo
from zoo.autoencoder import GaussianSample
from zoo.catalogue.flops import flops_per_example


def _build(**options: object) -> keras.Model:
    settings = {"hidden_units": (7, 5), "latent_dim": 3, "activation": "tanh", **options}
    model = zoo.create_model("autoencoder", num_classes=10, input_shape=(4, 3, 1), **settings)
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(generator.normal(size=variable.shape))
    return model


@pytest.mark.parametrize("kind", ["variational", "denoising"])
def test_outputs_are_the_formulas(kind: str) -> None:
    model = _build(kind=kind)
    images = np.random.default_rng(1).random((6, 4, 3, 1), np.float32)

    def dense(values: np.ndarray, part: str, name: str) -> np.ndarray:
        kernel, bias = model.get_layer(part).get_layer(name).get_weights()
        return values @ kernel + bias

    hidden = images.reshape(6, 12)
    for number in (1, 2):
        hidden = np.tanh(dense(hidden, "encoder", f"encoder_hidden_{number}"))
    code = dense(hidden, "encoder", "code")
    outputs = model.predict_on_batch(images)
    np.testing.assert_allclose(outputs["code"], code, rtol=1e-4, atol=1e-5)
    assert ("log_variance" in outputs) == (kind == "variational")
    if kind == "variational":
        log_variance = dense(hidden, "encoder", "log_variance")
        np.testing.assert_allclose(outputs["log_variance"], log_variance, rtol=1e-4, atol=1e-5)
    hidden = code
    for number in (1, 2):
        hidden = np.tanh(dense(hidden, "decoder", f"decoder_hidden_{number}"))
    scores = dense(hidden, "decoder", "pixels").reshape(6, 4, 3, 1)
    np.testing.assert_allclose(outputs["scores"], scores, rtol=1e-4, atol=1e-4)


def test_decoder_mirrors_the_encoder() -> None:
    model = _build(hidden_units=(7, 5))
    widths = [layer.units for layer in model.get_layer("decoder").layers if hasattr(layer, "units")]
    assert widths == [5, 7, 12]


def test_a_drawn_code_has_the_mean_and_the_variance_it_was_given() -> None:
    mean = np.tile(np.array([[-1.0, 0.0, 2.0]], np.float32), (20_000, 1))
    log_variance = np.tile(np.log(np.array([[0.25, 1.0, 4.0]], np.float32)), (20_000, 1))
    layer = GaussianSample(seed=3)
    drawn = np.asarray(layer([mean, log_variance], training=True))
    # Five standard errors: of a mean s / sqrt(n), of a variance s^2 sqrt(2 / n).
    deviation = np.array([0.5, 1.0, 2.0])
    assert np.all(np.abs(drawn.mean(axis=0) - mean[0]) < 5 * deviation / np.sqrt(20_000))
    assert np.all(np.abs(drawn.var(axis=0) - deviation**2) < 5 * deviation**2 * 0.01)
    np.testing.assert_allclose(np.corrcoef(drawn.T), np.eye(3), atol=0.05)
    again = np.asarray(layer([mean, log_variance], training=True))
    assert not np.array_equal(again, drawn)
    np.testing.assert_array_equal(layer([mean, log_variance], training=False), mean)


@pytest.mark.parametrize("kind", ["variational", "denoising"])
def test_only_training_is_random(kind: str) -> None:
    model = _build(kind=kind, noise=0.5)
    images = np.random.default_rng(1).random((6, 4, 3, 1), np.float32)
    calm = np.asarray(model(images)["scores"])
    np.testing.assert_array_equal(calm, model(images)["scores"])
    first, second = (np.asarray(model(images, training=True)["scores"]) for _ in range(2))
    assert np.abs(first - calm).max() > 0.1
    assert np.abs(first - second).max() > 0.1


def test_the_noise_has_its_deviation() -> None:
    noise = _build(kind="denoising", noise=0.25).get_layer("noise")
    images = np.full((4000, 4, 3, 1), 0.5, np.float32)
    drawn = np.asarray(noise(images, training=True)) - images
    assert np.std(drawn) == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("kind", ["variational", "denoising"])
def test_operations_are_those_of_the_dense_layers(kind: str) -> None:
    dense = [(12, 7), (7, 5), (5, 3), (3, 5), (5, 7), (7, 12)]
    dense += [(5, 3)] if kind == "variational" else []
    assert flops_per_example(_build(kind=kind)) == sum(2 * m * n + n for m, n in dense)


def test_a_copy_continues_the_noise_where_it_stood() -> None:
    model = _build()
    images = np.random.default_rng(1).random((6, 4, 3, 1), np.float32)
    copy = zoo.create_model(
        "autoencoder",
        num_classes=10,
        input_shape=(4, 3, 1),
        hidden_units=(7, 5),
        latent_dim=3,
        activation="tanh",
    )
    model(images, training=True)
    for variable, value in zip(copy.variables, model.variables, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal(
        model(images, training=True)["scores"], copy(images, training=True)["scores"]
    )
