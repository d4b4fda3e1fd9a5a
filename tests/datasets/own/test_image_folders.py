import os

import numpy as np
import pytest
from PIL import Image

from datasets import DataError, load
from datasets.own.pictorial import reading
from datasets.own.pictorial.listing import list_pictures


def picture(path, value=0, shape=(4, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, np.uint8)).save(path)


def folder_of(root, classes, splits=("",), count=2):
    """Put `count` pictures of each class into each split; values count the pictures."""
    value = 0
    for split in splits:
        for name in classes:
            for index in range(count):
                picture(root / split / name / f"{index}.png", value)
                value += 1
    return root


def refused(root, said, **options):
    with pytest.raises(DataError, match=said) as caught:
        load("images", data_path=root, **options)
    assert "\n" not in str(caught.value)


def test_classes_are_folders_in_the_order_of_their_names(tmp_path):
    folder_of(tmp_path, ["b", "a"], count=10)
    picture(tmp_path / "a" / "deep" / "er" / "x.PNG", 99)
    data = load("images", data_path=tmp_path)
    assert (data.task, data.class_names, data.num_classes) == ("classification", ("a", "b"), 2)
    assert data.input_shape == (4, 4, 1)
    assert {split: arrays.size for split, arrays in data.splits.items()} == {
        "train": 17,
        "validation": 2,
        "test": 2,
    }
    assert data.fingerprint.startswith("carved")
    seen = {}
    for split, arrays in data.splits.items():
        for file, image, label in zip(data.rows[split], arrays.inputs, arrays.targets, strict=True):
            value = np.asarray(Image.open(tmp_path / file))[0, 0]
            np.testing.assert_array_equal(image, np.float32(value) / np.float32(255))
            assert file.split("/")[0] == data.class_names[label]
            seen[file] = split
    assert len(seen) == 21
    assert "a/deep/er/x.PNG" in seen


def test_a_sorted_folder_is_not_divided_by_its_order(tmp_path):
    data = load("images", data_path=folder_of(tmp_path, "abcde", count=20))
    for split, each in (("train", 16), ("validation", 2), ("test", 2)):
        assert np.bincount(data.splits[split].targets).tolist() == [each] * 5
    other = load("images", data_path=tmp_path, split_seed=1)
    assert set(other.rows["test"]) != set(data.rows["test"])
    again = load("images", data_path=tmp_path)
    assert again.fingerprint == data.fingerprint
    assert again.rows["test"].tolist() == data.rows["test"].tolist()


@pytest.mark.parametrize("validation", ["validation", "valid", "val", "Val"])
def test_given_splits_are_used_as_they_are(tmp_path, validation):
    folder_of(tmp_path, "ab", ["train", validation, "test"], count=3)
    data = load("images", data_path=tmp_path)
    assert all(arrays.size == 6 for arrays in data.splits.values())
    assert not data.fingerprint.startswith("carved")
    assert {file.split("/")[0] for file in data.rows["validation"]} == {validation}
    assert data.notes == ()


def test_a_missing_split_is_drawn_from_train(tmp_path):
    folder_of(tmp_path, "ab", ["train"], count=10)
    folder_of(tmp_path, "ab", ["test"], count=3)
    data = load("images", data_path=tmp_path)
    assert {split: arrays.size for split, arrays in data.splits.items()} == {
        "train": 18,
        "validation": 2,
        "test": 6,
    }
    assert {file.split("/")[0] for file in data.rows["validation"]} == {"train"}


def test_a_class_that_a_split_lacks_is_said(tmp_path):
    folder_of(tmp_path, "abc", ["train", "val"])
    folder_of(tmp_path, "ab", ["test"])
    assert load("images", data_path=tmp_path).notes == (
        "split 'test' has no example of 1 of 3 classes: c",
    )


def test_what_is_no_picture_is_counted_in_one_line(tmp_path):
    folder_of(tmp_path, "ab", count=10)
    (tmp_path / "a" / ".DS_Store").touch()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a" / "notes.txt").touch()
    (tmp_path / "b" / "LICENSE").touch()
    (tmp_path / "b" / "scan.TIFF").touch()
    (tmp_path / "labels.csv").touch()
    os.symlink(tmp_path / "a", tmp_path / "c")
    os.symlink(tmp_path, tmp_path / "b" / "up")
    data = load("images", data_path=tmp_path)
    assert data.notes == (
        "left out of the folder: 2 hidden, 2 links to folders, 1 outside the classes' folders, "
        "3 that are no pictures (.tiff, .txt, no ending)",
    )
    assert sum(arrays.size for arrays in data.splits.values()) == 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    folder_of(tmp_path, "ab", count=5)
    os.mkfifo(tmp_path / "a" / "pipe.png")
    assert list_pictures(tmp_path).notes == (
        "left out of the folder: 1 that are no pictures (no regular file)",
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["a/0.png"], "has the class 'a' alone; expected at least two"),
        (["0.png"], "has no classes; expected at least two"),
        ([], "has no classes; expected at least two"),
        (["a/0.png", "b/x.txt"], "/b holds no picture; allowed are .png, .jpg"),
        (["Cat/0.png", "cat/0.png"], "has classes 'Cat' and 'cat', which are one name on some"),
        (["train/Cat/0.png", "test/cat/0.png"], "has classes 'Cat' and 'cat'|'cat' and 'Cat'"),
        (["ﬁn/0.png", "fin/0.png"], "which are one name on some systems"),
        (["e\u0301/0.png", "\u00e9/0.png"], "two folders 'é', spelt by different characters"),
        (["a\tb/0.png", "c/0.png"], r"is called 'a\\tb', which cannot be printed"),
        (["train/0.png", "bus/0.png"], "has 'train', the name of a split, beside 'bus'"),
        (["train/0.png", "test/0.png"], "train has no folder of a class in it|test has no folder"),
        (["train/a/0.png", "val/a/0.png", "valid/a/0.png"], "'val' and 'valid', which are both"),
        (["test/a/0.png", "test/b/0.png"], "has 'test' and no 'train'; add it"),
    ],
)
def test_folders_that_are_no_set_of_classes_are_refused(tmp_path, made, said):
    for name in made:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if len({path.name for path in tmp_path.iterdir()}) < len({n.split("/")[0] for n in made}):
        pytest.skip("this file system takes the names for one")
    refused(tmp_path, said)


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    picture(tmp_path / "x.png")
    refused(tmp_path / "x.png", "is no folder, and dataset 'images' needs one")


def test_too_few_pictures_for_three_splits_are_refused(tmp_path):
    refused(folder_of(tmp_path, "ab", count=1), "2 examples are too few for a training split")


def test_a_damaged_picture_is_named(tmp_path):
    folder_of(tmp_path, "ab", count=5)
    whole = (tmp_path / "b" / "3.png").read_bytes()
    (tmp_path / "b" / "3.png").write_bytes(whole[:-20])
    refused(tmp_path, r"b/3\.png is a damaged picture \(its end is missing\); mend it")


def test_sizes_that_differ_need_one_to_be_brought_to(tmp_path):
    folder_of(tmp_path, "ab", count=5)
    picture(tmp_path / "b" / "9.png", shape=(5, 7))
    refused(tmp_path, r"b/9\.png has 5x7 pixels and .*a/0\.png 4x4; pass --image-size 4x4")
    for how in ("fit", "crop", "stretch"):
        data = load("images", data_path=tmp_path, image_size="6x3", resize=how)
        assert data.input_shape == (6, 3, 1)
        assert data.preparation["inputs"] == {
            "kind": "images",
            "shape": [6, 3, 1],
            "scale": 255.0,
            "resize": how,
        }


def test_resized_pictures_are_what_keras_makes_of_the_raw_ones(tmp_path):
    import keras

    random = np.random.default_rng(0)
    for index in range(12):
        shape = (*random.integers(5, 20, 2), 3)
        path = tmp_path / "ab"[index % 2] / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, shape, np.uint8)).save(path)
    data = load("images", data_path=tmp_path, image_size="8x8", resize="crop")
    layer = keras.layers.Resizing(8, 8, antialias=True, crop_to_aspect_ratio=True)
    for split, arrays in data.splits.items():
        for file, image in zip(data.rows[split], arrays.inputs, strict=True):
            raw = np.asarray(Image.open(tmp_path / file), np.float32)
            np.testing.assert_array_equal(np.asarray(layer(raw)) / np.float32(255), image)


def test_channels_are_one_if_all_are_grey_else_three(tmp_path):
    folder_of(tmp_path, "ab", count=5)
    assert load("images", data_path=tmp_path).input_shape == (4, 4, 1)
    assert load("images", data_path=tmp_path, channels=3).input_shape == (4, 4, 3)
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "b" / "9.png")
    mixed = load("images", data_path=tmp_path)
    assert mixed.input_shape == (4, 4, 3)
    inputs = np.concatenate([arrays.inputs for arrays in mixed.splits.values()])
    assert np.count_nonzero((inputs == inputs[..., :1]).all(axis=(1, 2, 3))) == 10
    assert load("images", data_path=tmp_path, channels=1).input_shape == (4, 4, 1)


def test_streamed_pictures_equal_resident_ones(tmp_path):
    folder_of(tmp_path, "ab", count=6)
    resident = load("images", data_path=tmp_path)
    streamed = load("images", data_path=tmp_path, max_resident_gib=0)
    assert resident.fingerprint == streamed.fingerprint
    assert isinstance(streamed.splits["train"].inputs, np.memmap)


def test_threads_and_blocks_decide_nothing(tmp_path, monkeypatch):
    folder_of(tmp_path, "ab", count=11)
    whole = load("images", data_path=tmp_path)
    monkeypatch.setenv("KERAS_ZOO_CACHE", "off")
    monkeypatch.setattr(reading, "THREADED_BYTES", 0)
    for name, value in (("BLOCK_PICTURES", 3), ("BLOCK_FILE_BYTES", 100), ("BLOCK_BYTES", 40)):
        monkeypatch.setattr(reading, name, value)
        assert load("images", data_path=tmp_path).fingerprint == whole.fingerprint
    slices = list(reading.row_slices(np.array([10, 10, 10, 90, 95, 500, 5])))
    assert [each.stop for each in slices] == [3, 4, 5, 6, 7]
    # Pictures of which one alone is more than a block.
    assert [each.stop for each in reading.row_slices(np.ones(3, np.int64), 0)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_size": "28"}, "image_size is '28'; allowed are rows x columns, 1 to 4096"),
        ({"image_size": "0x3"}, "image_size is '0x3'"),
        ({"image_size": "5000x3"}, "image_size is '5000x3'"),
        ({"resize": "crop"}, "resize is 'crop' and image_size is not given"),
    ],
)
def test_sizes_that_cannot_be_are_refused_before_anything_is_read(tmp_path, options, said):
    refused(tmp_path / "missing", said, **options)
