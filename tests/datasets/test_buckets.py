"""Batches of like length: every example once, no place of the epoch with longer ones."""

import numpy as np
import pytest

from datasets import DataError, Split, bucketed_order

LENGTHS = np.random.default_rng(0).geometric(0.1, 4_007).clip(max=60)


def batches_of(lengths, batch_size, seed, epoch):
    order = bucketed_order(lengths, batch_size, seed, epoch)
    full = len(lengths) // batch_size
    return lengths[order[: full * batch_size]].reshape(full, batch_size)


def test_every_example_is_seen_once_in_an_order_of_seed_and_epoch_alone():
    order = bucketed_order(LENGTHS, 32, seed=3, epoch=7)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(LENGTHS)))
    assert order.dtype == np.int32
    np.testing.assert_array_equal(order, bucketed_order(LENGTHS, 32, seed=3, epoch=7))
    for seed, epoch in ((3, 8), (4, 7), (7, 3)):
        assert (order == bucketed_order(LENGTHS, 32, seed, epoch)).mean() < 0.01


def test_order_is_the_recorded_one():
    # A changed order would break the resumption of old runs: release it as a new setting.
    lengths = np.array([3, 1, 2, 9, 7, 1, 5, 4, 8, 6, 2])
    assert bucketed_order(lengths, 2, seed=0, epoch=1).tolist() == RECORDED_ORDER


RECORDED_ORDER = [1, 10, 7, 6, 8, 3, 9, 4, 2, 0, 5]


@pytest.mark.parametrize("size", [32, 33, 640, 641, 4_007])
def test_batches_hold_examples_of_like_length(size):
    lengths = LENGTHS[:size]
    batches = batches_of(lengths, 32, seed=1, epoch=2)
    whole = len(batches)
    window = np.sort(lengths)[::-1].reshape(-1)[: whole * 32]
    # No order has shorter longest examples than a sort of all; windows come near it.
    least = window.reshape(whole, 32)[:, 0].mean()
    assert batches.max(axis=1).mean() <= 1.15 * least + 1
    if whole > 1:
        assert batches.max(axis=1).mean() < 0.6 * lengths.max()


def test_no_place_of_the_epoch_expects_longer_sequences():
    """Nor the smaller last batch, a draw of all: means stay within 4.5 of their deviations."""
    lengths, epochs = LENGTHS[: 45 * 8 + 5], 600
    orders = np.array([bucketed_order(lengths, 8, 5, epoch) for epoch in range(epochs)])
    means = np.stack([lengths[orders[:, i : i + 8]].mean(axis=1) for i in range(0, 365, 8)], 1)
    error = (means.mean(axis=0) - lengths.mean()) / (means.std(axis=0) / epochs**0.5)
    assert len(error) == 46
    assert np.abs(error).max() < 4.5


def test_examples_of_one_length_meet_others_in_every_epoch():
    lengths = np.full(640, 7)
    for epoch in (0, 1):
        rows = bucketed_order(lengths, 32, 0, epoch).reshape(20, 32)
        assert np.abs(rows.mean(axis=1) - 319.5).max() < 5 * 640 / (12 * 32) ** 0.5
    together = [set(bucketed_order(lengths, 32, 0, epoch)[:32].tolist()) for epoch in (0, 1)]
    assert len(together[0] & together[1]) < 10


def test_a_batch_without_examples_is_refused():
    with pytest.raises(DataError, match=r"batch_size is 12, allowed is 1 to 11"):
        bucketed_order(LENGTHS[:11], 12, 0, 0)


def test_lengths_end_at_the_last_weight_or_the_last_number():
    weights = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], np.float32)
    symbols = Split(np.zeros((3, 4), np.int32), np.zeros((3, 4), np.int32), weights)
    assert symbols.lengths.tolist() == [2, 4, 0]
    series = np.zeros((3, 4, 2), np.float32)
    series[0, 2:] = series[1, :2] = series[2] = np.nan
    series[1, 3, 0] = np.nan  # the other feature is there
    assert Split(series, np.zeros(3), np.ones(3)).lengths.tolist() == [2, 4, 0]


def test_what_has_no_padding_has_no_lengths():
    ones = np.ones((3, 4), np.float32)
    for inputs, weights in ((ones, ones), (ones, ones[:, 0]), (ones[..., None], ones[:, 0])):
        assert Split(inputs, ones, weights).lengths is None
