"""The few examples of the fine-tuning experiment, and a start that gives nothing."""

import numpy as np
import pytest

import zoo
from trainers.claims.verdict import judge
from trainers.experiments import experiment, fine_tuning
from trainers.problems.supervised.fit import split_of


@pytest.fixture(scope="module")
def digits():
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(10, dtype=np.int32), 30)
    return split_of(random.random((300, 8, 8, 1)).astype(np.float32), targets)


def test_digits_lie_in_the_middle_as_mnists_do(digits):
    larger = fine_tuning.as_mnist(digits)
    assert larger.inputs.shape == (300, 28, 28, 1)
    np.testing.assert_array_equal(larger.targets, digits.targets)
    inside = larger.inputs[:, 4:24, 4:24]
    assert inside.sum() == pytest.approx(larger.inputs.sum())
    # Interpolation keeps values between those of the pixels, and their mean nearly.
    assert inside.min() >= 0
    assert inside.max() <= 1 + 1e-6
    np.testing.assert_allclose(inside.mean(), digits.inputs.mean(), rtol=0.02)


def test_examples_are_drawn_by_seed_and_of_each_class_as_many(digits):
    few = fine_tuning.chosen(digits, 100, 3)
    np.testing.assert_array_equal(np.bincount(few.targets), [10] * 10)
    again, other = (fine_tuning.chosen(digits, 100, seed).inputs for seed in (3, 4))
    np.testing.assert_array_equal(few.inputs, again)
    assert not np.array_equal(few.inputs, other)
    assert len({image.tobytes() for image in few.inputs}) == 100


def test_drawn_weights_are_of_the_seed_and_not_the_trained_ones():
    card = zoo.weights_card("cnn:mnist")
    first, again, other = (fine_tuning.drawn(card, seed) for seed in (1, 1, 2))
    trained = zoo.create_model("cnn", weights="mnist").get_weights()
    for one, same, another, learned in zip(first, again, other, trained, strict=True):
        assert one.shape == learned.shape
        np.testing.assert_array_equal(one, same)
        if one.ndim > 1:
            assert not np.array_equal(one, another)
            assert not np.array_equal(one, learned)


def test_a_start_that_gives_nothing_does_not_hold():
    expected = experiment.load("fine_tuning").expected
    for pairs, held in (
        ([(0.9, 0.9), (0.8, 0.8), (0.7, 0.7)], False),
        ([(0.9, 0.8), (0.8, 0.9), (0.8, 0.79)], False),
        ([(0.97, 0.88), (0.98, 0.87), (0.97, 0.9)], True),
    ):
        gains = [fine_tuning.compare(*pair)["gain"] for pair in pairs]
        (check,) = judge(expected, {"gain": gains})
        assert check.held is held
