"""The data of the experiments on shifts in space and in time, and how they compare."""

import numpy as np
import pytest

import zoo
from trainers.experiments import temporal, translation
from trainers.problems.supervised.fit import split_of


def test_shifted_digits_are_whole_and_lie_in_eight_directions():
    images = np.random.default_rng(0).random((3, 4, 4, 1)).astype(np.float32) + 1
    split = translation.shifted(split_of(images, np.array([5, 6, 7])), 8, 2)
    assert split.inputs.shape == (24, 8, 8, 1)
    np.testing.assert_array_equal(split.targets, [5, 6, 7] * 8)
    corners = set()
    for index, image in enumerate(split.inputs[..., 0]):
        rows, columns = np.nonzero(image)
        corners.add((int(rows.min()), int(columns.min())))
        part = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        np.testing.assert_array_equal(part, images[index % 3, :, :, 0])
    assert corners == {(r, c) for r in (0, 2, 4) for c in (0, 2, 4)} - {(2, 2)}


def test_a_shift_that_would_cut_digits_off_is_refused():
    with pytest.raises(ValueError, match="a shift by 3 pixels leaves a canvas of 8"):
        translation.shifted(split_of(np.ones((1, 4, 4, 1)), np.zeros(1)), 8, 3)


def test_comparison_takes_the_worst_shift():
    figures = translation.compare(np.array([0.9, 0.5, 0.1]), np.array([1.0, 0.8, 0.3]))
    assert figures["smallest_advantage_shifted"] == pytest.approx(0.2)
    assert figures["largest_fall_ratio"] == pytest.approx(0.7 / 0.8)


def test_untrained_convolutions_commute_with_their_stride_alone():
    model = zoo.create_model("cnn", num_classes=2, input_shape=(16, 16, 1), filters=(3, 4))
    images = np.random.default_rng(0).random((2, 8, 8, 1)).astype(np.float32)
    exact, between = translation.equivariance_errors(model, images)
    assert len(exact) == len(between) == 2
    assert max(exact) < 1e-6
    assert min(between) > 1e-2


def test_patterns_differ_in_order_only():
    chosen = temporal.patterns(4, 6, np.random.default_rng(0))
    assert len({tuple(row) for row in chosen}) == 4
    assert set(np.unique(chosen)) == {-1, 1}
    np.testing.assert_array_equal(chosen.sum(axis=1), 0)
    np.testing.assert_array_equal(chosen[:, [0, -1]], [[1, -1]] * 4)


def test_sequences_hold_their_class_s_pattern_from_the_start_on():
    random = np.random.default_rng(0)
    chosen = temporal.patterns(4, 6, random)
    starts = np.array([0, 3, 18, 7])
    split = temporal.sequences(chosen, starts, 24, 0.0, random)
    for sequence, start, target in zip(split.inputs[..., 0], starts, split.targets, strict=True):
        np.testing.assert_array_equal(sequence[start : start + 6], chosen[target])
        assert np.abs(sequence).sum() == 6
    noisy = temporal.sequences(chosen, np.full(500, 4), 24, 0.2, random)
    assert noisy.inputs[:, 10:].std() == pytest.approx(0.2, rel=0.05)
