"""The adversarial pair: its two halves, what it refuses, and its weights' beginning."""

import keras
import numpy as np
import pytest

import zoo
from zoo.adversarial import gan
from zoo.adversarial.leaky import leaky
from zoo.adversarial.packing import Pack


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


def of_points(**options):
    return zoo.create_model("gan", num_classes=8, input_shape=(2,), latent_dim=3, **options)


def test_of_points_the_whole_is_its_two_halves_too():
    model = of_points(generator_units=(5,), discriminator_units=(4, 3))
    outputs = model.predict_on_batch(latents(6, 3))
    points = model.get_layer("generator").predict_on_batch(latents(6, 3))
    np.testing.assert_array_equal(outputs["points"], points)
    scores = model.get_layer("discriminator").predict_on_batch(points)
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-7)
    assert points.shape == (6, 2)


def test_maxout_unit_is_the_largest_of_its_sums():
    discriminator = of_points(
        discriminator_units=(4,), maxout_pieces=3, dropout=0.0, initializer="glorot"
    ).get_layer("discriminator")
    points = latents(5, 2)
    kernel, bias, out, offset = (each.numpy() for each in discriminator.trainable_variables)
    bias[:] = np.linspace(-1, 1, 12)
    discriminator.trainable_variables[1].assign(bias)
    # Unit by unit: max_k (x W_k + b_k).
    sums = [[points @ kernel[:, 3 * j + k] + bias[3 * j + k] for k in range(3)] for j in range(4)]
    hidden = np.array(sums).max(axis=1).T
    np.testing.assert_allclose(discriminator(points), hidden @ out + offset, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(2,), (4, 4, 1)], ids=["points", "images"])
def test_a_pack_gets_one_score_and_an_incomplete_one_is_filled_from_the_beginning(shape):
    model = zoo.create_model("gan", num_classes=8, input_shape=shape, pack=3, initializer="glorot")
    judge = model.get_layer("discriminator")
    examples = np.random.default_rng(2).random((5, *shape), np.float32)
    scores = np.asarray(judge(examples))
    assert scores.shape == (5, 1)
    assert scores[0] == scores[1] == scores[2] != scores[3] == scores[4]
    filled = judge(examples[[3, 4, 0]])
    np.testing.assert_allclose(scores[3:], filled[:2], rtol=1e-6)
    # Another example of the pack changes the score of the first, one of another pack does not.
    examples[2] += 1
    changed = np.asarray(judge(examples))
    assert changed[0] != scores[0]
    assert changed[3] == scores[3]
    one = np.asarray(judge(examples[:1]))
    np.testing.assert_allclose(one, judge(examples[[0, 0, 0]])[:1], rtol=1e-6)


def test_packed_channels_are_those_of_each_example_in_turn():
    images = np.arange(2 * 2 * 2 * 3, dtype=np.float32).reshape(2, 2, 2, 3)
    packs = Pack(2)(images)
    np.testing.assert_array_equal(packs[0], np.concatenate([images[0], images[1]], axis=-1))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (
            (4,),
            {},
            "got rows of 4 numbers; allowed: images, or points of 2 numbers; choose another "
            "dataset, e.g. ring or digits",
        ),
        (
            (2,),
            {"filters": 8},
            "got filters=8, which changes nothing where it draws points; leave it out, or choose a "
            "dataset of images",
        ),
        (
            (8, 8, 1),
            {"maxout_pieces": 5},
            "got maxout_pieces=5, which changes nothing where it draws images; leave it out, or "
            "choose a dataset of points",
        ),
    ],
)
def test_what_fits_the_other_kind_of_data_is_refused_in_one_line(shape, options, message):
    with pytest.raises(zoo.ModelOptionError) as caught:
        zoo.create_model("gan", num_classes=10, input_shape=shape, **options)
    assert str(caught.value) == f"model 'gan' {message}"


def test_options_that_are_refused_elsewhere_are_left_at_the_builders_defaults():
    options = zoo.model_options("gan")
    for name, default in {**gan._OF_IMAGES, **gan._OF_POINTS}.items():
        assert options[name].default == default
