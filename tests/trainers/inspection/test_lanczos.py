"""The ends of a spectrum against dense eigenvalues, in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.engine.batch import Batch
from trainers.inspection.hessian_spectrum import HessianSpectrum
from trainers.inspection.lanczos import Extremes, extremes
from trainers.objectives import losses
from trainers.objectives.penalty import L2Penalty


def symmetric(eigenvalues, seed=0):
    """A matrix with these eigenvalues and random eigenvectors."""
    random = np.random.default_rng(seed)
    vectors, _ = np.linalg.qr(random.normal(size=(len(eigenvalues), len(eigenvalues))))
    return vectors @ np.diag(eigenvalues) @ vectors.T


@pytest.mark.parametrize("seed", range(5))
def test_both_ends_of_a_random_matrix_equal_the_dense_ones(seed):
    matrix = np.random.default_rng(seed).normal(size=(60, 60))
    matrix += matrix.T
    expected = np.linalg.eigvalsh(matrix)
    found = extremes(lambda v: matrix @ v, 60, tolerance=0)
    assert found.top == pytest.approx(expected[-1], rel=1e-12)
    assert found.bottom == pytest.approx(expected[0], rel=1e-12)
    assert found.products <= 60


def test_reported_errors_bound_the_true_ones_before_convergence():
    # Curvature as networks have it: a bulk near 0 and a few large values.
    eigenvalues = np.concatenate([np.linspace(-0.3, 0.3, 300), [2.0, 5.0, 20.0]])
    matrix = symmetric(eigenvalues)
    for iterations in (2, 4, 8, 16, 32):
        found = extremes(lambda v: matrix @ v, 303, iterations=iterations, tolerance=0)
        for value, error in ((found.top, found.top_error), (found.bottom, found.bottom_error)):
            assert np.abs(eigenvalues - value).min() <= error * (1 + 1e-9)
        assert found.bottom >= -0.3 - 1e-12
        assert found.top <= 20 + 1e-12
        assert found.products == iterations
    assert found.top == pytest.approx(20, abs=1e-10)


def test_tolerance_stops_early():
    matrix = symmetric(np.concatenate([np.linspace(0, 1, 200), [50.0, -40.0]]))
    found = extremes(lambda v: matrix @ v, 202, tolerance=1e-6)
    assert found.products < 15
    assert found.top == pytest.approx(50, rel=1e-6)
    assert found.bottom == pytest.approx(-40, rel=1e-6)


def test_few_different_eigenvalues_end_the_iteration():
    matrix = symmetric([3.0] * 20 + [-1.0] * 20)
    found = extremes(lambda v: matrix @ v, 40, tolerance=0)
    assert found.products == 2
    assert (found.top, found.bottom) == pytest.approx((3, -1), rel=1e-12)


def test_a_single_row_is_its_own_spectrum():
    found = extremes(lambda v: -2.5 * v, 1)
    assert (found.top, found.bottom, found.condition) == (-2.5, -2.5, 1)


@pytest.mark.parametrize("sign", [1, -1])
def test_condition_of_a_definite_matrix_is_numpys(sign):
    matrix = sign * symmetric(np.linspace(0.02, 7, 50))
    found = extremes(lambda v: matrix @ v, 50, tolerance=0)
    assert found.condition == pytest.approx(np.linalg.cond(matrix), rel=1e-8)


def test_condition_of_an_indefinite_matrix_is_bounded_from_below():
    matrix = symmetric([-0.5, -0.01, 0.1, 4.0])
    found = extremes(lambda v: matrix @ v, 4, tolerance=0)
    assert found.condition == pytest.approx(8)
    assert found.condition <= np.linalg.cond(matrix)


def test_condition_of_a_singular_matrix_is_infinite_and_of_zero_undefined():
    matrix = symmetric([0.0, 1.0, 2.0, 3.0])
    assert extremes(lambda v: matrix @ v, 4).condition == np.inf
    assert np.isnan(extremes(lambda v: 0 * v, 4).condition)


def test_an_unresolved_end_makes_the_condition_infinite():
    assert Extremes(10.0, 0.5, 0.0, 0.6, 3).condition == np.inf
    assert Extremes(10.0, 0.5, 0.0, 0.1, 3).condition == 20


def test_products_that_are_not_finite_give_nan():
    found = extremes(lambda v: v * np.inf, 5)
    assert np.isnan([found.top, found.bottom, found.condition]).all()
    assert found.products == 1


@pytest.fixture
def float64_problem():
    """A model with batch normalization and dropout, its loss, penalty and a weighted batch."""
    keras.config.set_dtype_policy("float64")
    model = zoo.create_model(
        "mlp",
        num_classes=3,
        input_shape=(4,),
        hidden_units=(6,),
        activation="tanh",
        normalization="batch",
        dropout=0.4,
    )
    random = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    loss = losses.loss_function(configs.LossConfig("cross_entropy"), "classes", 3, "linear")
    batch = Batch(random.normal(size=(20, 4)), random.integers(0, 3, 20), random.random(20))
    return model, loss, L2Penalty(model.trainable_variables, 0.1), batch


def dense_hessian(model, loss, penalty, batch):
    """The Jacobian of the gradient, with the penalty's diagonal."""
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            values = loss(batch.targets, model(batch.inputs, training=False))
            mean = tf.reduce_sum(values * batch.weights) / batch.weights.sum()
        gradients = inner.gradient(mean, variables)
        flat = tf.concat([tf.reshape(g, [-1]) for g in gradients], 0)
    rows = outer.jacobian(flat, variables, unconnected_gradients="zero")
    matrix = np.concatenate([np.reshape(r, (len(flat), -1)) for r in rows], axis=1)
    is_kernel = [v.name.endswith("kernel") for v in model.trainable_variables]
    sizes = [int(np.prod(v.shape)) for v in variables]
    return matrix + np.diag(penalty.l2 * np.repeat(is_kernel, sizes))


def test_hessian_s_ends_equal_those_of_the_dense_hessian(float64_problem):
    expected = np.linalg.eigvalsh(dense_hessian(*float64_problem))
    assert expected[0] < 0 < expected[-1]
    spectrum = HessianSpectrum(*float64_problem)
    found = spectrum.extremes(iterations=1000, tolerance=1e-9)
    assert found.top == pytest.approx(expected[-1], rel=1e-6)
    assert found.bottom == pytest.approx(expected[0], rel=1e-6)
    figures = spectrum.figures()
    assert figures["hessian_top_eigenvalue"] == pytest.approx(expected[-1], rel=1e-5)
    assert figures["hessian_bottom_eigenvalue"] == pytest.approx(expected[0], rel=1e-5)
    ends = np.abs(expected[[0, -1]])
    assert figures["hessian_condition"] == pytest.approx(ends.max() / ends.min(), rel=1e-4)


def test_looking_at_the_hessian_changes_no_variable(float64_problem):
    model = float64_problem[0]
    before = [np.array(variable.value) for variable in model.variables]
    HessianSpectrum(*float64_problem).figures()
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)
