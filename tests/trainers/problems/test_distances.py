"""Distances by matrix products are those of the points' differences."""

import numpy as np

from trainers.problems.distances import squared_distances


def test_squared_distances_are_those_of_the_differences_block_by_block():
    random = np.random.default_rng(0)
    points = random.normal(size=(2003, 2, 3)).astype(np.float32)
    centres = random.normal(size=(7, 2, 3)).astype(np.float32)
    blocks = list(squared_distances(points, centres))
    assert [len(block) for block in blocks] == [1000, 1000, 3]
    differences = points[:, None].astype(np.float64) - centres
    expected = np.square(differences).sum(axis=(2, 3))
    np.testing.assert_allclose(np.concatenate(blocks), expected, rtol=1e-12, atol=1e-12)
    assert blocks[0].dtype == np.float64
