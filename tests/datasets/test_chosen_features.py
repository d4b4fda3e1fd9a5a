"""TFDS data whose features the user names, and pictures in them that are brought to one size."""

import io

import numpy as np
import pytest
import standins
import tensorflow_datasets as tfds
from PIL import Image

from datasets import DataError, DataOptionError, load
from datasets.own.pictures import resized
from datasets.silence import quiet_preparation

KINDS = ("circle", "square", "star")


def png(pixels):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    content.seek(0)
    return content


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """What `store_as_tfds_dataset` writes: pictures of many sizes, and a table."""
    folder = tmp_path_factory.mktemp("stored")
    random = np.random.default_rng(0)
    pictures = [
        {
            "picture": random.integers(0, 256, (*random.integers(5, 12, 2), 3), np.uint8),
            "kind": index % 3,
            "age": np.float32(index),
            "sizes": np.array([index, -index], np.float32),
        }
        for index in range(30)
    ]
    features = tfds.features.FeaturesDict(
        {
            "picture": tfds.features.Image(shape=(None, None, 3)),
            "kind": tfds.features.ClassLabel(names=KINDS),
            "age": tfds.features.Scalar(np.float32),
            "sizes": tfds.features.Tensor(shape=(2,), dtype=np.float32),
        }
    )
    with quiet_preparation():
        tfds.dataset_builders.store_as_tfds_dataset(
            name="own_pictures",
            version="1.0.0",
            features=features,
            split_datasets={"train": list(enumerate(pictures))},
            data_dir=folder,
            disable_shuffling=True,
        )
    return folder, pictures


@pytest.mark.parametrize("how", ["fit", "crop", "stretch"])
def test_stored_pictures_are_brought_to_one_size(stored, how):
    folder, pictures = stored
    options = {"input_key": "picture", "target_key": "kind", "image_size": "6x4", "resize": how}
    data = load("own_pictures", data_dir=folder, **options)
    assert (data.task, data.input_shape, data.class_names) == ("classification", (6, 4, 3), KINDS)
    assert data.preparation["inputs"] == {
        "kind": "images",
        "shape": [6, 4, 3],
        "scale": 255.0,
        "resize": how,
    }
    assert [arrays.size for arrays in data.splits.values()] == [24, 3, 3]
    expected = {
        (resized(each["picture"], (6, 4), how) / np.float32(255)).tobytes(): each["kind"]
        for each in pictures
    }
    for arrays in data.splits.values():
        for image, label in zip(arrays.inputs, arrays.targets, strict=True):
            assert expected.pop(image.tobytes()) == label
    assert not expected


def test_stored_pictures_are_made_grey(stored):
    folder, _ = stored
    options = {"input_key": "picture", "target_key": "kind", "image_size": "6x4", "channels": 1}
    assert load("own_pictures", data_dir=folder, **options).input_shape == (6, 4, 1)


def test_other_features_of_the_same_data_are_another_task(stored):
    folder, _ = stored
    table = load("own_pictures", data_dir=folder, input_key="sizes", target_key="age")
    assert (table.task, table.input_shape) == ("regression", (2,))
    ages = np.concatenate([arrays.targets[:, 0] for arrays in table.splits.values()])
    assert sorted(ages.tolist()) == list(range(30))
    classes = load("own_pictures", data_dir=folder, input_key="sizes", target_key="kind")
    assert (classes.task, classes.num_classes) == ("classification", 3)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({}, DataError, "supervised keys None of .*pass --input-key and --target-key with two"),
        ({"input_key": "picture"}, DataError, "pass --input-key and --target-key with two"),
        (
            {"input_key": "pictur", "target_key": "kind"},
            DataOptionError,
            r"no feature 'pictur'; did you mean 'picture'. --input-key takes one of age, kind, pi",
        ),
        (
            {"input_key": "picture", "target_key": "kind"},
            DataError,
            r"picture of shape \(None, None, 3\), .*pass --image-size, as in --image-size 28x28",
        ),
        (
            {"input_key": "sizes", "target_key": "kind", "image_size": "3x3"},
            DataOptionError,
            "'sizes' of dataset 'own_pictures' is no picture; leave them out",
        ),
        (
            {"input_key": "sizes", "target_key": "age", "task": "classification"},
            DataOptionError,
            "task is 'classification', and 'age' of dataset 'own_pictures' is for regression",
        ),
        ({"input_key": "kind", "target_key": "age"}, DataError, "expected one fixed-shape uint8"),
    ],
)
def test_features_that_do_not_go_together_are_refused(stored, options, error, said):
    folder, _ = stored
    with pytest.raises(error, match=said) as caught:
        load("own_pictures", data_dir=folder, **options)
    assert "\n" not in str(caught.value)


def test_pictures_of_one_size_take_another_size_and_more_channels(tmp_path):
    assert standins.ZooTrainOnly.name == "zoo_train_only"
    usual = load("zoo_train_only", data_dir=tmp_path)
    colours = load("zoo_train_only", data_dir=tmp_path, channels=3)
    assert colours.input_shape == (2, 2, 3)
    assert colours.preparation["inputs"]["resize"] is None
    resized_ones = load("zoo_train_only", data_dir=tmp_path, image_size="3x1")
    assert resized_ones.input_shape == (3, 1, 1)
    for split, arrays in usual.splits.items():
        expected = np.repeat(arrays.inputs, 3, axis=3)
        np.testing.assert_array_equal(colours.splits[split].inputs, expected)
        np.testing.assert_array_equal(colours.splits[split].targets, arrays.targets)


def test_what_would_change_nothing_is_refused(shakespeare_dir):
    with pytest.raises(DataOptionError, match="image_size is '7x7', and dataset 'tiny_shakes"):
        load("tiny_shakespeare", data_dir=shakespeare_dir, image_size="7x7")
    with pytest.raises(DataOptionError, match="input_key is 'text' with dataset 'reber'"):
        load("reber", input_key="text")


def test_what_tfds_reads_of_a_folder_is_what_dataset_images_reads(tmp_path):
    random = np.random.default_rng(1)
    for split, count in (("train", 12), ("validation", 4), ("test", 4)):
        for index in range(count):
            place = tmp_path / split / KINDS[index % 2]
            place.mkdir(parents=True, exist_ok=True)
            pixels = random.integers(0, 256, (5, 6, 3), np.uint8)
            (place / f"{index}.png").write_bytes(png(pixels).getvalue())
    theirs = tfds.ImageFolder(str(tmp_path))
    ours = load("images", data_path=tmp_path)
    assert ours.class_names == tuple(theirs.info.features["label"].names)
    for split, arrays in ours.splits.items():
        read = tfds.as_numpy(theirs.as_dataset(split=split))
        expected = {each["image"].tobytes(): each["label"] for each in read}
        assert len(expected) == arrays.size
        for image, label in zip(arrays.inputs, arrays.targets, strict=True):
            assert expected[np.rint(image * 255).astype(np.uint8).tobytes()] == label
