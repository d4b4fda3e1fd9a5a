import hashlib
import time

import numpy as np
import pytest
import standins
import tensorflow_datasets as tfds

from datasets import DataError, load
from datasets.dataset import fingerprint
from datasets.embedded.reber_grammar import SYMBOLS, oracle_loss


def test_digits_are_scaled_to_one_with_int32_labels(tfds_dir):
    digits = load("digits", data_dir=tfds_dir)
    assert (digits.task, digits.input_shape, digits.num_classes) == (
        "classification",
        (8, 8, 1),
        10,
    )
    assert digits.class_names == tuple("0123456789")
    for split, size in (("train", 1077), ("validation", 360), ("test", 360)):
        arrays = digits.splits[split]
        assert arrays.inputs.shape == (size, 8, 8, 1)
        assert arrays.inputs.dtype == np.float32
        assert arrays.targets.dtype == np.int32
        assert arrays.inputs.min() == 0
        assert arrays.inputs.max() == 1
        np.testing.assert_array_equal(arrays.weights, np.ones(size, np.float32))
        assert arrays.size == size
        assert arrays.nbytes == size * (64 + 2) * 4
    np.testing.assert_array_equal(np.bincount(digits.splits["train"].targets) > 80, [True] * 10)


def test_regression_is_standardized_by_the_training_split(tfds_dir):
    table = load("diabetes", data_dir=tfds_dir)
    assert (table.task, table.input_shape, table.num_classes) == ("regression", (10,), 1)
    train, test = table.splits["train"], table.splits["test"]
    np.testing.assert_allclose(train.inputs.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.inputs.std(axis=0), 1, atol=1e-6)
    assert abs(test.inputs.mean(axis=0)).max() > 0.01  # not by its own mean
    assert train.targets.shape == (264, 1)
    assert train.targets.dtype == np.float32
    assert train.targets.min() >= 25
    assert train.targets.max() <= 346
    raw = tfds.load("diabetes", data_dir=tfds_dir, split="train", batch_size=300, download=False)
    features = next(iter(raw))["features"].numpy().astype(np.float64)
    expected = (features - features.mean(axis=0)) / features.std(axis=0)
    np.testing.assert_allclose(train.inputs, expected, rtol=1e-5, atol=1e-6)


def test_reber_strings_are_shifted_padded_and_marked(tfds_dir):
    reber = load("reber", data_dir=tfds_dir)
    assert (reber.task, reber.num_classes, reber.class_names) == ("next_symbol", 7, tuple(SYMBOLS))
    longest = 0
    for name, size in (("train", 18_000), ("validation", 2_000), ("test", 2_000)):
        split = reber.splits[name]
        assert split.inputs.shape == split.targets.shape == (size, *reber.input_shape)
        assert split.inputs.dtype == split.targets.dtype == np.int32
        strings = []
        for inputs, targets, weights, memory in zip(
            split.inputs, split.targets, split.weights, split.masks["memory"], strict=True
        ):
            length = int(weights.sum())
            np.testing.assert_array_equal(weights, np.arange(len(weights)) < length)
            assert not inputs[length:].any()
            assert not targets[length:].any()
            string = SYMBOLS[inputs[0]] + "".join(SYMBOLS[symbol] for symbol in targets[:length])
            assert [SYMBOLS.index(symbol) for symbol in string[:-1]] == inputs[:length].tolist()
            assert memory.sum() == 1
            assert targets[memory.argmax()] == SYMBOLS.index(string[1])
            assert memory.argmax() == length - 2
            strings.append(string)
        longest = max(longest, *map(len, strings))
        assert reber.oracle_loss[name] == pytest.approx(oracle_loss(strings), rel=1e-12)
    assert reber.input_shape == (longest - 1,)


@pytest.mark.parametrize("name", ["digits", "diabetes", "reber"])
def test_streamed_arrays_equal_resident_ones(name, tfds_dir):
    resident = load(name, data_dir=tfds_dir)
    streamed = load(name, data_dir=tfds_dir, max_resident_gib=0)
    for split, expected in resident.splits.items():
        actual = streamed.splits[split]
        assert expected.resident
        assert not actual.resident
        for (key, left), (_, right) in zip(expected.arrays(), actual.arrays(), strict=True):
            assert isinstance(right, np.memmap), key
            assert not isinstance(left, np.memmap), key
            np.testing.assert_array_equal(left, right)
    assert resident.fingerprint == streamed.fingerprint


def test_fingerprint_repeats_and_follows_every_array(tfds_dir, monkeypatch):
    digits = load("digits", data_dir=tfds_dir)
    assert digits.fingerprint == load("digits", data_dir=tfds_dir).fingerprint
    assert len(digits.fingerprint) == len(hashlib.sha256().hexdigest())
    monkeypatch.setattr("datasets.dataset.HASH_BLOCK_BYTES", 1000)
    assert fingerprint(digits.splits) == digits.fingerprint  # whatever the blocks
    for _, array in digits.splits["test"].arrays():
        array[-1] += 1
        assert fingerprint(digits.splits) != digits.fingerprint
        array[-1] -= 1
    assert fingerprint(digits.splits) == digits.fingerprint


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("zoo_train_only", {"validation_fraction": 0.6}, "'train' is empty, expected at least 1"),
        ("zoo_train_only", {"validation_fraction": 1.0}, "validation_fraction is 1.0"),
        ("zoo_train_only", {"validation_fraction": float("nan")}, "validation_fraction is nan"),
        ("zoo_train_only", {"split_seed": -1}, "split_seed is -1, allowed is 0 or more"),
        ("zoo_train_only", {"max_resident_gib": -1}, "max_resident_gib is -1"),
        ("zoo_no_train", {}, "has the splits .'test'., expected one named 'train'"),
        ("zoo_variable_image", {}, r"image of shape \(None, None, 1\)"),
        ("zoo_deep_image", {}, "dtype=uint16.*expected one fixed-shape uint8 image"),
        ("zoo_unlabelled", {}, "supervised keys None"),
    ],
)
def test_unsupported_requests_are_refused_on_one_line(name, options, said, tmp_path):
    with pytest.raises(DataError, match=said) as caught:
        load(name, data_dir=tmp_path, **options)
    assert "\n" not in str(caught.value)


def test_stand_ins_are_registered():
    assert standins.ZooTrainOnly.name == "zoo_train_only"


@pytest.mark.slow
def test_real_mnist_loads_whole_and_in_seconds(mnist_dir):
    start = time.perf_counter()
    mnist = load("mnist", data_dir=mnist_dir)
    seconds = time.perf_counter() - start
    sizes = {name: split.size for name, split in mnist.splits.items()}
    assert sizes == {"train": 54_000, "validation": 6_000, "test": 10_000}
    assert (mnist.version, mnist.input_shape, mnist.num_classes) == ("3.0.1", (28, 28, 1), 10)
    # The published class counts of the 60,000 training and 10,000 test images.
    train = np.concatenate([mnist.splits[name].targets for name in ("train", "validation")])
    assert np.bincount(train).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(mnist.splits["test"].targets).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    mean = np.concatenate([mnist.splits[n].inputs for n in ("train", "validation")]).mean(
        dtype=np.float64
    )
    # Of each class validation has its tenth, to the example.
    tenth = np.bincount(train) / 10
    assert abs(np.bincount(mnist.splits["validation"].targets) - tenth).max() < 1
    assert mean == pytest.approx(0.1307, abs=5e-5)  # the published mean of the training images
    assert seconds < 20  # about 3 on two cores; a loop over examples takes longer
