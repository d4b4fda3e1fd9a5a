"""What a classifier and a regression leave to look at in TensorBoard."""

import csv
import io
import itertools

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

import configs
import datasets
from trainers.engine.hooks import Moment
from trainers.output.lettering import shortened, width_of
from trainers.output.theme import colour
from trainers.problems.supervised.answers import confusion
from trainers.problems.supervised.drawing import (
    confusion_picture,
    mistakes_picture,
    scatter_picture,
)
from trainers.problems.supervised.pictures import picture_hooks

LOOKED_AT = ["--report", "true"]


def rgb(role):
    return tuple(bytes.fromhex(colour(role)[1:]))


def colours(pixels):
    return {tuple(pixel) for pixel in pixels.reshape(-1, 3)}


@pytest.fixture(scope="module")
def digits_run(train_here, small_arguments, tmp_path_factory):
    """Two validations of pictures."""
    folder = tmp_path_factory.mktemp("digits") / "run"
    return folder, train_here(folder, *small_arguments, *LOOKED_AT, "--epochs", "2")


@pytest.fixture(scope="module")
def iris_run(train_here, tmp_path_factory):
    """Five validations of data that are no pictures."""
    folder = tmp_path_factory.mktemp("iris") / "run"
    arguments = ["--model", "mlp", "--dataset", "iris", "--model.hidden-units", "4"]
    every = ["--steps", "10", "--evaluate-every-steps", "2", "--schedule", "constant"]
    return folder, train_here(folder, *arguments, *every, *LOOKED_AT, "--warmup-steps", "0")


def picture(value):
    return np.asarray(Image.open(io.BytesIO(tf.make_ndarray(value.tensor)[2])))


def test_confusion_and_curves_are_of_validation_and_of_the_best_weights_on_test(
    digits_run, events_of
):
    folder, summary = digits_run
    best = summary["best_step"]
    curves = {f"precision_recall/{number}" for number in range(10)}
    own, now = events_of(folder, "."), events_of(folder, "validation")
    for events, steps in ((own, [best]), (now, [34, 68])):
        for tag in ("confusion", "worst_mistakes", *curves):
            assert [step for name, step in events if name == tag] == steps
    counts = tf.make_ndarray(own["precision_recall/3", best].tensor)
    assert counts.shape == (6, 101)
    # All 360 test examples, of which the threshold 0 takes every one.
    assert counts[:4].sum(axis=0).tolist() == [360] * 101
    assert own["confusion", best].metadata.display_name == "Confusion matrix"
    assert picture(own["confusion", best]).shape[-1] == 3


def test_validations_are_looked_at_seldom(iris_run, events_of):
    events = events_of(iris_run[0], "validation")
    assert [step for tag, step in events if tag == "confusion"] == [2, 4, 8]
    assert [step for tag, step in events if tag == "loss"] == [2, 4, 6, 8, 10]


def test_mistakes_of_examples_that_are_no_pictures_are_a_table(iris_run, events_of):
    folder, summary = iris_run
    events = events_of(folder, ".")
    text = tf.make_ndarray(events["worst_mistakes", summary["best_step"]].tensor).item().decode()
    header, _, *rows = text.splitlines()
    assert header == "| example | is | taken for | inputs |"
    wrong = round((1 - summary["best"]["test"]["accuracy"]) * 30)
    assert len(rows) == min(24, wrong) > 0
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[0].isdecimal()
    assert {cells[1].split()[0], cells[2].split()[0]} <= {"setosa", "versicolor", "virginica"}
    assert len(cells[3].split()) == 4
    gaps = [
        float(row.split("|")[3].split()[-1]) - float(row.split("|")[2].split()[-1]) for row in rows
    ]
    # Each of two probabilities is told to a hundredth.
    assert all(after <= before + 0.021 for before, after in itertools.pairwise(gaps))


def test_projector_has_the_last_hidden_layer_with_what_was_said(digits_run):
    folder, _ = digits_run
    text = (folder / "projector_config.pbtxt").read_text(encoding="utf-8")
    (embedding,) = text_format.Parse(text, ProjectorConfig()).embeddings
    assert embedding.tensor_name == "last_hidden_layer"
    assert list(embedding.tensor_shape) == [300, 8]
    points = np.loadtxt(folder / embedding.tensor_path)
    assert points.shape == (300, 8)
    with (folder / embedding.metadata_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 300
    for row in rows:
        assert (row["right"] == "right") == (row["class"] == row["taken_for"])
    assert (folder / embedding.sprite.image_path).is_file()


class Shown:
    """Keeps what a hook shows, by name."""

    def __init__(self):
        self.images_of = {}

    def images(self, name, images, step, where="train"):
        self.images_of[name, where, step] = images

    def text(self, *_, **__):
        pass

    def precision_recall(self, *_, **__):
        pass


def test_pictures_are_of_the_model_of_the_moment(make_step, tmp_path):
    """Where seeds share what is compiled, that is not the one the hooks were made beside."""
    dataset, shown = datasets.load("iris"), Shown()
    hooks = picture_hooks(make_step(features=4), "classes", configs.Config(epochs=1), dataset)
    other, split = make_step(features=4, hidden=3).model, dataset.splits["validation"]
    hooks.on_validation[0](Moment(tmp_path, shown, 7, other))
    said = np.asarray(other(split.inputs)).argmax(axis=1)
    counts = confusion(split.targets, said, 3)
    expected = confusion_picture(counts, dataset.class_names)
    np.testing.assert_array_equal(shown.images_of["confusion", "validation", 7][0], expected)


def test_regression_shows_answers_over_targets(train_here, tmp_path, events_of):
    arguments = ["--model", "linear_regression", "--steps", "2"]
    summary = train_here(tmp_path / "run", *arguments, *LOOKED_AT)
    events = events_of(tmp_path / "run", ".")
    shown = picture(events["predicted_over_true", summary["best_step"]])
    assert rgb("train") in colours(shown)


def test_confusion_is_green_where_right_and_red_where_wrong():
    pixels = confusion_picture(np.array([[4, 0], [4, 0]]), ["yes", "no"])
    assert {rgb("test"), rgb("wrong")} <= colours(pixels)
    assert rgb("wrong") not in colours(confusion_picture(np.diag([4, 3]), ["yes", "no"]))


def test_confusion_of_very_many_classes_is_a_map_of_cells():
    counts = np.eye(200, dtype=np.int64)
    pixels = confusion_picture(counts, [str(number) for number in range(200)])
    assert pixels.shape == (400, 400, 3)
    assert tuple(pixels[3, 3]) == rgb("test")
    assert tuple(pixels[3, 9]) == rgb("paper")


def test_mistakes_show_pictures_in_any_range_and_colour():
    for channels in (1, 3):
        images = np.zeros((7, 8, 8, channels), np.float32)
        images[:, :4] = 200.0
        pixels = mistakes_picture(images, [("is a 0.1", "said b 0.9")] * 7)
        assert (255, 255, 255) in colours(pixels)
        assert (0, 0, 0) in colours(pixels)


def test_scatter_of_equal_answers_is_drawn():
    assert rgb("train") in colours(scatter_picture(np.ones(3), np.ones(3), "price"))


def test_long_names_are_shortened_to_their_room():
    assert shortened("cat", 100) == "cat"
    short = shortened("a very long name of a class", 60)
    assert short.endswith("…")
    assert width_of(short) <= 60
