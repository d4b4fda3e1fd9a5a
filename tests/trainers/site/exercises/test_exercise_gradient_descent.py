"""Exercise: a batch's gradient is unbiased, and its variance is V/B (N - B)/(N - 1)."""

import itertools

import numpy as np


def test_the_mean_and_the_variance_of_a_batch():
    gradients = np.array([3.0, -1, 4, 1, -5, 9])
    count, variance = len(gradients), gradients.var()
    for size in range(1, count + 1):
        batches = itertools.combinations(gradients, size)
        means = np.array([np.mean(batch) for batch in batches])
        np.testing.assert_allclose(means.mean(), gradients.mean())
        expected = variance / size * (count - size) / (count - 1)
        np.testing.assert_allclose(means.var(), expected, atol=1e-12)
