"""Returns and advantages, recomputed by loops over segments with every kind of end."""

import numpy as np
import pytest

from trainers.problems.reinforcement.returns import (
    discounted_returns,
    generalized_advantages,
    standardized,
)

TIME, ENVIRONMENTS = 12, 6


@pytest.fixture
def segment():
    """Random rewards and values; environment 0 never ends, 1 ends at the segment's last step."""
    random = np.random.default_rng(0)
    rewards, values, after = random.normal(size=(3, TIME, ENVIRONMENTS)).astype(np.float32)
    terminated = random.random((TIME, ENVIRONMENTS)) < 0.2
    truncated = (random.random((TIME, ENVIRONMENTS)) < 0.2) & ~terminated
    terminated[:, 0] = truncated[:, 0] = False
    terminated[-1, 1], truncated[-1, 1] = True, False
    terminated[-1, 2], truncated[-1, 2] = False, True
    return rewards, terminated, truncated, values, after


def returns_by_loop(rewards, terminated, truncated, after, discount):
    result = np.zeros((TIME, ENVIRONMENTS))
    for e in range(ENVIRONMENTS):
        for start in range(TIME):
            factor = 1.0
            for t in range(start, TIME):
                result[start, e] += factor * rewards[t, e]
                factor *= discount
                if terminated[t, e]:
                    break
                if truncated[t, e] or t == TIME - 1:
                    result[start, e] += factor * after[t, e]
                    break
    return result


@pytest.mark.parametrize("discount", [0.0, 0.9, 1.0])
def test_returns_stop_at_ends_and_bootstrap_at_cuts(segment, discount):
    rewards, terminated, truncated, _, after = segment
    assert terminated.sum() > 5
    assert truncated.sum() > 5
    np.testing.assert_allclose(
        discounted_returns(rewards, terminated, truncated, after, discount),
        returns_by_loop(rewards, terminated, truncated, after, discount),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize(("discount", "trace_decay"), [(0.9, 0.7), (0.99, 1.0), (0.9, 0.0)])
def test_advantages_are_schulmans_sum(segment, discount, trace_decay):
    rewards, terminated, truncated, values, after = segment
    expected = np.zeros((TIME, ENVIRONMENTS))
    for e in range(ENVIRONMENTS):
        for start in range(TIME):
            for t in range(start, TIME):
                following = 0.0 if terminated[t, e] else after[t, e]
                difference = rewards[t, e] + discount * following - values[t, e]
                expected[start, e] += (discount * trace_decay) ** (t - start) * difference
                if terminated[t, e] or truncated[t, e]:
                    break
    actual = generalized_advantages(
        rewards, terminated, truncated, values, after, discount, trace_decay
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_advantages_without_decay_are_returns_less_values():
    """Only where V(s_(t+1)) of one step is V(s_t) of the next, as inside an episode."""
    random = np.random.default_rng(1)
    rewards = random.normal(size=(TIME, 1)).astype(np.float32)
    chain = random.normal(size=(TIME + 1, 1)).astype(np.float32)
    never = np.zeros((TIME, 1), bool)
    np.testing.assert_allclose(
        generalized_advantages(rewards, never, never, chain[:-1], chain[1:], 0.9, 1.0),
        discounted_returns(rewards, never, never, chain[1:], 0.9) - chain[:-1],
        rtol=1e-4,
        atol=1e-5,
    )


def test_standardized_ignores_what_does_not_count():
    random = np.random.default_rng(2)
    values = random.normal(3, 5, (TIME, ENVIRONMENTS)).astype(np.float32)
    counted = (random.random((TIME, ENVIRONMENTS)) < 0.7).astype(np.float32)
    values[counted == 0] = 1e6
    chosen = values[counted == 1]
    actual = np.asarray(standardized(values, counted))[counted == 1]
    np.testing.assert_allclose(actual, (chosen - chosen.mean()) / chosen.std(), rtol=1e-4)
