"""Formulas behind the experiments on descent and outliers, recomputed another way."""

import math

import numpy as np
import pytest

from trainers.experiments import batch_vs_stochastic, optimizers, outliers, second_order


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
    one, two, four = batch_vs_stochastic.noise([1, 2, 4], 4)
    assert (one, four) == (1.0, 0.0)
    assert two == pytest.approx(np.var(pairs) / np.var(values))
    assert batch_vs_stochastic.noise([5], 10**9)[0] == pytest.approx(0.2)


def test_passes_are_updates_times_the_batch_over_the_set():
    sizes = {"single": 1, "mini": 10, "whole": 100}
    updates = {"single": [200.0, math.inf], "mini": [30.0, 40.0], "whole": [20.0, math.inf]}
    found = batch_vs_stochastic.compare(updates, sizes)
    assert found["epochs_whole_over_single"] == pytest.approx([20 / 2, math.nan], nan_ok=True)
    assert found["epochs_whole_over_mini"] == pytest.approx([20 / 3, math.inf])
    assert found["updates_single_over_whole"] == pytest.approx([10, math.nan], nan_ok=True)
    assert found["updates_single_over_mini"] == pytest.approx([200 / 30, math.inf])


def test_every_seed_has_digits_of_its_own():
    settings = {"examples": 288, "epochs": 3}
    parts = [optimizers.digits(settings, seed)[0] for seed in range(6)]
    rows = {row.tobytes() for part in parts for row in part.inputs}
    # All different, but for the few digits that are alike to the pixel.
    assert len(rows) > 0.99 * 6 * 288
    assert all(part.inputs.shape == (288, 64) for part in parts)
    with pytest.raises(ValueError, match="1797 digits are no 7 parts of 288"):
        optimizers.digits(settings, 6)


def test_loss_at_is_that_of_the_first_point_as_far():
    run = {"updates": [1, 2, 3], "passes": [5.0, 11.0, 16.0], "loss": [3.0, 2.0, math.nan]}
    assert second_order.loss_at(run, "updates", 2) == 2.0
    assert second_order.loss_at(run, "passes", 10) == 2.0
    assert second_order.loss_at(run, "passes", 12) == math.inf
    assert second_order.loss_at(run, "passes", 17) == math.inf


def test_losses_are_compared_by_the_logarithm_of_their_ratio():
    losses = {"newton": [1.0], "natural_gradient": [10.0], "sgd": [100.0], "adam": [0.1]}
    assert second_order.compare(losses, "pass") == {
        "log10_newton_over_sgd_per_pass": [-2.0],
        "log10_newton_over_adam_per_pass": [1.0],
        "log10_natural_gradient_over_sgd_per_pass": [-1.0],
        "log10_natural_gradient_over_adam_per_pass": [2.0],
    }
