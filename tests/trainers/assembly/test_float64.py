"""`--precision float64`: data, weights and arithmetic have 53 bits, from the file to the answer."""

import numpy as np
import pandas as pd
import pytest

import configs
import datasets
import trainers
import zoo
from datasets.embedded import longley as longley_data
from trainers import run
from trainers.api.fit import open as opened
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.runs import checkpoints

# NIST Statistical Reference Datasets, Longley: the intercept first.
CERTIFIED = [
    -3482258.63459582,
    15.0618722713733,
    -0.0358191792925910,
    -2.02022980381683,
    -1.03322686717359,
    -0.0511041056535807,
    1829.15146461355,
]
EXACT = ["--model", "linear_regression", "--optimizer", "newton", "--optimizer.damping", "0"]
EXACT += ["--steps", "3", "--batch-size", "full", "--precision", "float64", "--histograms", "false"]


def coefficients(folder):
    """Return what least squares found, intercept first, in the units of the features."""
    model = zoo.load_model(folder / "model.keras")
    kernel, bias = (np.asarray(each) for each in zoo.trained_model(model).get_weights())
    assert kernel.dtype == model.output.dtype == "float64"
    inputs = zoo.described(model)["inputs"]
    slopes = kernel[:, 0] / np.array(inputs["deviation"])
    return [bias[0] - slopes @ np.array(inputs["mean"]), *slopes]


@pytest.fixture(scope="module")
def longley(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("longley") / "run"
    return folder, train_here(folder, *EXACT, "--dataset", "longley")


def test_certified_coefficients_are_found_to_twelve_digits(longley):
    np.testing.assert_allclose(coefficients(longley[0]), CERTIFIED, rtol=1e-12)


def test_checkpoints_resume_predictions_and_figures_stay_float64(longley, train_here):
    folder, summary = longley
    arrays = checkpoints.load_newest(folder / "checkpoints").arrays
    assert {arrays[key].dtype for key in arrays if key.startswith("model/")} == {np.dtype(float)}
    again = train_here(folder, "--resume", "--steps", "3")
    assert again["final_weights_sha256"] == summary["final_weights_sha256"]
    found = opened(folder)
    assert found.evaluate("test")["loss"] == pytest.approx(
        summary["best"]["test"]["loss"], rel=1e-9
    )
    data = load_data(resolve(found.config)).dataset
    assert {array.dtype for _, array in data.splits["train"].arrays()} == {np.dtype(float)}
    plain = datasets.load("longley").splits["train"]
    assert {array.dtype for _, array in plain.arrays()} == {np.dtype(np.float32)}


def test_least_squares_on_all_rows_gives_the_published_coefficients(train_here, tmp_path):
    """Efron et al. 2004, table 1: of columns with mean 0 and length 1."""
    folder = tmp_path / "run"
    summary = train_here(folder, *EXACT, "--dataset", "diabetes", "--train-on", "all")
    assert summary["training_examples"] == 442
    printed = [-10.0, -239.8, 519.8, 324.4, -792.2, 476.7, 101.0, 177.1, 751.3, 67.6]
    every = datasets.load("diabetes")
    inputs = every.preparation["inputs"]
    raw = np.concatenate([each.inputs for each in every.splits.values()]).astype(float)
    raw = raw * np.array(inputs["deviation"]) + np.array(inputs["mean"])
    slopes = np.array(coefficients(folder)[1:])
    lengths = np.sqrt(((raw - raw.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(slopes * lengths, printed, atol=0.06)


def own_coefficients(folder, features):
    """Return the same of a model whose targets were standardized too, in the targets' units."""
    model = zoo.load_model(folder / "model.keras")
    kernel, bias = (np.asarray(each) for each in zoo.trained_model(model).get_weights())
    told = zoo.described(model)
    inputs, (mean,), (deviation,) = (
        told["inputs"],
        told["outputs"]["mean"],
        told["outputs"]["deviation"],
    )
    columns = inputs.get("columns") or [
        {"mean": at, "deviation": scale}
        for at, scale in zip(inputs["mean"], inputs["deviation"], strict=True)
    ]
    assert len(columns) == features
    slopes = kernel[:, 0] * deviation / np.array([each["deviation"] for each in columns])
    means = np.array([each["mean"] for each in columns])
    return [bias[0] * deviation + mean - slopes @ means, *slopes]


def written(kind, path):
    """Write Longley's table as a file of the user's own; return the words that name it."""
    table = np.array(longley_data._ROWS, np.float64)
    if kind == "arrays":
        np.savez(path.with_suffix(".npz"), x=table[:, 1:], y=table[:, 0])
        return ["arrays", "--data-path", str(path.with_suffix(".npz"))]
    names = ["employed", *longley_data.FEATURE_NAMES]
    frame = pd.DataFrame(table, columns=names)
    if kind == "parquet":
        frame.to_parquet(path.with_suffix(".parquet"), index=False)
    elif kind == "npz":
        np.savez(path.with_suffix(".npz"), **{name: frame[name].to_numpy() for name in names})
    else:
        frame.to_csv(path.with_suffix(".csv"), index=False)
    file = path.with_suffix(f".{kind}")
    return ["table", "--data-path", str(file), "--target", "employed"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz", "arrays"])
def test_ones_own_files_keep_all_their_digits(kind, train_here, tmp_path):
    data = written(kind, tmp_path / "longley")
    words = ["--task", "regression", "--train-on", "all", "--dataset", *data]
    train_here(tmp_path / "run", *EXACT, *words)
    np.testing.assert_allclose(own_coefficients(tmp_path / "run", 6), CERTIFIED, rtol=1e-10)


def test_data_in_memory_keep_all_their_digits_too(tmp_path):
    table = np.array(longley_data._ROWS, np.float64)
    settings = {"optimizer": "newton", "steps": 3, "batch_size": "full", "histograms": False}
    settings |= {"precision": "float64", "train_on": "all", "task": "regression", "damping": 0}
    fitted = trainers.fit(
        "linear_regression",
        (table[:, 1:], table[:, 0]),
        run_dir=tmp_path / "run",
        verbose=False,
        **settings,
    )
    np.testing.assert_allclose(own_coefficients(fitted.path, 6), CERTIFIED, rtol=1e-10)


@pytest.mark.parametrize("model", ["mlp", "cnn", "lstm_classifier"])
def test_models_of_other_data_compute_in_it_too(model, train_here, tmp_path):
    words = ["--model", model, "--precision", "float64", "--steps", "2", "--histograms", "false"]
    summary = train_here(tmp_path / "run", *words)
    assert np.isfinite(summary["final"]["test"]["loss"])
    predicted = opened(tmp_path / "run").predict(np.zeros((2, 8, 8, 1), np.uint8))
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-6)


REFUSED = {
    "--model gan --precision float64": "for models that predict classes or numbers",
    "--model policy --precision float64": "precision",
    "--model char_lstm --precision float64 --train-on all": "precision",
    "--model policy --train-on all": "is an environment",
}


@pytest.mark.parametrize("words", sorted(REFUSED))
def test_what_gains_nothing_is_refused_in_one_line(words, tmp_path):
    with pytest.raises((configs.ConfigError, datasets.DataError)) as caught:
        run.main([*words.split(), "--epochs", "1", "--run-dir", str(tmp_path / "run")])
    code, message = describe(caught.value)
    assert code == 2
    assert REFUSED[words] in message
    assert "\n" not in message
    assert not (tmp_path / "run").exists()
