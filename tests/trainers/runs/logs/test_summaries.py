"""What is written for TensorBoard is what `tf.summary` writes, of whatever values."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from trainers.runs.logs import summaries
from trainers.runs.logs.event_file import EventFile
from trainers.runs.logs.summaries import buckets
from trainers.runs.tensorboard.descriptions import about
from trainers.runs.tensorboard.event_files import EventFiles

RANDOM = np.random.default_rng(0)
# More than are counted at a time, and not a multiple of that.
MANY = RANDOM.normal(size=(3, 20_001)).astype(np.float32)
VALUES = {
    "normal": MANY,
    "rectified": np.maximum(MANY, 0),
    "float64": RANDOM.normal(size=1000),
    "float16": RANDOM.normal(size=1000).astype(np.float16),
    "integers, each on the left end of its bucket": np.arange(31),
    "truth values": MANY > 0,
    "one value": np.array(2.5, np.float32),
    "equal values": np.full((4, 5), -3.0, np.float32),
    "no values": np.zeros((0, 7), np.float32),
    "large values": np.array([1e300, -1e300, 0.0]),
    "not a number": np.array([1.0, np.nan, 2.0]),
    "infinite": np.array([1.0, np.inf, 2.0]),
    "infinite at both ends": np.array([-np.inf, 0.0, np.inf]),
    "negative infinite": np.array([-np.inf, 1.0, 3.0], np.float32),
    "all infinite": np.array([np.inf, np.inf]),
}


@pytest.fixture(scope="module")
def by_tensorflow(tmp_path_factory):
    """The buckets that TensorFlow's own summaries of the values hold, by name."""
    folder = tmp_path_factory.mktemp("tensorflow")
    with tf.summary.create_file_writer(str(folder)).as_default():
        for name, values in VALUES.items():
            tf.summary.histogram(name, values, step=1)
    return written(folder)


def written(folder):
    (path,) = folder.glob("events.out.tfevents.*")
    events = [event for event in EventFileLoader(str(path)).Load() if event.summary.value]
    return {value.tag: value for event in events for value in event.summary.value}


@pytest.mark.parametrize("name", VALUES)
def test_buckets_are_tensorflows(name, by_tensorflow):
    expected = tf.make_ndarray(by_tensorflow[name].tensor)
    found = buckets(VALUES[name])
    assert found.dtype == expected.dtype == np.float64
    assert found.shape == expected.shape == (30, 3)
    np.testing.assert_array_equal(found[:, 2], expected[:, 2])
    np.testing.assert_allclose(found[:, :2], expected[:, :2], rtol=1e-12, atol=1e-15)


PICTURES = {
    "real": RANDOM.uniform(-0.2, 1.2, size=(3, 5, 4, 1)).astype(np.float32),
    "coloured": RANDOM.integers(0, 256, size=(1, 4, 6, 3)).astype(np.uint8),
}


def test_event_files_hold_what_tensorflow_writes(tmp_path, by_tensorflow):
    (tmp_path / "tensorflow").mkdir()
    with tf.summary.create_file_writer(str(tmp_path / "tensorflow")).as_default():
        for name, images in PICTURES.items():
            tf.summary.image(name, images, step=1, max_outputs=9)
        tf.summary.scalar("loss", 0.1, step=1, description=about("loss").description)
        tf.summary.text("page", "some *words*", step=1)
    expected = written(tmp_path / "tensorflow")
    expected |= {name: by_tensorflow[name] for name in ("normal", "no values")}
    files = EventFiles(tmp_path, 0)
    files.begin([])
    files.histograms({name: VALUES[name] for name in ("normal", "no values")}, 1)
    for name, images in PICTURES.items():
        files.images(name, images, 1)
    files.scalars("train", {"loss": 0.1}, 1)
    files.text("page", "some *words*", 1)
    files.close()
    found = written(tmp_path / "train")
    assert list(found) == ["normal", "no values", *PICTURES, "loss", "page"]
    for name, value in found.items():
        assert value.metadata == expected[name].metadata
        values, same = tf.make_ndarray(value.tensor), tf.make_ndarray(expected[name].tensor)
        if name == "normal":
            np.testing.assert_allclose(values, same, rtol=1e-12)
        else:
            np.testing.assert_array_equal(values, same)


def test_file_that_is_removed_is_followed_by_a_new_one(tmp_path):
    file = EventFile(tmp_path / "train")
    for step in (1, 2, 3):
        file.write([scalar_pb("loss", 0.5)], step)
        if step == 1:
            (first,) = (tmp_path / "train").iterdir()
            first.unlink()
    file.close()
    (second,) = (tmp_path / "train").iterdir()
    assert second != first
    steps = [event.step for event in EventFileLoader(str(second)).Load() if event.summary.value]
    assert steps == [2, 3]


def test_values_are_widened_a_part_at_a_time(monkeypatch):
    """A large array is not copied: the parts that are widened stay as small as they are said."""
    sizes = []
    count = np.bincount
    monkeypatch.setattr(
        summaries.np, "bincount", lambda x, **rest: sizes.append(x.size) or count(x, **rest)
    )
    assert buckets(MANY)[:, 2].sum() == MANY.size
    assert max(sizes) == 16_384
    assert sum(sizes) == MANY.size
