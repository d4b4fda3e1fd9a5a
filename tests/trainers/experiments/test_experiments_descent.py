"""Formulas behind the experiments on descent and outliers, recomputed another way."""

import math

import numpy as np
import pytest

from trainers.experiments import batch_vs_stochastic, optimizers, outliers


@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_best_parameters_give_the_stated_spectral_radius(kappa):
    for name in ("gd", "heavy_ball"):
        eta, beta, factor = optimizers.best_parameters(kappa, name)
        radii = [
            # The error pair (e_k+1, e_k) is a fixed matrix times (e_k, e_k-1).
            np.abs(np.linalg.eigvals([[1 + beta - eta * h, -beta], [1, 0]])).max()
            for h in np.linspace(1, kappa, 50)
        ]
        # A double root is only found to the square root of the rounding.
        assert max(radii) == pytest.approx(factor, abs=1e-6)


def test_quadratic_has_the_promised_spectrum_and_a_bias_of_its_own():
    inputs, hessian = optimizers.quadratic(100.0)
    assert np.linalg.cond(hessian) == pytest.approx(100.0, rel=1e-9)
    assert np.linalg.eigvalsh(hessian)[0] == pytest.approx(1.0, rel=1e-9)
    assert np.abs(inputs.mean(axis=0)).max() < 1e-12


def test_heavy_ball_without_momentum_is_gradient_descent():
    hessian, start = np.diag([1.0, 3.0]), np.array([[2.0], [4.0]])
    found = optimizers.heavy_ball(hessian, start, 0.1, 0.0, 3)
    np.testing.assert_allclose(found, [[2 * 0.9**3], [4 * 0.7**3]], rtol=1e-12)


@pytest.mark.parametrize(("share", "spread"), [(0.0, 10.0), (0.1, 10.0), (0.3, 3.0)])
def test_huber_variance_equals_the_integrals(share, spread):
    delta, r = 1.345, np.linspace(-120, 120, 1_000_001)
    density = (1 - share) * np.exp(-r * r / 2) + share * np.exp(-((r / spread) ** 2) / 2) / spread
    density *= (r[1] - r[0]) / math.sqrt(2 * math.pi)
    square = (np.clip(r, -delta, delta) ** 2 * density).sum()
    slope = density[np.abs(r) < delta].sum()
    found = outliers.huber_variance(delta, share, spread)
    assert found == pytest.approx(square / slope**2, rel=1e-3)


def test_huber_has_95_percent_efficiency_at_1_345():
    assert 1 / outliers.huber_variance(1.345, 0.0, 1.0) == pytest.approx(0.95, abs=5e-4)
    assert outliers.huber_variance(50.0, 0.0, 1.0) == pytest.approx(1.0)
    assert outliers.huber_variance(math.inf, 0.1, 10.0) == pytest.approx(10.9)


def test_noise_without_replacement_is_the_variance_of_the_mean_of_every_subset():
    values = np.array([0.0, 1.0, 5.0, 6.0])
    pairs = [values[[i, j]].mean() for i in range(4) for j in range(i)]
    one, two, four = batch_vs_stochastic.noise([1, 2, 4], 4, False)
    assert (one, four) == (1.0, 0.0)
    assert two == pytest.approx(np.var(pairs) / np.var(values))
    assert batch_vs_stochastic.noise([5], 4, True)[0] == pytest.approx(0.2)
