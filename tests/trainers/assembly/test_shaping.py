"""Fewer training examples, binary pictures and shifted copies, and what is refused of them."""

import dataclasses

import numpy as np
import pytest

import configs
import datasets
import zoo
from trainers import run
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.assembly.shaping import draw_order, narrow_numbers, shaped
from trainers.cli.exit import describe

RANDOM = np.random.default_rng(2)
GIB = [2.0, 0.0]


def settings(gib=2.0, **changes):
    return configs.DatasetConfig(max_resident_gib=gib, **changes)


@pytest.mark.parametrize("size", [3, 10, 57, 119, 120])
def test_every_beginning_of_the_drawn_order_has_each_classs_share(size):
    classes = np.repeat([0, 1, 2, 4], [80, 30, 9, 1])
    order = draw_order(classes, 120, seed=5)
    assert sorted(order) == list(range(120))
    counts = np.bincount(classes[order[:size]], minlength=5)
    np.testing.assert_array_less(np.abs(counts - size * np.bincount(classes) / 120), 2)
    assert not np.array_equal(order, draw_order(classes, 120, seed=6))
    # Within a class, chance: not the order of the file.
    assert list(order[classes[order] == 0]) != list(range(80))


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


@pytest.mark.parametrize("gib", GIB)
def test_smaller_training_set_leaves_the_other_splits_as_they_are(digits, gib):
    small, large = (shaped(settings(gib, train_size=size), digits) for size in (100, 300))
    train = digits.splits["train"]
    for name in ("validation", "test"):
        assert small.splits[name] is digits.splits[name]
    rows = [{row.tobytes() for row in data.splits["train"].inputs} for data in (small, large)]
    assert rows[0] < rows[1] < {row.tobytes() for row in train.inputs}
    found = small.splits["train"]
    assert (found.size, found.resident) == (100, gib > 0)
    # Each picture still has its label: equal pictures, equal labels.
    labels = {row.tobytes(): label for row, label in zip(train.inputs, train.targets, strict=True)}
    assert all(labels[r.tobytes()] == t for r, t in zip(found.inputs, found.targets, strict=True))
    assert np.all(np.abs(np.bincount(found.targets) - 10) <= 2)
    other = shaped(settings(gib, train_size=100, split_seed=1), digits)
    assert not np.array_equal(other.splits["train"].inputs, found.inputs)


def test_rows_of_own_data_are_those_that_were_drawn():
    X = RANDOM.normal(size=(60, 3)).astype(np.float32)
    data = datasets.from_arrays(X, np.repeat(["cat", "dog"], 30))
    small = shaped(settings(train_size=8), data)
    assert set(small.rows["train"]) < set(data.rows["train"])
    places = [list(data.rows["train"]).index(row) for row in small.rows["train"]]
    found, train = small.splits["train"], data.splits["train"]
    np.testing.assert_array_equal(found.inputs, train.inputs[places])


def test_text_is_learnt_from_its_beginning_and_strings_are_drawn(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("the quick brown fox jumps over the lazy dog " * 100)
    text = datasets.load("text", data_path=path, window_steps=16)
    small = shaped(settings(train_size=40), text).splits["train"]
    np.testing.assert_array_equal(small.inputs, text.splits["train"].inputs[:40])
    strings = datasets.load("reber")
    small = shaped(settings(train_size=50), strings)
    assert small.splits["train"].size == 50
    assert set(small.splits["train"].masks) == set(strings.splits["train"].masks)
    assert "train" not in small.oracle_loss


@pytest.mark.parametrize("gib", GIB)
def test_binary_pictures_are_those_that_a_model_makes_of_raw_ones(digits, gib):
    data = shaped(settings(gib, binarize=0.5), digits)
    for name, split in data.splits.items():
        np.testing.assert_array_equal(split.inputs, digits.splits[name].inputs > 0.5)
        assert split.inputs.dtype == np.float32
    model = zoo.create_model("mlp", num_classes=10, input_shape=(8, 8, 1), hidden_units=(3,))
    deployable = zoo.deployable(model, data.preparation)
    assert zoo.described(deployable)["inputs"]["threshold"] == 0.5
    scale = data.preparation["inputs"]["scale"]
    raw = np.rint(digits.splits["test"].inputs[:50] * scale).astype(np.uint8)
    scores = model.predict(data.splits["test"].inputs[:50], verbose=0)
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(deployable.predict(raw, verbose=0), expected, rtol=1e-5)
    plain = zoo.deployable(model, digits.preparation)
    assert "threshold" not in zoo.described(plain)["inputs"]
    assert "threshold" not in plain.get_layer("preparation").get_config()


@pytest.mark.parametrize("gib", GIB)
def test_shifts_are_each_picture_and_its_four_neighbours(digits, gib):
    data, old = shaped(settings(gib, expand_shifts=2), digits), digits.splits["train"]
    new = data.splits["train"]
    assert (new.size, new.resident) == (5 * old.size, gib > 0)
    np.testing.assert_array_equal(new.targets, np.concatenate([old.targets] * 5))
    moves = [(0, 0), (-2, 0), (2, 0), (0, -2), (0, 2)]
    for number, (down, right) in enumerate(moves):
        padded = np.pad(old.inputs, ((0, 0), (2, 2), (2, 2), (0, 0)))
        expected = padded[:, 2 - down : 10 - down, 2 - right : 10 - right]
        part = new.inputs[number * old.size : (number + 1) * old.size]
        np.testing.assert_array_equal(part, expected)
    assert data.splits["test"] is digits.splits["test"]


REFUSED = {
    "--train-size 9999": "at most 1",
    "--model policy --train-size 9": "is an environment, which has no examples",
    "--model linear_regression --binarize 0.5": "--binarize 0.5 is for pictures",
    "--model lstm --expand-shifts 1": "--expand-shifts 1 is for pictures",
    "--expand-shifts 8": "at most 7",
    "--train-size 20 --batch-size 32": "larger than the training set",
}


@pytest.mark.parametrize("words", sorted(REFUSED))
def test_what_cannot_be_is_refused_in_one_line(words, tmp_path):
    with pytest.raises((configs.ConfigError, datasets.DataError)) as caught:
        run.main([*words.split(), "--epochs", "1", "--run-dir", str(tmp_path / "run")])
    code, message = describe(caught.value)
    assert code in (2, 3)
    assert REFUSED[words] in message
    assert "\n" not in message
    assert not (tmp_path / "run").exists()


def test_run_says_on_how_many_examples_it_learnt(train_here, tmp_path):
    words = ["--model", "mlp", "--model.hidden-units", "8", "--epochs", "1", "--train-size", "90"]
    words += ["--binarize", "0.4", "--expand-shifts", "1"]
    summary = train_here(tmp_path / "run", *words)
    assert summary["training_examples"] == 450
    from trainers.api.fit import open as opened

    found = opened(tmp_path / "run")
    measured = found.evaluate("test")
    for name, value in summary["best"]["test"].items():
        assert measured[name] == pytest.approx(value, rel=1e-6)
    data = load_data(resolve(found.config)).dataset
    raw = np.rint(datasets.load("digits").splits["test"].inputs * 16).astype(np.uint8)
    predicted = found.predict(raw).argmax(axis=1)
    accuracy = np.mean(predicted == data.splits["test"].targets)
    assert accuracy == pytest.approx(summary["best"]["test"]["accuracy"])
    assert dataclasses.asdict(found.config.dataset)["binarize"] == 0.4


def test_numbers_that_were_read_with_fewer_digits_are_told():
    own = datasets.from_arrays(RANDOM.normal(size=(60, 3)), RANDOM.normal(size=60))
    (line,) = narrow_numbers(own)
    assert "the numbers of 'arrays' are float32, with 7 digits" in line
    assert narrow_numbers(datasets.load("diabetes", float64=True)) == []
    assert narrow_numbers(datasets.load("digits")) == []
