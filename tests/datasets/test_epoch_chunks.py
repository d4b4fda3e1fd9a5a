import numpy as np
import pytest
import tensorflow as tf

from datasets import DataError, chunks, epoch_order, load, sample_rows


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_alone():
    first = epoch_order(1000, seed=3, epoch=7)
    np.random.seed(0)
    np.random.random(10)
    np.testing.assert_array_equal(first, epoch_order(1000, seed=3, epoch=7))
    np.testing.assert_array_equal(np.sort(first), np.arange(1000))
    assert first.dtype == np.int32
    others = [epoch_order(1000, 3, 8), epoch_order(1000, 4, 7), epoch_order(1000, 7, 3)]
    for other in [*others, np.arange(1000)]:
        assert (first == other).mean() < 0.05


def test_order_is_the_recorded_one():
    # A changed stream would break the resumption of old runs: release it as a new version.
    assert epoch_order(10, seed=0, epoch=1).tolist() == RECORDED_ORDER


RECORDED_ORDER = [9, 1, 3, 8, 7, 6, 0, 4, 2, 5]


def test_positions_are_uniform():
    firsts = np.array([epoch_order(10, seed=1, epoch=epoch)[0] for epoch in range(5000)])
    counts = np.bincount(firsts, minlength=10)
    chi_square = ((counts - 500) ** 2 / 500).sum()
    assert chi_square < 27.9  # 0.999 quantile of 9 degrees of freedom


def test_sampled_rows_stand_for_the_whole_split_and_never_change():
    rows = sample_rows(10_000, 1000)
    np.testing.assert_array_equal(rows, sample_rows(10_000, 1000))
    np.testing.assert_array_equal(rows, np.unique(rows))  # ascending, none twice
    assert (len(rows), rows.dtype) == (1000, np.int32)
    for classes in (np.arange(10_000) // 1000, np.arange(10_000) % 10):  # in blocks, in turn
        assert np.bincount(classes[rows], minlength=10).min() > 60
    np.testing.assert_array_equal(sample_rows(5, 1000), np.arange(5))


@pytest.mark.parametrize("arguments", [(0, 0, 0), (5, -1, 0), (5, 0, -1)])
def test_impossible_orders_are_refused(arguments):
    with pytest.raises(DataError, match="allowed are"):
        epoch_order(*arguments)


@pytest.mark.parametrize("name", ["digits", "diabetes", "reber"])
@pytest.mark.parametrize("max_resident_gib", [2.0, 0.0])
def test_chunks_hold_the_rows_of_the_order(name, max_resident_gib, tfds_dir):
    split = load(name, data_dir=tfds_dir, max_resident_gib=max_resident_gib).splits["test"]
    order = epoch_order(split.size, seed=2, epoch=0)
    parts = list(chunks(split, order, 48))
    sizes = [len(inputs) for inputs, _, _ in parts]
    assert sizes == [48] * (split.size // 48) + [split.size % 48]
    for position, array in enumerate((split.inputs, split.targets, split.weights)):
        joined = np.concatenate([part[position].numpy() for part in parts])
        np.testing.assert_array_equal(joined, np.asarray(array)[order])
        assert joined.dtype == array.dtype
        assert parts[0][position].shape == (48, *array.shape[1:])


def test_one_chunk_larger_than_the_order_holds_it_all(tfds_dir):
    split = load("diabetes", data_dir=tfds_dir).splits["test"]
    ((inputs, _, _),) = chunks(split, np.array([5, 5, 2]), 1000)
    np.testing.assert_array_equal(inputs.numpy(), split.inputs[[5, 5, 2]])


@pytest.mark.parametrize(
    ("order", "size", "said"),
    [
        ([0, 89], 2, r"numbers in 0\.\.88"),
        ([-1], 2, r"numbers in 0\.\.88"),
        ([], 2, "one axis"),
        ([0], 0, "examples_per_chunk is 0"),
    ],
)
def test_impossible_chunks_are_refused(order, size, said, tfds_dir):
    split = load("diabetes", data_dir=tfds_dir).splits["test"]
    with pytest.raises(DataError, match=said):
        next(chunks(split, np.array(order, dtype=np.int64), size))


def test_no_reader_waits_for_the_tuners_thread_when_it_is_let_go(tfds_dir, monkeypatch):
    """It would for as long as it has lived, in TensorFlow 2.21."""
    read, iterate = [], tf.data.Dataset.__iter__

    def noted(dataset):
        read.append(dataset.options().autotune.enabled)
        return iterate(dataset)

    monkeypatch.setattr(tf.data.Dataset, "__iter__", noted)
    load("digits", data_dir=tfds_dir)
    assert read == [False] * 3
