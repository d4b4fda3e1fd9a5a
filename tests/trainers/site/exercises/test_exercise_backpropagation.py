"""Exercise: backpropagation against the slope that a small change shows."""

import numpy as np

from trainers.inspection.reference_backprop import gradients


def test_a_small_change_shows_the_slope():
    random = np.random.default_rng(0)
    weights = [random.normal(size=shape) for shape in ((4, 5), (5,), (5, 3), (3,))]
    inputs, classes = random.normal(size=(8, 4)), random.integers(0, 3, 8)

    def loss():
        value, _ = gradients(weights, inputs, classes, activation="tanh", loss="cross_entropy")
        return value

    _, exact = gradients(weights, inputs, classes, activation="tanh", loss="cross_entropy")

    def error_at(epsilon):
        kernel, before = weights[0], weights[0][2, 1]
        kernel[2, 1] = before + epsilon
        above = loss()
        kernel[2, 1] = before - epsilon
        below = loss()
        kernel[2, 1] = before
        return abs((above - below) / (2 * epsilon) - exact[0][2, 1])

    assert error_at(1e-5) < 1e-9
    # Too large, and the curve bends; too small, and 16 digits are not enough.
    assert error_at(1e-1) > 1e3 * error_at(1e-5)
    assert error_at(1e-12) > 1e3 * error_at(1e-5)
