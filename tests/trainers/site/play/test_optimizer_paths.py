"""The paths on the page are those of Keras's optimizers and of the zoo's rules of curvature."""

import keras
import numpy as np
import pytest

KERAS = {
    "gradient": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.875),
    "nesterov": lambda rate: keras.optimizers.SGD(rate, momentum=0.875, nesterov=True),
    "adagrad": lambda rate: keras.optimizers.Adagrad(rate),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate, rho=0.875),
    "adam": lambda rate: keras.optimizers.Adam(rate, beta_1=0.875, beta_2=127 / 128),
}
# Like these, the shares above are numbers that float32, in which Keras keeps them, has exactly.
RATES = {"rosenbrock": 2.0**-10, "quadratic": 2.0**-5}
STEPS = 50


def rosenbrock(w):
    x, y = w
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def quadratic(w):
    return np.array([w[0], 20 * w[1]])


GRADIENTS = {"rosenbrock": rosenbrock, "quadratic": quadratic}


@pytest.mark.parametrize("surface", GRADIENTS)
@pytest.mark.parametrize("rule", KERAS)
def test_fifty_steps_are_those_of_keras(rule, surface, evaluated):
    start, rate = [-1.25, 1.0], RATES[surface]
    path = evaluated(
        "zoo.path(input.rule, zoo.surfaces[input.surface], input.start, input.steps, "
        "{rate: input.rate, momentum: 0.875, rho: 0.875, beta1: 0.875, beta2: 127 / 128})",
        given={"rule": rule, "surface": surface, "start": start, "steps": STEPS, "rate": rate},
    )
    optimizer = KERAS[rule](rate)
    variable = keras.Variable(np.array(start), dtype="float64")
    expected = [np.array(start)]
    for _ in range(STEPS):
        gradient = keras.ops.convert_to_tensor(GRADIENTS[surface](variable.numpy()), "float64")
        optimizer.apply([gradient], [variable])
        expected.append(variable.numpy().copy())
    np.testing.assert_allclose(path, expected, rtol=1e-6, atol=1e-6)
    assert np.linalg.norm(np.subtract(path[-1], start)) > 1e-3


@pytest.mark.parametrize(
    "surface", ["quadratic", "rosenbrock", "saddle", "normal", "regression", "standardized"]
)
def test_gradient_and_hessian_are_those_of_the_value(surface, evaluated):
    w, step = np.array([0.7, 0.4]), 1e-4
    shifts = [np.zeros(2), *(sign * step * unit for unit in np.eye(2) for sign in (1, -1))]
    found = evaluated(
        "(([s]) => input.points.map((w) => [s.value(w), s.gradient(w), s.hessian(w)]))"
        "([zoo.surfaces[input.surface]])",
        "regression",
        given={"surface": surface, "points": [(w + shift).tolist() for shift in shifts]},
    )
    values, gradients = [row[0] for row in found], np.array([row[1] for row in found])
    slope = [(values[1] - values[2]) / (2 * step), (values[3] - values[4]) / (2 * step)]
    np.testing.assert_allclose(gradients[0], slope, rtol=1e-5, atol=1e-6)
    curvature = np.stack([gradients[1] - gradients[2], gradients[3] - gradients[4]], 1) / 2 / step
    np.testing.assert_allclose(found[0][2], curvature, rtol=1e-5, atol=1e-5)
    at_minimum = evaluated(
        "zoo.surfaces[input].gradient(zoo.surfaces[input].minimum)", "regression", given=surface
    )
    np.testing.assert_allclose(at_minimum, 0, atol=1e-9)


def test_the_regressions_loss_is_half_the_mean_squared_error_of_the_data(evaluated):
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    x, y = data.data[:, 2] / 10, data.target / 100
    value = evaluated("zoo.surfaces.regression.value([0.5, -0.25])", "regression")
    assert value == pytest.approx(np.mean((0.5 * x - 0.25 - y) ** 2) / 2, rel=1e-9)
    standardized = (x - x.mean()) / x.std()
    value = evaluated("zoo.surfaces.standardized.value([0.5, -0.25])", "regression")
    assert value == pytest.approx(np.mean((0.5 * standardized - 0.25 - y) ** 2) / 2, rel=1e-9)
    hessian = evaluated("zoo.surfaces.standardized.hessian()", "regression")
    np.testing.assert_allclose(hessian, np.eye(2), atol=1e-12)


def test_the_fisher_information_is_the_mean_square_of_the_score(evaluated):
    mean, log_deviation = 0.3, -0.2
    draws = np.random.default_rng(0).normal(mean, np.exp(log_deviation), 400_000)
    standard = (draws - mean) / np.exp(log_deviation)
    scores = np.stack([standard / np.exp(log_deviation), standard**2 - 1])
    fisher = evaluated("zoo.surfaces.normal.fisher(input)", given=[mean, log_deviation])
    np.testing.assert_allclose(fisher, scores @ scores.T / draws.size, atol=0.02)


def test_newton_solves_a_quadratic_at_once_and_runs_into_a_saddle(evaluated):
    found = evaluated(
        "[zoo.path('newton', zoo.surfaces.quadratic, [3, 2], 1, {rate: 1}),"
        " zoo.path('newton', zoo.surfaces.saddle, [2, 0.2], 6, {rate: 1})].map((p) => p.at(-1))"
    )
    np.testing.assert_allclose(found, 0, atol=1e-9)


def test_damping_adds_to_the_curvature(evaluated):
    direction = evaluated("zoo.solved([[3, 1], [1, 2]], [5, -4], 0.5)")
    expected = -np.linalg.solve([[3.5, 1], [1, 2.5]], [5, -4])
    np.testing.assert_allclose(direction, expected, rtol=1e-12)


def test_a_path_ends_where_numbers_do(evaluated):
    path = evaluated("zoo.path('gradient', zoo.surfaces.rosenbrock, [2, 2], 100, {rate: 1})")
    assert 3 < len(path) < 12
    assert evaluated("zoo.solved([[1, 1], [1, 1]], [1, 1], 0)") is None
