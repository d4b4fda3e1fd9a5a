"""What the pages draw by lot: uniform, decided by a seed, as likely as it should be."""

import numpy as np
import pytest


def test_numbers_are_uniform_and_their_seeds_own(evaluated):
    draws = evaluated(
        "input.map((seed) => Array.from({length: 4000}, zoo.random(seed)))",
        given=[1, 1, 2],
    )
    first, again, other = map(np.array, draws)
    assert (first == again).all()
    assert (first != other).mean() > 0.99
    assert first.min() >= 0
    assert first.max() < 1
    # Of 4,000 draws in ten equal parts each holds 400, give or take 19.
    counts = np.histogram(first, bins=10, range=(0, 1))[0]
    assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-square of 9, exceeded once in 1,000
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("uniform", "outcome"), [(0, 0), (0.24, 0), (0.26, 2), (0.74, 2), (0.76, 3), (0.9999999, 3)]
)
def test_an_outcome_is_drawn_as_often_as_its_probability_says(uniform, outcome, evaluated):
    drawn = evaluated("zoo.drawn([0.25, 0, 0.5, 0.25, 0], input)", given=uniform)
    assert drawn == outcome


def test_rounding_draws_nothing_impossible(evaluated):
    assert evaluated("zoo.drawn([0.3, 0.3, 0.3999999, 0], 0.99999999)") == 2
