"""Arrays of one's own: what each form becomes, in numbers, and what is refused."""

import dataclasses
import zipfile

import numpy as np
import pytest

from datasets import DataError, from_arrays, load
from datasets.own.request import OwnRequest

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(40, [1, 10, 0.01, 1e4], (60, 4))
CLASSES = np.repeat(["cat", "dog", "eel"], 20)


def saved(path, **arrays):
    np.savez(path / "own.npz", **arrays)
    return path / "own.npz"


def requested(**settings):
    return dataclasses.replace(OwnRequest("arrays", None), **settings)


def of_source(data, array):
    """The source's rows of each split, in their order."""
    return {split: array[rows] for split, rows in data.rows.items()}


def test_numbers_are_standardized_over_train_and_classes_named(tmp_path):
    data = load("arrays", data_path=saved(tmp_path, X=X, y=CLASSES))
    assert (data.task, data.input_shape, data.num_classes) == ("classification", (4,), 3)
    assert data.class_names == ("cat", "dog", "eel")
    raw = of_source(data, X.astype(np.float32))
    mean = raw["train"].astype(np.float64).mean(axis=0)
    deviation = raw["train"].astype(np.float64).std(axis=0)
    prepared = data.preparation["inputs"]
    np.testing.assert_allclose(prepared["mean"], mean, rtol=1e-6)
    np.testing.assert_allclose(prepared["deviation"], deviation, rtol=1e-6)
    assert (prepared["kind"], prepared["shape"]) == ("numbers", [4])
    for split, arrays in data.splits.items():
        # To the bit what an exported model computes.
        exported = (raw[split] - np.float32(prepared["mean"])) / np.float32(prepared["deviation"])
        np.testing.assert_array_equal(arrays.inputs, exported)
        names = np.array(data.class_names)[arrays.targets]
        np.testing.assert_array_equal(names, CLASSES[data.rows[split]])
    assert {split: len(rows) for split, rows in data.rows.items()} == {
        "train": 48,
        "validation": 6,
        "test": 6,
    }
    # Sorted by class as they are: each split has its share of each.
    assert np.bincount(data.splits["test"].targets).tolist() == [2, 2, 2]


def test_a_file_and_its_arrays_are_one_dataset(tmp_path):
    path = saved(tmp_path, features=X, labels=CLASSES)
    file, memory = load("arrays", data_path=path), from_arrays(X, CLASSES)
    assert file.fingerprint == memory.fingerprint
    assert file.fingerprint.startswith("carved2-")
    assert file.preparation == memory.preparation
    other_units = from_arrays(1000 * X, CLASSES)
    assert other_units.fingerprint != memory.fingerprint
    assert from_arrays(X, CLASSES, request=requested(split_seed=1)).fingerprint != file.fingerprint


def test_numeric_targets_are_standardized_and_their_units_kept():
    y = RANDOM.normal([3, -100], [2, 50], (60, 2))
    data = from_arrays(X, y, target_names=["height", "depth"])
    assert (data.task, data.num_classes, data.class_names) == ("regression", 2, ())
    outputs = data.preparation["outputs"]
    assert outputs["names"] == ["height", "depth"] == list(data.target_names)
    train = y[data.rows["train"]]
    np.testing.assert_allclose(outputs["mean"], train.mean(axis=0))
    np.testing.assert_allclose(outputs["deviation"], train.std(axis=0))
    back = data.splits["test"].targets * outputs["deviation"] + outputs["mean"]
    np.testing.assert_allclose(back, y[data.rows["test"]], rtol=1e-5)


def test_splits_of_its_own_are_used(tmp_path):
    pixels = RANDOM.integers(0, 256, (30, 5, 6), dtype=np.uint8)
    labels = np.arange(30) % 3
    arrays = {
        "x_train": pixels[:20],
        "y_train": labels[:20],
        "test_images": pixels[20:],
        "test_labels": labels[20:, None],
    }
    data = load("arrays", data_path=saved(tmp_path, **arrays), validation_fraction=0.25)
    assert data.input_shape == (5, 6, 1)
    assert data.preparation["inputs"] == {
        "kind": "images",
        "shape": [5, 6, 1],
        "scale": 255.0,
        "resize": None,
    }
    np.testing.assert_array_equal(
        data.splits["test"].inputs, pixels[20:, ..., None] / np.float32(255)
    )
    assert [data.splits[split].size for split in ("train", "validation", "test")] == [15, 5, 10]
    together = np.sort(np.concatenate([data.rows["train"], data.rows["validation"]]))
    np.testing.assert_array_equal(together, np.arange(20))
    np.testing.assert_array_equal(data.rows["test"], np.arange(10))
    assert data.class_names == ("0", "1", "2")


def test_a_channel_of_pictures_in_numbers_has_one_mean():
    pictures = RANDOM.normal([0, 5], [1, 3], (40, 4, 4, 2)).astype(np.float32)
    data = from_arrays(pictures, np.arange(40) % 2)
    prepared = data.preparation["inputs"]
    assert prepared["shape"] == [4, 4, 2]
    train = pictures[data.rows["train"]].reshape(-1, 2).astype(np.float64)
    np.testing.assert_allclose(prepared["mean"], np.tile(train.mean(axis=0), 16), rtol=1e-5)
    np.testing.assert_allclose(prepared["deviation"], np.tile(train.std(axis=0), 16), rtol=1e-5)


def sequences():
    lengths = 1 + np.arange(30) % 7
    values = RANDOM.normal([2, -3], [5, 0.5], (30, 9, 2)).astype(np.float32)
    return values, lengths


def test_sequences_are_standardized_over_their_real_steps(tmp_path):
    values, lengths = sequences()
    real = np.arange(9) < lengths[:, None]
    data = load("arrays", data_path=saved(tmp_path, x=values, y=lengths % 2, lengths=lengths))
    assert data.input_shape == (7, 2)  # the longest
    train = values[data.rows["train"]][real[data.rows["train"]]].astype(np.float64)
    prepared = data.preparation["inputs"]
    assert (prepared["kind"], prepared["features"]) == ("sequences", 2)
    np.testing.assert_allclose(prepared["mean"], train.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(prepared["deviation"], train.std(axis=0), rtol=1e-5)
    test = data.splits["test"].inputs
    np.testing.assert_array_equal(~np.isnan(test[..., 0]), real[data.rows["test"], :7])
    padded = np.where(real[..., None], values, np.nan)
    for other in (
        from_arrays(padded, lengths % 2),
        from_arrays([v[:n] for v, n in zip(values, lengths, strict=True)], lengths % 2),
    ):
        assert other.fingerprint == data.fingerprint


def test_an_example_without_weight_is_left_out_and_the_others_are_weighed():
    weights = np.where(np.arange(60) % 4 == 0, 0, 1 + np.arange(60) / 60)
    data = from_arrays(X, CLASSES, weights=weights)
    kept = np.sort(np.concatenate(list(data.rows.values())))
    np.testing.assert_array_equal(kept, np.flatnonzero(weights))
    for split, arrays in data.splits.items():
        np.testing.assert_allclose(arrays.weights, weights[data.rows[split]], rtol=1e-6)


def test_a_group_stays_in_one_split(tmp_path):
    groups = np.arange(60) // 4
    file = saved(tmp_path, X=X, y=CLASSES, groups=np.char.add("patient ", groups.astype(str)))
    data = load("arrays", data_path=file)
    found = {split: set(groups[rows]) for split, rows in data.rows.items()}
    assert sum(map(len, found.values())) == 15 == len(set.union(*found.values()))
    assert all(found.values())
    given = {"x_train": X, "y_train": CLASSES, "groups_train": groups}
    given |= {"x_test": X[:9], "y_test": CLASSES[:9], "groups_test": np.arange(9) + 10}
    told = load("arrays", data_path=saved(tmp_path, **given)).notes[-1]
    assert told == "5 groups are in train and in test, as these are given: 10, 11, 12, ..."


def test_one_hot_rows_are_classes_and_booleans_too():
    numbers = np.arange(60) % 3
    hot = from_arrays(X, np.eye(3)[numbers])
    assert (hot.task, hot.num_classes) == ("classification", 3)
    np.testing.assert_array_equal(hot.splits["test"].targets, numbers[hot.rows["test"]])
    assert hot.notes == ("y: one of 3 columns is 1: classes",)
    assert from_arrays(X, numbers > 0).class_names == ("False", "True")
    assert from_arrays(X, np.array([7, 9, 2])[numbers]).class_names == ("2", "7", "9")
    named = from_arrays(X, CLASSES, class_names=["eel", "dog", "cat", "fox"])
    np.testing.assert_array_equal(
        named.splits["test"].targets == 0, CLASSES[named.rows["test"]] == "eel"
    )


def test_a_constant_number_is_shifted_only():
    x = np.concatenate([X, np.full((60, 1), 0.1)], axis=1)
    data = from_arrays(x, CLASSES)
    assert data.preparation["inputs"]["deviation"][4] == 1
    assert not data.splits["train"].inputs[:, 4].any()


def test_streamed_arrays_are_the_same_arrays():
    here, mapped = (
        from_arrays(X, CLASSES, request=requested(max_resident_gib=gib)) for gib in (2.0, 0.0)
    )
    assert (here.splits["train"].resident, mapped.splits["train"].resident) == (True, False)
    assert here.fingerprint == mapped.fingerprint


def spoilt(array, index, value):
    array = np.array(array, np.float64)
    array[index] = value
    return array


values, lengths = sequences()
REFUSED = [
    ({"X": X}, "has no targets among its keys X; name its arrays X and y"),
    ({"X": X, "labls": CLASSES}, "as in labels instead of labls"),
    ({"x": X, "features": X, "y": CLASSES}, "both x and features would be inputs of train"),
    ({"X": X, "y": CLASSES[:-1]}, "y has 59 examples, X 60"),
    ({"X": X[:0], "y": CLASSES[:0]}, "X has no examples"),
    ({"X": X + 1j, "y": CLASSES}, "X is of type complex128"),
    ({"X": spoilt(X, (7, 2), np.nan), "y": CLASSES}, r"X\[7, 2\] is NaN"),
    ({"X": spoilt(X, (7, 2), np.inf), "y": CLASSES}, r"X\[7, 2\] is NaN, infinite"),
    ({"X": spoilt(X, (7, 2), 1e300), "y": CLASSES}, "beyond float32"),
    ({"X": X, "y": spoilt(X[:, 0], 9, np.nan)}, r"y\[9\] is NaN"),
    ({"X": X, "y": np.arange(60)}, "60 different whole numbers in 60 examples"),
    ({"X": X, "y": np.ones(60, int)}, "y holds one class alone, 1"),
    ({"X": X, "y": CLASSES, "weights": -np.arange(60)}, r"weights\[1\] is -1"),
    ({"X": X, "y": CLASSES, "weights": np.zeros(60)}, "weights are all 0"),
    ({"X": X, "y": CLASSES, "class_names": np.array(["cat", "dog", "eels"])}, "did you mean eels"),
    ({"X": X, "y": CLASSES, "class_names": np.array(["cat", "cat"])}, "two classes of one name"),
    ({"X": X, "y": np.arange(60) % 3, "class_names": np.array(["a", "b"])}, "y holds 2, allowed"),
    ({"X": values, "y": lengths % 2, "lengths": lengths + 5}, r"lengths\[4\] is 10, allowed are 1"),
    ({"X": values, "y": lengths % 2, "lengths": lengths - 1}, r"lengths\[0\] is 0"),
    ({"X": values, "y": lengths % 2, "lengths": lengths / 2}, "lengths are of type float64"),
    ({"X": spoilt(values, (3, 1, 0), np.nan), "y": lengths % 2}, r"X\[3, 1, 0\] is NaN"),
    ({"X": spoilt(values, 3, np.nan), "y": lengths % 2}, r"X\[3\] is NaN throughout"),
    ({"X": values[..., None], "y": lengths % 2, "lengths": lengths}, r"expected \[n, time\]"),
    ({"x_train": X, "y_train": CLASSES, "x_test": X[:, 1:], "y_test": CLASSES}, r"of shape \(3,\)"),
    ({"x_train": X, "y_train": CLASSES, "x_test": X}, "has no targets of test"),
    ({"x_test": X, "y_test": CLASSES}, "has no inputs"),
]


@pytest.mark.parametrize(("arrays", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_what_cannot_be_used_is_told_by_its_key(tmp_path, arrays, told):
    with pytest.raises(DataError, match=told) as caught:
        load("arrays", data_path=saved(tmp_path, **arrays))
    assert "\n" not in str(caught.value)
    assert "own.npz" in str(caught.value)


def test_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, X=np.array([{"a": 1}], object), y=np.array([1]))
    with pytest.raises(DataError, match=r"X holds Python objects, which are never unpickled"):
        load("arrays", data_path=path)


def test_a_file_that_is_none_is_told(tmp_path):
    whole = saved(tmp_path, X=X, y=CLASSES).read_bytes()
    cut, text = tmp_path / "cut.npz", tmp_path / "text.npz"
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("a,b")
    spoiled = tmp_path / "spoiled.npz"
    spoiled.write_bytes(whole[:600] + b"\0\1\2\3" + whole[604:])
    member = tmp_path / "member.npz"
    with zipfile.ZipFile(member, "w") as archive:
        archive.writestr("readme.txt", "no array")
    for path, told in (
        (cut, "is no .npz file"),
        (text, "is no .npz file"),
        (spoiled, "cannot be read"),
        (member, "cannot be read"),
        (tmp_path / "none.npz", "none.npz"),
    ):
        with pytest.raises(DataError, match=told):
            load("arrays", data_path=path)
    with pytest.raises(DataError, match="is a folder"):
        load("arrays", data_path=tmp_path)


def test_whole_numbers_are_what_task_says():
    many = np.arange(60)
    numbers = from_arrays(X, many, request=requested(task="regression"))
    assert (numbers.task, numbers.num_classes) == ("regression", 1)
    classes = from_arrays(X, many % 3 + 0.0, request=requested(task="classification"))
    assert classes.class_names == ("0", "1", "2")
    with pytest.raises(DataError, match="strings, as 'cat'; give --task classification"):
        from_arrays(X, CLASSES, request=requested(task="regression"))
    with pytest.raises(DataError, match="holds fractions"):
        from_arrays(X, many / 7, request=requested(task="classification"))
