"""Exercise: descent in a narrow valley, and in the same valley measured in other units."""

import numpy as np

from trainers.experiments.optimizers import best_parameters


def test_a_narrow_valley_and_other_units():
    curvatures = np.array([1.0, 100])
    rate, _, factor = best_parameters(100, "gd")
    assert rate == 2 / (1 + 100)
    weights = np.ones(2)
    for _ in range(10):
        before = weights
        weights = weights - rate * curvatures * weights
        # Both weights shrink by the same factor, the second one changing its sign.
        np.testing.assert_allclose(np.abs(weights / before), factor)
    assert np.linalg.norm(weights) > 0.8 * np.linalg.norm([1, 1])  # ten steps: hardly begun

    # With u = 10 w the loss is (w^2 + u^2) / 2: a round bowl, and one step at the rate 1.
    weights, curvatures = np.array([1.0, 10]), np.ones(2)
    np.testing.assert_array_equal(weights - 1 * curvatures * weights, 0)
