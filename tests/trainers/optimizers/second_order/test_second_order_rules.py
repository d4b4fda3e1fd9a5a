"""The rules that second-order methods are made of, each recomputed in NumPy."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order import conjugate_gradient, damped_solve, line_search
from trainers.optimizers.second_order.damping import levenberg_marquardt, reduction_ratio
from trainers.optimizers.second_order.natural_gradient import trust_region_scale
from trainers.problems.supervised.step import SupervisedStep

pytestmark = pytest.mark.usefixtures("plain_graphs")


def system(size=40, condition=1e3, lowest=None):
    """Return a symmetric matrix of known eigenvalues and a right-hand side."""
    random = np.random.default_rng(4)
    basis, _ = np.linalg.qr(random.normal(size=(size, size)))
    eigenvalues = np.geomspace(1, condition, size)
    if lowest is not None:
        eigenvalues[0] = lowest
    return basis * eigenvalues @ basis.T, random.normal(size=size)


def solve(matrix, b, **options):
    product = lambda v: tf.linalg.matvec(tf.constant(matrix), v)  # noqa: E731
    return conjugate_gradient.solve(product, tf.constant(b), **options)


def cg(matrix, b, **options):
    found = tf.function(lambda: solve(matrix, b, **options))()
    return conjugate_gradient.Solution(*(np.asarray(part) for part in found))


def test_conjugate_gradient_solves_a_positive_definite_system():
    matrix, b = system()
    found = cg(matrix, b, iterations=400, tolerance=0.0)
    np.testing.assert_allclose(found.x, np.linalg.solve(matrix, b), rtol=1e-8, atol=1e-10)
    assert not found.negative_curvature
    assert found.iterations < 200


def test_conjugate_gradient_needs_one_iteration_per_distinct_eigenvalue():
    random = np.random.default_rng(0)
    basis, _ = np.linalg.qr(random.normal(size=(30, 30)))
    matrix = basis * np.repeat([1.0, 5.0, 20.0], 10) @ basis.T
    found = cg(matrix, basis.sum(axis=1), iterations=3, tolerance=0.0)
    np.testing.assert_allclose(matrix @ found.x, basis.sum(axis=1), atol=1e-12)


def test_conjugate_gradient_reports_the_value_of_the_quadratic():
    matrix, b = system()
    found = cg(matrix, b, iterations=7)
    assert found.iterations == 7
    assert found.value == pytest.approx(0.5 * found.x @ matrix @ found.x - b @ found.x, rel=1e-12)


def test_conjugate_gradient_stops_at_the_first_iteration_of_too_little_progress():
    matrix, b = system(200, 1e5)
    tolerance = 5e-3
    stopped = int(cg(matrix, b, iterations=500, tolerance=tolerance).iterations)

    @tf.function  # traced once for every number of iterations
    def value(iterations):
        return solve(matrix, b, iterations=iterations, tolerance=0.0).value

    phi = [0.0]
    for i in range(1, stopped + 1):
        phi.append(float(value(tf.constant(i))))
        k = max(10, i // 10)
        slow = i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < k * tolerance
        assert slow == (i == stopped)
    assert 10 < stopped < 500


def test_conjugate_gradient_stops_before_negative_curvature_and_still_leads_downhill():
    matrix, b = system(lowest=-5.0)
    found = cg(matrix, b, iterations=200, tolerance=0.0)
    assert found.negative_curvature
    assert b @ found.x > 0
    assert found.value < 0


def test_conjugate_gradient_returns_b_where_the_first_direction_curves_down():
    b = np.array([1.0, 2.0])
    found = cg(-np.eye(2), b, iterations=5)
    np.testing.assert_array_equal(found.x, b)
    assert found.value == pytest.approx(-0.5 * b @ b - b @ b)


def test_conjugate_gradient_of_a_zero_right_hand_side_is_zero():
    found = cg(np.eye(3), np.zeros(3), iterations=5)
    np.testing.assert_array_equal(found.x, np.zeros(3))
    assert not found.negative_curvature


@pytest.mark.parametrize(
    ("rho", "factor"),
    [
        (-1.0, 1.5),
        (0.24, 1.5),
        (0.25, 1.0),
        (0.75, 1.0),
        (0.76, 2 / 3),
        (1.0, 2 / 3),
        (np.nan, 1.5),
    ],
)
def test_damping_follows_the_reduction_ratio(rho, factor):
    new = levenberg_marquardt(tf.constant(0.3, tf.float64), tf.constant(rho, tf.float64))
    assert float(new) == pytest.approx(0.3 * factor, rel=1e-12)
    assert float(levenberg_marquardt(tf.constant(0.0), tf.constant(0.0))) == 0.0


def test_reduction_ratio_is_one_for_an_exact_model():
    assert float(reduction_ratio(tf.constant(-0.2), tf.constant(-0.2))) == 1.0


def search(function, slope, rounding=0.0):
    step = line_search.backtrack(
        lambda alpha: tf.cast(function(alpha), tf.float64),
        tf.cast(function(tf.constant(0.0, tf.float64)), tf.float64),
        tf.constant(slope, tf.float64),
        rounding,
    )
    return float(step.alpha), float(step.first_value)


def test_line_search_takes_the_first_step_that_decreases_enough():
    # f(a) = (10 a - 1)^2 has slope -20: 1, 1/2 and 1/4 fail, 1/8 passes.
    assert search(lambda a: (10 * a - 1) ** 2, -20.0) == (0.125, 81.0)
    assert search(lambda a: (a - 1) ** 2, -2.0) == (1.0, 0.0)


def test_line_search_refuses_overflow_and_uphill_steps():
    assert search(lambda a: tf.where(a > 0.3, np.nan, 1 - a), -1.0)[0] == 0.25
    assert search(lambda a: 1 + a, -1.0)[0] == 0.0


def test_line_search_accepts_a_rise_below_rounding():
    assert search(lambda a: 1 + 1e-8 * a, -1e-12, rounding=1e-7)[0] == 1.0


def test_positive_definite_systems_are_solved_as_they_are():
    matrix, b = system()
    x, tau = damped_solve.solve_positive_definite(
        tf.constant(matrix), tf.constant(b), tf.constant(0.5, tf.float64)
    )
    assert float(tau) == 0.5
    np.testing.assert_allclose(x, np.linalg.solve(matrix + 0.5 * np.eye(40), b), rtol=1e-9)


def test_indefinite_systems_are_shifted_until_they_are_positive_definite():
    matrix, b = system(lowest=-5.0)
    x, tau = tf.function(damped_solve.solve_positive_definite)(
        tf.constant(matrix), tf.constant(b), tf.constant(0.0, tf.float64)
    )
    least = abs(np.diag(matrix)).mean() / 1000
    series = least * 4.0 ** np.arange(10)
    assert float(tau) == pytest.approx(series[series > 5.0][0])
    np.testing.assert_allclose(x, np.linalg.solve(matrix + tau * np.eye(40), b), rtol=1e-9)


def test_dense_is_refused_above_its_limit_and_auto_avoids_it():
    assert damped_solve.method_for("dense", 3_000) == "dense"
    assert damped_solve.method_for("auto", 3_000) == "dense"
    assert damped_solve.method_for("auto", 3_001) == "cg"
    assert damped_solve.method_for("cg", 2) == "cg"
    with pytest.raises(
        configs.ConfigError, match=r"79,510 parameters .* 529\.9 GiB .* up to 3,000"
    ):
        damped_solve.method_for("dense", 79_510)


@pytest.mark.parametrize("norm", [1e-9, 0.19, 0.21, 40.0])
def test_trust_region_bounds_half_the_squared_norm(norm):
    scale = float(trust_region_scale(tf.constant(norm, tf.float64), 0.1))
    assert 0.5 * scale**2 * norm == pytest.approx(min(0.1, 0.5 * norm), rel=1e-12)
    assert float(trust_region_scale(tf.constant(norm), 0.0)) == 1.0


def test_l2_penalty_counts_kernels_only():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    zoo.mark_variables(model)
    kernel, bias = np.arange(6.0, dtype=np.float32).reshape(3, 2), np.ones(2, np.float32)
    model.set_weights([kernel, bias])
    penalty = L2Penalty(model.trainable_variables, 0.1)
    weights = [tf.constant(kernel), tf.constant(bias)]
    assert float(penalty.value(weights)) == pytest.approx(0.5 * 0.1 * (kernel**2).sum())
    gradient = penalty.add_gradient([tf.ones([3, 2]), tf.ones([2])], tf.constant(2.0))
    np.testing.assert_allclose(gradient[0], 1 + 2 * 0.1 * kernel, rtol=1e-6)
    np.testing.assert_array_equal(gradient[1], np.ones(2))
    untouched = [tf.ones([3, 2]), tf.ones([2])]
    assert L2Penalty(model.trainable_variables, 0.0).add_gradient(untouched, 1.0) == untouched


@pytest.mark.parametrize("micro", [4096, 10])
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_every_step_adds_the_penalty_s_gradient_once(micro, precision, make_step, make_data):
    data, indices = make_data(weighted=True), tf.range(23)
    without = make_step(precision=precision, micro=micro)
    penalty = L2Penalty(without.model.trainable_variables, 0.3)
    penalized = SupervisedStep(
        without.model,
        without.weights,
        dataclasses.replace(without.risk, penalty=penalty),
        micro_batch_size=micro,
    )
    scale = getattr(without.weights.optimizer, "dynamic_scale", 1.0)
    plain, plain_sums, _ = without.gradients(data, indices)
    found, sums, _ = penalized.gradients(data, indices)
    kernel = without.model.trainable_variables[0].numpy()
    np.testing.assert_allclose(found[0] / scale, plain[0] / scale + 0.3 * kernel, atol=1e-6)
    np.testing.assert_array_equal(found[1], plain[1])
    np.testing.assert_array_equal(sums, plain_sums)
