"""Exercise: Rosenblatt's rule on the logical and stays within Novikoff's bound."""

import numpy as np


def test_rosenblatts_rule_on_the_logical_and():
    # The last input is 1, so that its weight is the bias.
    points = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    targets = np.array([0, 0, 0, 1])
    weights, mistakes = np.zeros(3), 0
    for _ in range(20):
        for x, t in zip(points, targets, strict=True):
            y = float(weights @ x >= 0)
            weights += (t - y) * x
            mistakes += y != t
    assert ((points @ weights >= 0) == targets).all()

    # The line x + y = 1.5 has all four on the right side.
    separator = np.array([1, 1, -1.5]) / np.linalg.norm([1, 1, -1.5])
    margin = np.abs(points @ separator).min()
    longest = np.linalg.norm(points, axis=1).max()
    assert 1 < mistakes <= (longest / margin) ** 2
