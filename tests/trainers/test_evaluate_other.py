"""`trainers.evaluate --dataset`: a run measured on data that are not its own."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import configs
import datasets
from datasets.own.request import OwnRequest
from datasets.own.tables import read
from datasets.raw.labelled import _array_classes, read_labelled
from datasets.raw.passages import whole_text
from trainers import evaluate
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import saved_config
from trainers.runs.opened import opened


@pytest.fixture
def figures(capsys):
    """What `trainers.evaluate --json` prints, and its notes."""

    def run(*argv):
        capsys.readouterr()
        evaluate.main([*map(str, argv), "--json"])
        printed = capsys.readouterr()
        return json.loads(printed.out), printed.err

    return run


@pytest.fixture(scope="module")
def some_digits():
    """Raw pictures and classes of some test digits, none of them a 7."""
    test = datasets.load("digits").splits["test"]
    rows = np.flatnonzero(test.targets != 7)[:60]
    raw = np.rint(test.inputs[rows, ..., 0] * 16).astype(np.uint8)
    return test, rows, raw


@pytest.fixture(scope="module")
def wanted(small_run, some_digits):
    """The figures of those digits by the run's own means."""
    run = opened(small_run[0], resolve(saved_config(small_run[0], {})))
    test, rows, _ = some_digits
    part = dataclasses.replace(
        test, inputs=test.inputs[rows], targets=test.targets[rows], weights=test.weights[rows]
    )
    return run.parts.evaluation.measure(part)


def drawn(folder, raw, classes):
    for number, (picture, name) in enumerate(zip(raw, classes, strict=True)):
        (folder / str(name)).mkdir(parents=True, exist_ok=True)
        pixels = np.rint(picture * (255 / 16)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / str(name) / f"{number:03}.png")
    return folder


def test_a_named_dataset_gives_its_split(small_run, figures):
    found, _ = figures(small_run[0], "--dataset", "digits", "--split", "validation")
    headline = small_run[1]["best"]["validation"]
    assert found["split"] == "validation"
    assert {name: found[name] for name in headline} == headline


def test_pictures_are_read_raw_and_matched_by_the_names_of_their_classes(
    small_run, some_digits, wanted, figures, tmp_path
):
    test, rows, raw = some_digits
    folder = drawn(tmp_path / "all", raw, test.targets[rows])
    found, told = figures(small_run[0], "--dataset", "images", "--data-path", folder)
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-6)
    assert found["classes"]["7"]["support"] == 0
    assert found["split"] == "all"
    assert "has no example of 1 of 10 classes: 7" in told
    parted = tmp_path / "parted"
    for split in ("val", "test"):
        shutil.copytree(folder, parted / split)
    shutil.rmtree(parted / "val" / "3")
    argv = ["--dataset", "images", "--data-path", parted, "--split", "validation"]
    found, _ = figures(small_run[0], *argv)
    support = {name: each["support"] for name, each in found["classes"].items()}
    assert found["split"] == "validation"
    assert sum(support.values()) == 60 - (test.targets[rows] == 3).sum()
    assert support["3"] == 0


def test_arrays_give_the_same_figures_without_the_runs_own_data(
    small_run, some_digits, wanted, figures, tmp_path
):
    test, rows, raw = some_digits
    np.savez(tmp_path / "x.npz", X=raw, y=test.targets[rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "load", lambda *_, **__: pytest.fail("the run's data were read"))
        found, _ = figures(small_run[0], "--dataset", "arrays", "--data-path", tmp_path / "x.npz")
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-6)


def test_classes_of_arrays_are_numbers_strings_or_rows_of_one_1():
    names, numbers = ("b", "a", "c"), np.array([2, 0, 1])
    for targets, listed in (
        (numbers, None),
        (np.array(names)[numbers], None),
        (np.eye(3)[numbers], None),
        (np.array([0, 1, 2]), np.array(["c", "b", "a"])),
    ):
        assert _array_classes(targets, listed, names, "x.npz").tolist() == [2, 0, 1]
    with pytest.raises(datasets.DataError, match=r"x\.npz has the class '7'"):
        _array_classes(np.array([7]), None, names, "x.npz")


def test_a_class_that_the_model_does_not_know_is_named(small_run, some_digits, tmp_path):
    folder = drawn(tmp_path, some_digits[2][:2], ["1", "ten"])
    argv = [str(small_run[0]), "--dataset", "images", "--data-path", str(folder)]
    with pytest.raises(datasets.DataError, match="has the class 'ten', which the model does not"):
        evaluate.main(argv)


@pytest.mark.parametrize(
    ("argv", "error", "message"),
    [
        (["--target", "y"], configs.ConfigError, "--target tells how other data are read"),
        (["--dataset", "images"], datasets.DataError, "needs data_path"),
        (["--dataset", "reber"], configs.ConfigError, "model 'mlp' is for classification"),
        (["--dataset", "digit"], datasets.UnknownDatasetError, "did you mean 'digits'"),
        (
            ["--dataset", "table", "--data-path", "t.csv", "--target", "y"],
            datasets.DataError,
            "dataset 'table' is of another kind than the run's data: its model takes pictures",
        ),
        (["--dataset", "text", "--data-path", "t.csv"], configs.ConfigError, "for next_character"),
        (["--dataset", "images", "--data-path", "t.csv"], datasets.DataError, "is no folder"),
    ],
)
def test_other_data_that_cannot_be_meant_are_one_line(
    argv, error, message, small_run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    with pytest.raises(error, match=message):
        evaluate.main([str(small_run[0]), *argv])


def test_a_table_is_measured_in_the_units_of_the_runs_own(train_here, figures, tmp_path):
    random = np.random.default_rng(0)
    size, colour = random.normal(50, 10, 300), random.choice(["red", "blue", ""], 300)
    price, age = size * 3 + (colour == "red") * 20, size - 40
    lines = [
        f"{a:.4f},{b},{c:.5f},{d:.5f}" for a, b, c, d in zip(size, colour, price, age, strict=True)
    ]
    header = "size,colour,price,age"
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    whole.write_text("\n".join([header, *lines]) + "\n")
    argv = ["--model", "linear_regression", "--dataset", "table", "--data-path", str(whole)]
    summary = train_here(tmp_path / "run", *argv, "--target", "price,age", "--epochs", "2")
    rows = read(OwnRequest("table", whole, target="price,age"))["rows"]["test"]
    part.write_text("\n".join([header, *(lines[row] for row in rows)]) + "\n")
    found, _ = figures(tmp_path / "run", "--dataset", "table", "--data-path", part)
    headline = summary["best"]["test"]
    assert found["loss"] == pytest.approx(headline["loss"], rel=1e-6)
    own, _ = figures(tmp_path / "run")
    assert list(found["targets"]) == ["price", "age"]
    for target, values in own["targets"].items():
        for name, value in values.items():
            assert found["targets"][target][name] == pytest.approx(value, rel=1e-5)


def test_a_text_is_read_by_the_symbols_of_the_model(tmp_path):
    (tmp_path / "t.txt").write_text("abcabca")
    split = whole_text(tmp_path / "t.txt", ["a", "b", "\ufffd"], 4)
    assert split.inputs.shape == (8, 4)
    assert split.inputs.reshape(-1)[:7].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert split.targets.reshape(-1)[:6].tolist() == [1, 2, 0, 1, 2, 0]
    assert split.weights.sum() == 6
    with pytest.raises(datasets.DataError, match="has 'c', which the model has not seen"):
        whole_text(tmp_path / "t.txt", ["a", "b"], 4)


@pytest.mark.parametrize(
    ("names", "cells", "expected"),
    [
        (["1", "2", "10"], ["1.0", "10.0", "2"], [0, 2, 1]),
        (["false", "true"], ["True", "FALSE", "true"], [1, 0, 1]),
        (["no", "yes"], ["yes", "no", "yes"], [1, 0, 1]),
        (["1", "1.0"], ["1.0", "1", "1.0"], [1, 0, 1]),
    ],
)
def test_classes_of_a_table_are_named_as_in_training(names, cells, expected, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("size,kind\n" + "".join(f"{row}.5,{cell}\n" for row, cell in enumerate(cells)))
    found = labelled_table(path, names)
    assert found.targets.tolist() == expected
    with pytest.raises(datasets.DataError, match=f"has the class '{cells[0]}', which the model"):
        labelled_table(path, ["other", "another"])


def labelled_table(path, names, **options):
    column = {"name": "size", "kind": "number", "mean": 0.0, "deviation": 1.0, "fill": 0.0}
    preparation = {
        "inputs": {"kind": "table", "columns": [{**column, "indicator": False}]},
        "outputs": {"kind": "classes", "names": names},
    }
    return read_labelled("table", path, preparation, "test", target="kind", **options)


@pytest.mark.parametrize(("weight", "told"), [("-1", "-1.0"), ("", "nan"), ("inf", "inf")])
def test_a_weight_of_a_table_is_a_number_of_0_or_more(weight, told, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"size,kind,w\n1,a,2\n2,b,{weight}\n")
    with pytest.raises(datasets.DataError, match=f"weight column 'w' is {told} in row 2"):
        labelled_table(path, ["a", "b"], weight_column="w")


def test_numbers_that_name_classes_are_not_places_in_their_list():
    assert _array_classes(np.array([9, 3]), None, ("3", "7", "9"), "x.npz").tolist() == [2, 0]
    for numbers in ([0, 1, 2], [1, 2, 3]):
        with pytest.raises(datasets.DataError, match="which the model does not know"):
            _array_classes(np.array(numbers), None, ("3", "7", "9"), "x.npz")
    with pytest.raises(datasets.DataError, match="fractions or NaN"):
        _array_classes(np.array([0.0, 1.5]), None, ("a", "b"), "x.npz")


def test_arrays_without_the_split_are_not_measured_on_another(tmp_path):
    x = np.zeros((4, 2), np.float32)
    np.savez(tmp_path / "x.npz", x_train=x, y_train=[0, 1, 0, 1], x_val=x, y_val=[1, 1, 0, 0])
    preparation = {
        "inputs": {"kind": "numbers", "shape": [2], "mean": None, "deviation": None},
        "outputs": {"kind": "classes", "names": ["0", "1"]},
    }
    found = read_labelled("arrays", tmp_path / "x.npz", preparation, "validation")
    assert (found.split, found.targets.tolist()) == ("validation", [1, 1, 0, 0])
    with pytest.raises(
        datasets.DataError, match="no arrays of the split 'test'; it has train, val"
    ):
        read_labelled("arrays", tmp_path / "x.npz", preparation, "test")
