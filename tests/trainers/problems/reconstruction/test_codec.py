"""Codes: encoding, their neighbours and their map, and what a run leaves to look at."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import datasets
import zoo
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.reconstruction import pictures, problem
from trainers.problems.reconstruction.codec import Codec
from trainers.problems.reconstruction.evaluation import CodeEvaluation
from trainers.problems.reconstruction.latent_map import principal_plane
from trainers.problems.reconstruction.losses import make_distance
from trainers.problems.reconstruction.step import ReconstructionStep


def make_codec():
    model = zoo.create_model("autoencoder", num_classes=3, input_shape=(4, 4, 1), latent_dim=2)
    weights = OptimizedWeights(keras.optimizers.SGD(), model.trainable_variables)
    return Codec(ReconstructionStep(model, weights, make_distance("mse")))


def make_dataset(**changes):
    random = np.random.default_rng(4)
    splits = {
        name: datasets.Split(
            random.random((size, 4, 4, 1), np.float32),
            random.integers(0, 3, size, np.int32),
            np.ones(size, np.float32),
        )
        for name, size in (("train", 60), ("validation", 25), ("test", 25))
    }
    fields = {"name": "random", "version": "1", "task": "classification", "num_classes": 3}
    fields |= {"input_shape": (4, 4, 1), "class_names": tuple("abc"), "splits": splits}
    return datasets.Dataset(**{**fields, "oracle_loss": {}, "fingerprint": "", **changes})


def test_codec_is_the_model_in_two_halves():
    codec = make_codec()
    # More images than one call takes.
    images = np.random.default_rng(0).random((600, 4, 4, 1), np.float32)
    outputs = codec.step.model(images)
    np.testing.assert_allclose(codec.codes(images), outputs["code"], rtol=1e-5, atol=1e-6)
    drawn = codec.images(codec.codes(images))
    np.testing.assert_allclose(drawn, tf.sigmoid(outputs["scores"]), rtol=1e-5)


class NoMeans:
    def measure(self, split):
        return {"loss": 1.0}


def test_neighbour_accuracy_is_the_vote_of_the_five_nearest():
    codec, data = make_codec(), make_dataset()
    figures = CodeEvaluation(NoMeans(), codec, data).measure(data.splits["test"])
    train, test = data.splits["train"], data.splits["test"]

    def accuracy(near, asked):
        right = 0
        for point, wanted in zip(asked, test.targets, strict=True):
            order = np.argsort(np.square(near - point).sum(axis=1))[:5]
            # Of two classes with as many votes, the one of the lower number wins.
            right += int(np.argmax(np.bincount(train.targets[order])) == wanted)
        return right / len(asked)

    assert figures == {
        "loss": 1.0,
        "neighbour_accuracy": accuracy(codec.codes(train.inputs), codec.codes(test.inputs)),
        "pixel_neighbour_accuracy": accuracy(
            train.inputs.reshape(60, 16), test.inputs.reshape(25, 16)
        ),
    }
    assert CodeEvaluation(NoMeans(), codec, data).measure(train) == {"loss": 1.0}


def test_the_map_shows_the_directions_of_largest_variance():
    random = np.random.default_rng(5)
    codes = random.normal(size=(50, 4)) @ np.diag([1.0, 5.0, 0.5, 3.0]) + 7
    places, shares = principal_plane(codes)
    variances = np.linalg.eigvalsh(np.cov(codes.T))[::-1]
    np.testing.assert_allclose(np.cov(places.T), np.diag(variances[:2]), atol=1e-9)
    np.testing.assert_allclose(shares, variances[:2] / variances.sum())
    np.testing.assert_array_equal(principal_plane(codes[:, :2])[0], codes[:, :2])
    np.testing.assert_array_equal(principal_plane(codes[:, :1])[0][:, 1], 0)


class Looked:
    """Stands for a codec, and keeps the images whose codes were asked for."""

    images = None

    def codes(self, images):
        self.seen = images
        raise KeyboardInterrupt  # what is drawn of them is another matter


@pytest.mark.parametrize("picture", ["_between", "_map", "_reconstructions"])
def test_pictures_of_sorted_images_show_every_class(picture, monkeypatch):
    monkeypatch.setattr(pictures, "_MAPPED", 100)
    classes = np.repeat(np.arange(3, dtype=np.int32), 200)
    images = np.zeros((600, 4, 4, 1), np.float32) + classes[:, None, None, None]
    split = datasets.Split(images, classes, np.ones(600, np.float32))
    data = make_dataset(splits=dict.fromkeys(("train", "validation", "test"), split))
    looked = Looked()
    looked.step = make_codec().step
    looked.noisy = lambda noisy: noisy
    more = {"_between": (), "_map": (True,), "_reconstructions": ("test", None)}[picture]
    with pytest.raises(KeyboardInterrupt):
        getattr(pictures, picture)(looked, data, *more)(None)
    assert set(looked.seen.ravel()) == {0, 1, 2}


def test_values_that_are_no_pixels_are_found_behind_those_that_are():
    train = make_dataset().splits["train"]
    inputs = np.concatenate([np.full((2000, 4, 4, 1), value, np.float32) for value in (0.5, 3.0)])
    split = datasets.Split(inputs, np.zeros(4000, np.int32), np.ones(4000, np.float32))
    problem._check_pixels(make_dataset(splits={"train": train}))
    with pytest.raises(datasets.DataError, match=r"has values from 0\.5 to 3; use a dataset"):
        problem._check_pixels(make_dataset(splits={"train": split}))


SHORT = ["--model", "autoencoder", "--schedule", "constant", "--evaluate-every-steps", "68"]
SHORT += [
    "--log-every-steps",
    "34",
    "--compile",
    "graph",
    "--batch-size",
    "32",
    "--histograms",
    "true",
]


@pytest.fixture(scope="module")
def short_run(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("autoencoder") / "run"
    return folder, train_here(folder, *SHORT, "--epochs", "4")


def test_short_run_beats_the_mean_image(short_run, rows_of):
    folder, summary = short_run
    data = datasets.load("digits", scratch=True)
    test = data.splits["test"].inputs
    of_mean = np.square(test - data.splits["train"].inputs.mean(axis=0)).mean()
    assert of_mean == pytest.approx(0.0741, abs=1e-4)
    assert summary["best"]["test"]["mean_squared_error"] < 0.8 * of_mean
    rows = rows_of(folder)
    assert rows["train", "loss", 136] < 0.9 * rows["train", "loss", 34]
    for split, step in (("train", 136), ("validation", 136)):
        total = rows[split, "reconstruction", step] + rows[split, "kl", step]
        assert rows[split, "loss", step] == pytest.approx(total, rel=1e-6)
    # Codes that tell nothing would be right in a tenth of the cases.
    assert summary["best"]["test"]["neighbour_accuracy"] > 0.6


def test_run_leaves_its_pictures_and_the_projectors_points(short_run, events_of):
    folder, _ = short_run
    assert {path.name for path in (folder / "samples").iterdir()} == {
        *(f"step-{step:09d}.png" for step in (68, 136)),
        *("reconstructions.png", "prior.png", "interpolation.png", "map.png"),
    }
    tags = {tag for tag, _ in events_of(folder, "train")}
    shown = {"reconstructions_validation", "reconstructions_test", "prior", "interpolation", "map"}
    assert shown <= tags
    assert {"activations/encoder/encoder_hidden_1", "activations/decoder/decoder_hidden_1"} <= tags
    points = np.loadtxt(folder / "train" / "projector" / "codes.tsv", delimiter="\t")
    model = zoo.load_model(folder / "model.keras")
    test = datasets.load("digits", scratch=True).splits["test"]
    codes = np.asarray(model(np.rint(test.inputs * 16).astype(np.uint8))["code"])
    np.testing.assert_allclose(points, codes, rtol=1e-5, atol=1e-5)
    rows = (folder / "train" / "projector" / "examples.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows] == [str(number) for number in test.targets]


@pytest.mark.slow
def test_longer_run_is_the_continued_one(short_run, train_here, tmp_path):
    continued = shutil.copytree(short_run[0], tmp_path / "continued")
    longer = train_here(continued, "--resume", "--epochs", "5")
    straight = train_here(tmp_path / "straight", *SHORT, "--epochs", "5", "--histograms", "false")
    assert longer["final_weights_sha256"] == straight["final_weights_sha256"]
    assert longer["final"] == straight["final"]


def test_denoising_run_repairs_images(train_here, tmp_path):
    arguments = [*SHORT, "--model.kind", "denoising", "--epochs", "4", "--loss", "mse"]
    summary = train_here(tmp_path / "run", *arguments, "--histograms", "false")
    test = summary["best"]["test"]
    assert test["mean_squared_error"] < test["repaired_mean_squared_error"] < 0.8 * 0.3**2
    assert "kl" not in test
    assert not (tmp_path / "run" / "samples" / "prior.png").exists()
