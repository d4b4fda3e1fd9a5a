"""Ways between latents."""

import numpy as np

from trainers.problems.adversarial.sampling import spherical_interpolation


def test_spherical_interpolation_turns_evenly_from_end_to_end():
    first, last = np.array([2.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0])
    points = spherical_interpolation(first, last, 4)
    angles = np.radians([0, 30, 60, 90])
    expected = 2 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    np.testing.assert_allclose(points, expected, atol=1e-12)


def test_spherical_interpolation_is_whites_formula():
    random = np.random.default_rng(0)
    first, last = random.standard_normal((2, 64))
    points = spherical_interpolation(first, last, 5)
    angle = np.arccos(first @ last / np.linalg.norm(first) / np.linalg.norm(last))
    quarter = (np.sin(0.75 * angle) * first + np.sin(0.25 * angle) * last) / np.sin(angle)
    np.testing.assert_allclose(points[1], quarter)
    np.testing.assert_allclose(points[[0, -1]], [first, last])
    # Halfway on the straight line the norm would be about 1 / sqrt(2) of the ends'.
    assert np.linalg.norm(points[2]) > 0.9 * np.linalg.norm(first)


def test_spherical_interpolation_between_parallel_latents_is_straight():
    points = spherical_interpolation(np.array([1.0, 1.0]), np.array([3.0, 3.0]), 3)
    np.testing.assert_allclose(points, [[1, 1], [2, 2], [3, 3]])
