"""The corridor of Sutton & Barto's example 13.1: its moves, and what policies are worth in it."""

import numpy as np
import pytest

import datasets
from datasets.environments.short_corridor import ShortCorridor

LEFT, RIGHT = 0, 1


def walked(actions):
    """The rewards and ends of one corridor."""
    corridor = ShortCorridor(1)
    taken = [corridor.step(np.array([action])) for action in actions]
    return [(float(reward[0]), bool(end[0]), bool(cut[0])) for _, reward, end, cut in taken]


def test_the_middle_reverses_the_actions_and_the_left_end_is_a_wall():
    on, end = (-1.0, False, False), (-1.0, True, False)
    assert walked([RIGHT, LEFT, RIGHT]) == [on, on, end]
    # Against the wall; right to the middle and, right again, back; then left out of the last place.
    there = [LEFT, RIGHT, RIGHT, RIGHT, LEFT, LEFT, LEFT, RIGHT]
    assert walked(there) == [on] * 7 + [end]
    # The step after an end begins the next episode and earns nothing.
    assert walked([RIGHT, LEFT, RIGHT, RIGHT, RIGHT, LEFT, RIGHT])[3:] == [
        (0.0, False, False), on, on, end,
    ]  # fmt: skip


def test_who_never_changes_never_arrives_and_is_truncated():
    ends = walked([RIGHT] * 1000)
    assert ends == [(-1.0, False, False)] * 999 + [(-1.0, False, True)]


def value(p):
    """v of the first place, by solving Bellman's equations of the three."""
    moves = np.array([[1 - p, p, 0], [p, 0, 1 - p], [0, 1 - p, 0]])
    return np.linalg.solve(np.eye(3) - moves, -np.ones(3))[0]


def test_the_formula_of_the_value_solves_bellmans_equations_and_has_the_known_best():
    grid = np.linspace(0.001, 0.999, 999)
    values = np.array([value(p) for p in grid])
    np.testing.assert_allclose(values, -(4 - 2 * grid) / (grid * (1 - grid)), rtol=1e-10)
    assert grid[values.argmax()] == pytest.approx(2 - np.sqrt(2), abs=5e-4)
    assert values.max() == pytest.approx(-6 - 4 * np.sqrt(2), abs=1e-4)
    assert value(2 - np.sqrt(2)) == pytest.approx(-6 - 4 * np.sqrt(2))
    assert value(2 - np.sqrt(2)) == pytest.approx(-11.6, abs=0.06)  # as the book prints it


@pytest.mark.parametrize("p", [0.3, 0.586, 0.8])
def test_episodes_are_as_long_as_the_value_says(p):
    corridor, random = ShortCorridor(4000), np.random.default_rng(0)
    returns, running = np.zeros(corridor.count), np.ones(corridor.count, bool)
    while running.any():
        _, rewards, end, cut = corridor.step((random.random(corridor.count) < p).astype(int))
        assert not cut[running].any()
        returns += np.where(running, rewards, 0)
        running &= ~end
    error = returns.std() / np.sqrt(corridor.count)
    assert returns.mean() == pytest.approx(value(p), abs=4 * error)
    assert error < 0.3


def test_dataset_has_one_feature_that_tells_nothing_and_a_state_that_goes_on():
    data = datasets.load("short_corridor")
    assert (data.input_shape, data.class_names) == ((1,), ("left", "right"))
    corridor, actions = ShortCorridor(5), np.random.default_rng(0).integers(0, 2, (60, 5))
    for row in actions[:20]:
        corridor.step(row)
    other = ShortCorridor(5)
    np.testing.assert_array_equal(other.set_state(corridor.get_state()), np.ones((5, 1)))
    for row in actions[20:]:
        for left, right in zip(corridor.step(row), other.step(row), strict=True):
            np.testing.assert_array_equal(left, right)
