"""Curvature products against dense matrices built from their definitions, in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
import zoo
from trainers.engine.batch import Batch
from trainers.objectives import losses
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order import fisher
from trainers.optimizers.second_order.curvature import (
    Curvature,
    gauss_newton_product,
    hessian_product,
    output_hessian,
)
from trainers.optimizers.second_order.flat import FlatView

pytestmark = pytest.mark.usefixtures("plain_graphs")

CLASSES, EXAMPLES, L2 = 3, 7, 0.3


class Problem:
    """A small float64 model with random weights on random examples of uneven weight."""

    def __init__(self, loss="cross_entropy", output_activation="linear"):
        keras.config.set_dtype_policy("float64")
        keras.utils.set_random_seed(1)
        self.model = zoo.create_model(
            "mlp",
            num_classes=CLASSES,
            input_shape=(4,),
            hidden_units=(5,),
            activation="tanh",
            output_activation=output_activation,
        )
        random = np.random.default_rng(0)
        for variable in self.model.trainable_variables:
            variable.assign(random.normal(size=variable.shape))
        self.targets = random.integers(0, CLASSES, EXAMPLES, np.int32)
        self.weights = random.random(EXAMPLES)
        inputs = tf.constant(random.normal(size=(EXAMPLES, 4)))
        self.data = Batch(inputs, tf.constant(self.targets), tf.constant(self.weights))
        self.loss = losses.loss_function(
            configs.LossConfig(name=loss), "classes", CLASSES, output_activation
        )
        self.variables = [variable.value for variable in self.model.trainable_variables]
        self.view = FlatView(self.model.trainable_variables)
        self.penalty = L2Penalty(self.model.trainable_variables, L2)
        self.indices = tf.range(EXAMPLES)

    def curvature(self, product, micro=100):
        return Curvature(self.view, product, self.penalty, micro)

    def jacobian(self, of):
        """Return d of(outputs) / d weights as NumPy `[examples, K, size]`, and the outputs."""
        with tf.GradientTape() as tape:
            outputs = self.model(self.data.inputs)
            values = of(outputs)
        parts = tape.jacobian(values, self.variables)
        flat = [np.reshape(part, (EXAMPLES, -1, np.prod(v.shape, dtype=int)))
                for part, v in zip(parts, self.variables, strict=True)]  # fmt: skip
        return np.concatenate(flat, axis=2), np.asarray(outputs)

    def mean(self, matrices):
        """Return the weighted mean of one matrix per example, plus the penalty's Hessian."""
        mean = np.einsum("i,ijk->jk", self.weights, matrices) / self.weights.sum()
        return mean + np.diag(self.penalized())

    def penalized(self):
        """Return L2 for a kernel's entry and 0 for a bias's: kernels are the matrices here."""
        return np.concatenate(
            [np.full(int(np.prod(v.shape)), L2 * (len(v.shape) == 2)) for v in self.variables]
        )


def columns(curvature, problem):
    """Build the matrix column by column from products with unit vectors."""
    product = tf.function(lambda v: curvature.product(problem.data, problem.indices, v))
    unit = np.eye(problem.view.size)
    return np.stack([product(tf.constant(row)) for row in unit], axis=1)


def assert_both_forms(curvature, problem, expected):
    np.testing.assert_allclose(
        columns(curvature, problem), expected, atol=1e-6 * abs(expected).max()
    )
    dense = tf.function(curvature.matrix)(problem.data, problem.indices)
    np.testing.assert_allclose(dense, expected, atol=1e-6 * abs(expected).max())


LOSSES = [
    ("cross_entropy", "linear"),
    ("cross_entropy", "softmax"),
    ("cross_entropy", "sigmoid"),
    ("mse", "linear"),
]


@pytest.mark.parametrize(("loss", "activation"), LOSSES)
def test_hessian_products_equal_the_jacobian_of_the_gradient(loss, activation):
    problem = Problem(loss, activation)
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            values = problem.loss(problem.data.targets, problem.model(problem.data.inputs))
            mean = tf.reduce_sum(values * problem.weights) / problem.weights.sum()
        gradient = problem.view.flatten(inner.gradient(mean, problem.variables))
    rows = outer.jacobian(gradient, problem.variables, unconnected_gradients="zero")
    expected = np.concatenate([np.reshape(r, (problem.view.size, -1)) for r in rows], axis=1)
    expected = expected + np.diag(problem.penalized())
    product = hessian_product(problem.model, problem.loss)
    assert_both_forms(problem.curvature(product), problem, expected)


def test_hessian_of_a_sum_equals_finite_differences_of_the_gradient():
    problem = Problem()
    product = problem.curvature(hessian_product(problem.model, problem.loss))
    direction = np.random.default_rng(5).normal(size=problem.view.size)

    def gradient(shift):
        start = [v.numpy() for v in problem.variables]
        parts = problem.view.unflatten(tf.constant(shift * direction))
        for variable, part in zip(problem.variables, parts, strict=True):
            variable.assign_add(part)
        with tf.GradientTape() as tape:
            values = problem.loss(problem.data.targets, problem.model(problem.data.inputs))
            mean = tf.reduce_sum(values * problem.weights) / problem.weights.sum()
        tensors = problem.penalty.add_gradient(tape.gradient(mean, problem.variables), 1.0)
        result = np.asarray(problem.view.flatten(tensors))
        for variable, value in zip(problem.variables, start, strict=True):
            variable.assign(value)
        return result

    expected = (gradient(1e-5) - gradient(-1e-5)) / 2e-5
    found = product.product(problem.data, problem.indices, tf.constant(direction))
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_gauss_newton_products_equal_jacobians_around_the_softmax_hessian():
    problem = Problem()
    jacobian, scores = problem.jacobian(lambda outputs: outputs)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    inner = np.einsum("ik,kl->ikl", p, np.eye(CLASSES)) - np.einsum("ik,il->ikl", p, p)
    expected = problem.mean(np.einsum("ikp,ikl,ilq->ipq", jacobian, inner, jacobian))
    product = gauss_newton_product(problem.model, output_hessian(problem.loss))
    assert_both_forms(problem.curvature(product), problem, expected)


@pytest.mark.parametrize("activation", ["linear", "softmax"])
def test_fisher_of_classes_is_the_expected_square_of_the_log_likelihood_s_gradient(activation):
    problem = Problem("cross_entropy", activation)
    log = tf.nn.log_softmax if activation == "linear" else tf.math.log
    scores, outputs = problem.jacobian(log)
    p = np.asarray(tf.nn.softmax(outputs)) if activation == "linear" else outputs
    expected = problem.mean(np.einsum("ik,ikp,ikq->ipq", p, scores, scores))
    product = gauss_newton_product(problem.model, fisher.output_fisher("cross_entropy", activation))
    assert_both_forms(problem.curvature(product), problem, expected)


def test_fisher_of_sigmoids_is_the_expectation_over_both_answers_of_every_unit():
    problem = Problem("cross_entropy", "sigmoid")
    yes, q = problem.jacobian(tf.math.log)
    no, _ = problem.jacobian(lambda outputs: tf.math.log(1.0 - outputs))
    squares = [np.einsum("ik,ikp,ikq->ipq", p, s, s) for p, s in ((q, yes), (1 - q, no))]
    product = gauss_newton_product(problem.model, fisher.output_fisher("cross_entropy", "sigmoid"))
    assert_both_forms(problem.curvature(product), problem, problem.mean(sum(squares)))


def test_fisher_of_squared_errors_is_a_gaussian_s_of_variance_half_the_outputs():
    problem = Problem("mse")
    jacobian, _ = problem.jacobian(lambda outputs: outputs)
    variance = CLASSES / 2
    expected = problem.mean(np.einsum("ikp,ikq->ipq", jacobian, jacobian) / variance)
    product = gauss_newton_product(problem.model, fisher.output_fisher("mse", "linear"))
    assert_both_forms(problem.curvature(product), problem, expected)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_fisher_equals_gauss_newton_where_outputs_are_natural_parameters(loss):
    problem = Problem(loss)
    products = [fisher.output_fisher(loss, "linear"), output_hessian(problem.loss)]
    first, second = (
        problem.curvature(gauss_newton_product(problem.model, p)).matrix(
            problem.data, problem.indices
        )
        for p in products
    )
    np.testing.assert_allclose(first, second, atol=1e-12)
    assert np.linalg.eigvalsh(first - np.diag(problem.penalized())).min() > -1e-12


@pytest.mark.parametrize("micro", [1, 2, 3, 6, 7])
@pytest.mark.slow
def test_micro_batches_change_no_product(micro):
    problem = Problem()
    product = hessian_product(problem.model, problem.loss)
    whole, parts = problem.curvature(product), problem.curvature(product, micro)
    v = tf.constant(np.random.default_rng(2).normal(size=problem.view.size))
    arguments = (problem.data, problem.indices)
    np.testing.assert_allclose(
        parts.product(*arguments, v), whole.product(*arguments, v), rtol=1e-12, atol=1e-14
    )
    np.testing.assert_allclose(parts.matrix(*arguments), whole.matrix(*arguments), atol=1e-13)


def test_curvature_of_an_embedding_and_a_recurrent_layer_equals_its_dense_matrix():
    keras.config.set_dtype_policy("float64")
    model = zoo.create_model("lstm", num_classes=4, input_shape=(5,), units=2, embedding_dim=2)
    random = np.random.default_rng(0)
    symbols = tf.constant(random.integers(0, 4, (3, 5), np.int32))
    data = Batch(symbols, tf.roll(symbols, -1, axis=1), tf.ones([3, 5], tf.float64))
    loss = losses.loss_function(configs.LossConfig("cross_entropy"), "classes", 4, "linear")
    view = FlatView(model.trainable_variables)
    penalty = L2Penalty(model.trainable_variables, 0.0)
    product = tf.function(Curvature(view, hessian_product(model, loss), penalty, 100).product)
    variables = [v.value for v in model.trainable_variables]
    direction = tf.constant(random.normal(size=view.size))

    def gradient(sign):
        for variable, part in zip(variables, view.unflatten(direction), strict=True):
            variable.assign_add(sign * part)
        with tf.GradientTape() as tape:
            mean = tf.reduce_mean(loss(data.targets, model(data.inputs)))
        return view.flatten([tf.convert_to_tensor(g) for g in tape.gradient(mean, variables)])

    expected = (gradient(1e-5) - gradient(-2e-5)) / 2e-5
    gradient(1e-5)
    np.testing.assert_allclose(product(data, tf.range(3), direction), expected, atol=1e-8)


def test_a_loss_without_a_distribution_has_no_fisher_matrix():
    with pytest.raises(configs.ConfigError, match="'huber' has none; use --loss cross_entropy"):
        fisher.output_fisher("huber", "linear")
