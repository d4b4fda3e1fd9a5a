"""What an example of each class counts in training, and which examples those are."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import configs
import datasets
from trainers.assembly.class_weights import by_class, read, told, weighted
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.engine.batch import Batch
from trainers.errors import CheckpointError
from trainers.problems import catalogue as problems

CLASSIFICATION = problems.find("classification")
RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(120, 3))
Y = np.repeat(["cat", "dog", "eel"], [80, 30, 10])


def weights(text, dataset):
    loss = configs.LossConfig(class_weights=text)
    return by_class(configs.Config(loss=loss), CLASSIFICATION, dataset)


def test_balanced_weights_are_n_over_the_classes_times_their_counts():
    data = datasets.from_arrays(X, Y)
    targets = data.splits["train"].targets
    counts = np.array([np.sum(targets == number) for number in range(3)])
    expected = len(targets) / (3 * counts)
    np.testing.assert_allclose(weights("balanced", data), expected, rtol=1e-6)
    assert np.mean(expected[targets]) == pytest.approx(1)


def test_a_class_without_training_examples_takes_no_share():
    test = (X[:2], np.array(["fox", "cat"]))
    data = datasets.from_arrays(X[:110], Y[:110], validation=(X[110:], Y[110:]), test=test)
    assert data.class_names == ("cat", "dog", "eel", "fox")
    balanced = weights("balanced", data)
    np.testing.assert_allclose(balanced[:2], [110 / (2 * 80), 110 / (2 * 30)], rtol=1e-6)


@pytest.mark.parametrize("text", ["{dog: 2.5, eel: 4}", "dog: 2.5, eel: 4"])
@pytest.mark.parametrize("gib", [2.0, 0.0])
def test_weights_by_name_multiply_those_of_train_alone(text, gib):
    from datasets.own.request import OwnRequest

    own = RANDOM.uniform(0.5, 2, 120).astype(np.float32)
    request = OwnRequest("arrays", None, max_resident_gib=gib)
    data = datasets.from_arrays(X, Y, weights=own, request=request)
    config = configs.Config(loss=configs.LossConfig(class_weights=text))
    heavier = weighted(config, CLASSIFICATION, data).splits
    factor = np.array([1, 2.5, 4], np.float32)[data.splits["train"].targets]
    np.testing.assert_array_equal(heavier["train"].weights, own[data.rows["train"]] * factor)
    assert heavier["test"] is data.splits["test"]
    assert heavier["train"].resident == (gib > 0)
    assert told(config, CLASSIFICATION, data) == [
        "in training an example of a class counts cat: 1, dog: 2.5, eel: 4"
    ]


def test_a_weight_of_two_is_an_example_twice(make_step):
    step = make_step(features=3, hidden=4)
    inputs, targets = X[:9].astype(np.float32), np.arange(9, dtype=np.int32) % 3
    twice = np.concatenate([np.arange(9), np.flatnonzero(targets == 1)])
    gradients = []
    for rows, weight in ((np.arange(9), np.where(targets == 1, 2, 1)), (twice, np.ones(12))):
        batch = Batch(*map(tf.constant, (inputs[rows], targets[rows], weight.astype(np.float32))))
        gradients.append(step.gradients(batch, tf.range(len(rows))).values)
    for heavier, repeated in zip(*gradients, strict=True):
        np.testing.assert_allclose(heavier, repeated, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("balance", "did you mean 'balanced'"),
        ("[1, 2]", "allowed: balanced, or a weight"),
        ("{cat: heavy}", "allowed: balanced, or a weight"),
        ("{cat: 1", "allowed: balanced, or a weight"),
        ("{cat: 0}", "gives 'cat' the weight 0, allowed is above 0"),
        ("{cat: .inf}", "allowed: balanced, or a weight"),
        ("{cat: inf}", "allowed is above 0"),
    ],
)
def test_what_are_no_weights_is_refused_before_the_data(text, told):
    with pytest.raises(configs.ConfigError, match="class_weights") as caught:
        read(configs.Config(loss=configs.LossConfig(class_weights=text)), CLASSIFICATION)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_class_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(configs.ConfigError, match=r"no class of 'arrays'.*did you mean 'eel'"):
        weights("{eels: 2}", datasets.from_arrays(X, Y))


@pytest.mark.parametrize("model", ["linear_regression", "lstm", "autoencoder", "char_lstm"])
def test_models_that_tell_no_classes_apart_refuse_them(model):
    config = configs.recipe(model, loss={"class_weights": "balanced"})
    with pytest.raises(configs.ConfigError, match="leave --class-weights out"):
        resolve(config)


def test_data_with_numbers_for_targets_refuse_them(tmp_path):
    np.savez(tmp_path / "a.npz", X=X, y=X[:, 0])
    data = {"name": "arrays", "data_path": str(tmp_path / "a.npz")}
    plan = resolve(configs.recipe("mlp", dataset=data, loss={"class_weights": "balanced"}), ())
    with pytest.raises(configs.ConfigError, match="leave --class-weights out"):
        load_data(plan)


@pytest.fixture(scope="module")
def weighted_run(train_here, tmp_path_factory):
    """A run of two epochs, of arrays in a file: (folder, summary, its arguments)."""
    folder = tmp_path_factory.mktemp("weighted")
    np.savez(folder / "own.npz", X=X, y=Y)
    arguments = ["--model", "perceptron", "--dataset", "arrays", "--data-path"]
    arguments += [str(folder / "own.npz"), "--class-weights", "balanced", "--batch-size", "16"]
    arguments += ["--schedule", "constant", "--warmup-steps", "0", "--split-seed", "4"]
    return folder, train_here(folder / "run", *arguments, "--epochs", "2"), arguments


def test_a_run_keeps_which_rows_were_where(weighted_run):
    folder, _, _ = weighted_run
    saved = json.loads((folder / "run" / "splits.json").read_text(encoding="utf-8"))
    data = datasets.load("arrays", data_path=folder / "own.npz", split_seed=4)
    assert saved["rows"] == {name: rows.tolist() for name, rows in data.rows.items()}
    assert (saved["split_seed"], saved["validation_fraction"]) == (4, 0.1)
    assert saved["fingerprint"] == data.fingerprint


def test_a_resumed_run_has_the_rows_it_had(weighted_run, train_here, tmp_path, capsys):
    run = shutil.copytree(weighted_run[0] / "run", tmp_path / "run")
    saved = (run / "splits.json").read_text(encoding="utf-8")
    (run / "splits.json").write_text("{}", encoding="utf-8")
    train_here(run, "--resume", "--epochs", "3")
    assert (run / "splits.json").read_text(encoding="utf-8") == saved
    told = capsys.readouterr().err
    assert "splits.json is written anew" in told
    assert "note: in training an example of a class counts cat: 0.5" in told


def test_a_file_with_other_rows_is_not_resumed_on(weighted_run, train_here, tmp_path):
    run = shutil.copytree(weighted_run[0] / "run", tmp_path / "run")
    np.savez(tmp_path / "own.npz", X=X[::-1], y=Y)
    with pytest.raises(CheckpointError, match="is not the one the checkpoint was made with"):
        train_here(run, "--resume", "--epochs", "3", "--data-path", str(tmp_path / "own.npz"))


@pytest.mark.slow
def test_class_weights_change_a_run_and_resume_to_the_same_bits(weighted_run, train_here, tmp_path):
    folder, _, arguments = weighted_run
    run = shutil.copytree(folder / "run", tmp_path / "run")
    resumed = train_here(run, "--resume", "--epochs", "4")
    whole = train_here(tmp_path / "whole", *arguments, "--epochs", "4")
    assert resumed["final_weights_sha256"] == whole["final_weights_sha256"]
    unweighted = [word for word in arguments if word not in ("--class-weights", "balanced")]
    plain = train_here(tmp_path / "plain", *unweighted, "--epochs", "4")
    assert plain["final_weights_sha256"] != whole["final_weights_sha256"]


@pytest.mark.slow
def test_replicas_weigh_classes_as_one_device_does(weighted_run, train_here, tmp_path):
    _, summary, arguments = weighted_run
    shared = train_here(tmp_path / "shared", *arguments, "--epochs", "2", "--replicas", "2")
    assert shared["final"]["test"]["loss"] == pytest.approx(
        summary["final"]["test"]["loss"], rel=1e-4
    )
