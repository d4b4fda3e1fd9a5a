"""The adversarial pair: its two halves, what it refuses, and its weights' beginning."""

import keras
import numpy as np
import pytest

import zoo
from zoo.gan import leaky


def build(**options):
    return zoo.create_model("gan", num_classes=10, input_shape=(28, 28, 1), **options)


def latents(count, size=64):
    return np.random.default_rng(0).standard_normal((count, size), np.float32)


def test_the_whole_is_its_two_halves_one_after_the_other():
    model = build()
    outputs = model.predict_on_batch(latents(3))
    images = model.get_layer("generator").predict_on_batch(latents(3))
    np.testing.assert_array_equal(outputs["images"], images)
    scores = model.get_layer("discriminator").predict_on_batch(images)
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-6)
    assert 0 < images.min() < images.max() < 1


def test_no_image_changes_the_score_of_another():
    discriminator = build().get_layer("discriminator")
    images = np.random.default_rng(1).random((6, 28, 28, 1), np.float32)
    together = discriminator(images, training=False)
    alone = discriminator(images[:1], training=False)
    np.testing.assert_allclose(together[:1], alone, rtol=1e-5, atol=1e-7)


def test_dropout_is_in_the_discriminator_alone():
    def kinds(model, name):
        return {type(layer).__name__ for layer in model.get_layer(name).layers}

    assert "Dropout" in kinds(build(), "discriminator")
    assert "Dropout" not in kinds(build(), "generator")
    assert "Dropout" not in kinds(build(dropout=0.0), "discriminator")
    assert "BatchNormalization" not in kinds(build(normalization="batch"), "discriminator")


def test_kernels_start_from_the_papers_deviation():
    kernels = [each for each in build().trainable_variables if each.name == "kernel"]
    assert len(kernels) == 6
    values = np.concatenate([np.ravel(kernel.numpy()) for kernel in kernels])
    assert values.std() == pytest.approx(0.02, rel=0.01)
    assert abs(values.mean()) < 3e-4


def test_leaky_rectifier_has_the_papers_slope():
    np.testing.assert_allclose(leaky(keras.ops.array([-5.0, 0.0, 5.0])), [-1.0, 0.0, 5.0])


@pytest.mark.parametrize("shape", [(27, 28, 1), (28, 30, 1), (2, 2, 3)])
def test_sizes_that_cannot_be_halved_twice_are_refused_in_one_line(shape):
    with pytest.raises(zoo.ModelOptionError) as caught:
        zoo.create_model("gan", num_classes=10, input_shape=shape)
    assert str(caught.value) == (
        f"model 'gan' got images of {shape[0]} x {shape[1]} pixels; allowed: both divisible by 4; "
        "choose another dataset, or pad the images"
    )
