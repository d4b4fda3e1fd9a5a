"""Which records make which split: shares of every class, whatever the order of the files."""

import dataclasses
import hashlib

import numpy as np
import pytest
import standins
import tensorflow as tf
import tensorflow_datasets as tfds

from datasets import load, records
from datasets.dataset import Split
from datasets.partition import (
    Division,
    Source,
    absent_classes,
    held_out_size,
    partition,
    stratified,
)

FRACTIONS = (0.01, 0.1, 0.25, 0.45)


def sorted_classes(counts):
    return np.repeat(np.arange(len(counts)), counts)


def table(classes, numbers, splits, num_classes):
    """`[splits, classes]`: how many records of each class each split has."""
    return np.array(
        [np.bincount(classes[numbers == split], minlength=num_classes) for split in range(splits)]
    )


def draws():
    """Class counts of many forms, with a fraction and how many splits are missing."""
    random = np.random.default_rng(0)
    for trial in range(400):
        num_classes = int(random.integers(2, 101))
        counts = (
            np.full(num_classes, int(random.integers(1, 60))),
            random.integers(1, 60, num_classes),
            np.minimum(500, random.zipf(1.5, num_classes)),
            np.where(random.random(num_classes) < 0.5, 1, random.integers(1, 200, num_classes)),
            random.integers(1, 4, num_classes),
        )[trial % 5]
        fraction, missing = float(random.choice(FRACTIONS)), int(random.integers(1, 3))
        held_out = held_out_size(int(counts.sum()), fraction)
        train = int(counts.sum()) - missing * held_out
        if train >= 1:
            yield counts, [train] + [held_out] * missing, trial


def test_sizes_are_exact_and_every_class_with_a_fair_share_of_one_is_in_every_split():
    for counts, sizes, seed in draws():
        classes = sorted_classes(counts)
        made = table(classes, stratified(classes, sizes, seed), len(sizes), len(counts))
        assert made.sum(axis=1).tolist() == sizes
        assert made.sum(axis=0).tolist() == counts.tolist()
        fair = np.outer(sizes, counts) / counts.sum()
        assert (made[1:][fair[1:] >= 1] > 0).all(), (counts, sizes)
        assert (abs(made - fair)[1] <= 1 + np.sqrt(fair[1])).all(), (counts, sizes)
        if sizes[0] >= len(counts):
            assert (made[0] > 0).all(), (counts, sizes)  # nothing else can teach a class


@pytest.mark.parametrize(
    ("counts", "sizes", "expected"),
    [
        # As many records as splits: in each, though a fair share would be 0.3.
        ([37, 3], [36, 4], [[34, 2], [3, 1]]),
        ([24, 3, 3], [24, 3, 3], [[22, 1, 1], [1, 1, 1], [1, 1, 1]]),
        # One record alone stays where it can teach.
        ([98, 1, 1], [80, 10, 10], [[78, 1, 1], [10, 0, 0], [10, 0, 0]]),
        ([60] * 10, [480, 60, 60], [[48] * 10, [6] * 10, [6] * 10]),
        ([1, 1], [1, 1], None),  # exact sizes come first
    ],
)
def test_small_cases_by_hand(counts, sizes, expected):
    classes = sorted_classes(counts)
    made = table(classes, stratified(classes, sizes, 0), len(sizes), len(counts))
    assert made.sum(axis=1).tolist() == sizes
    if expected:
        assert made.tolist() == expected


def test_rare_classes_do_not_crowd_out_the_common_one():
    classes = sorted_classes([990] + [3] * 100)  # fair: 99 of 129, and 100 times 0.3
    made = table(classes, stratified(classes, [1032, 129, 129], 0), 3, 101)
    assert (made[1:, 0] >= 99 - 10).all()  # 10 is the square root of 99
    assert ((made[1:, 1:] > 0).sum(axis=1) >= 30).all()


def test_draw_is_a_function_of_the_seed_alone_and_the_same_on_every_machine():
    classes = sorted_classes([50, 70, 3, 1])
    first, same, other = (stratified(classes, [100, 12, 12], seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    assert hashlib.sha256(first.tobytes()).hexdigest()[:16] == "75a843053c0db266"


def test_order_of_the_records_says_nothing_about_their_split():
    classes = sorted_classes([500] * 10)
    numbers = stratified(classes, [4000, 500, 500], 0)
    for split in (1, 2):
        rows = np.flatnonzero(numbers == split)
        within = rows % 500  # uniform in 0..499: mean 249.5, deviation 144
        assert abs(within.mean() - 249.5) < 4 * 144.3 / np.sqrt(len(rows))


def test_division_sends_every_record_to_one_row_whatever_the_batches():
    source = Source("train", {"train": 70, "validation": 20, "test": 10})
    classes = np.arange(100) % 7
    made = []
    for batch in (100, 9, 1):
        division = Division(source, classes, seed=3)
        rows = {split: np.full(size, -1) for split, size in source.sizes.items()}
        for start in range(0, 100, batch):
            records = np.arange(start, min(start + batch, 100))
            for split, chosen, places in division.next(len(records)):
                rows[split][places] = records[chosen]
        assert sorted(np.concatenate(list(rows.values()))) == list(range(100))
        made.append(rows)
    for rows in made[1:]:
        for split, expected in made[0].items():
            np.testing.assert_array_equal(rows[split], expected)


@dataclasses.dataclass
class Info:
    num_examples: int


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"train": 100}, [{"train": 80, "validation": 10, "test": 10}]),
        ({"train": 100, "test": 7}, [{"train": 90, "validation": 10}, {"test": 7}]),
        ({"train": 100, "validation": 7}, [{"train": 90, "test": 10}, {"validation": 7}]),
        ({"train": 9, "validation": 7, "test": 8}, [{"train": 9}, {"validation": 7}, {"test": 8}]),
    ],
)
def test_own_splits_are_used_and_only_missing_ones_carved(own, expected):
    sources = partition("x", {name: Info(size) for name, size in own.items()}, 0.1)
    assert [source.sizes for source in sources] == expected
    assert [source.carved for source in sources] == [len(sizes) > 1 for sizes in expected]


@pytest.fixture(scope="module")
def sorted_dir(tmp_path_factory):
    assert standins.ZooSorted.name == "zoo_sorted"
    return tmp_path_factory.mktemp("sorted")


def numbers_of(split):
    """The numbers of the records of a `zoo_sorted` split, which are its pixels."""
    return np.rint(split.inputs[:, 0, 0, 0] * 255).astype(int)


def test_sorted_set_has_every_class_in_every_split_and_every_record_once(sorted_dir):
    data = load("zoo_sorted", data_dir=sorted_dir)
    assert {name: split.size for name, split in data.splits.items()} == {
        "train": 161,
        "validation": 20,
        "test": 20,
    }
    for split in data.splits.values():
        np.testing.assert_array_equal(split.targets, numbers_of(split) // 20)
    for name in ("validation", "test"):
        assert np.bincount(data.splits[name].targets).tolist() == [2] * 10
    together = np.concatenate([numbers_of(split) for split in data.splits.values()])
    assert sorted(together) == list(range(201))
    assert data.fingerprint.startswith("carved2-")
    assert data.notes == (
        "no split has an example of 1 of 12 classes: 11",
        "split 'validation' has no example of 1 of 11 classes: 10",
        "split 'test' has no example of 1 of 11 classes: 10",
    )


def test_split_seed_alone_decides_and_streaming_changes_nothing(sorted_dir):
    data, other, streamed = (
        load("zoo_sorted", data_dir=sorted_dir, **options)
        for options in ({}, {"split_seed": 1}, {"max_resident_gib": 0})
    )
    assert streamed.fingerprint == data.fingerprint != other.fingerprint
    assert not streamed.splits["validation"].resident
    assert set(numbers_of(data.splits["test"])) != set(numbers_of(other.splits["test"]))


def test_images_are_decoded_once(sorted_dir, monkeypatch):
    load("zoo_sorted", data_dir=sorted_dir)
    decoded, real = [], records._decode_image

    def counted(encoded, shape):
        def count(content):
            decoded.append(1)
            return content

        content = tf.numpy_function(count, [encoded], tf.string)
        content.set_shape([])
        return real(content, shape)

    monkeypatch.setattr(records, "_decode_image", counted)
    load("zoo_sorted", data_dir=sorted_dir)
    assert len(decoded) == 201


def test_shares_are_exact_over_several_files_too(tmp_path):
    builder = standins.ZooSorted(data_dir=tmp_path)
    settings = tfds.download.DownloadConfig(num_shards=4)
    builder.download_and_prepare(download_config=settings)
    assert len(list(tmp_path.rglob("*.tfrecord*"))) == 4
    data = load("zoo_sorted", data_dir=tmp_path)
    for split in data.splits.values():
        np.testing.assert_array_equal(split.targets, numbers_of(split) // 20)
    for name in ("validation", "test"):
        assert np.bincount(data.splits[name].targets).tolist() == [2] * 10


def test_sorted_table_is_drawn_by_chance_from_its_whole_length(tmp_path):
    data = load("zoo_sorted_table", data_dir=tmp_path)
    targets = {name: split.targets[:, 0] for name, split in data.splits.items()}
    assert sorted(np.concatenate(list(targets.values()))) == list(range(100))
    for name in ("validation", "test"):
        assert len(targets[name]) == 10
        assert targets[name].min() < 30
        assert targets[name].max() > 70


def test_class_that_a_split_lacks_is_told_on_one_line():
    def split(*classes):
        targets = np.array(classes, np.int32)
        return Split(targets, targets, targets)

    names = tuple("abcdefgh")
    splits = {"train": split(*range(7)), "validation": split(6), "test": split(*range(7))}
    assert absent_classes({key: split.targets for key, split in splits.items()}, names) == [
        "no split has an example of 1 of 8 classes: h",
        "split 'validation' has no example of 6 of 7 classes: a, b, c, d, e and 1 more",
    ]
