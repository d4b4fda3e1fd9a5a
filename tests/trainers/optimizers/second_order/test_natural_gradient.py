"""Natural gradient: invariance, its trust region, and resuming."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import configs
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse
from trainers.engine.batch import Batch
from trainers.engine.loop import Loop
from trainers.engine.update import update
from trainers.objectives.penalty import L2Penalty
from trainers.objectives.risk import EmpiricalRisk
from trainers.optimizers import catalogue as optimizers
from trainers.optimizers.second_order import methods
from trainers.optimizers.weights import OptimizedWeights
from trainers.problems.supervised.step import SupervisedStep

pytestmark = pytest.mark.usefixtures("plain_graphs")

FEATURES, EXAMPLES = 4, 200
NATURAL = {"method": "dense", "damping": 0.0, "cg_iterations": 50, "trust_region": 0.0}


def problem():
    """Return overlapping points of two kinds, and an ill-conditioned mixing of their features."""
    random = np.random.default_rng(0)
    inputs = random.normal(size=(EXAMPLES, FEATURES))
    chances = 1 / (1 + np.exp(-(inputs @ random.normal(size=FEATURES))))
    targets = (random.random(EXAMPLES) < chances).astype(np.int32)
    left, _ = np.linalg.qr(random.normal(size=(FEATURES, FEATURES)))
    right, _ = np.linalg.qr(random.normal(size=(FEATURES, FEATURES)))
    return inputs, targets, left * [0.3, 1.0, 2.0, 4.0] @ right


def loss_curve(inputs, targets, kernel, optimizer, rate, steps=15):
    """Train logistic regression, one sigmoid unit, from `kernel`; return every step's loss."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([kernel, np.zeros(1)])

    def loss(y, q):
        return keras.losses.binary_crossentropy(tf.cast(y, q.dtype)[:, tf.newaxis], q)

    config = configs.Config(
        model=configs.ModelConfig("perceptron", {"output_activation": "sigmoid"}),
        loss=configs.LossConfig("cross_entropy"),
        optimizer=configs.OptimizerConfig(optimizer, rate, options=NATURAL),
    )
    plain = optimizers.build_optimizer(
        configs.OptimizerConfig("batch_gd", rate), precision="float32", total_steps=steps
    )
    risk = EmpiricalRisk(loss, lambda y, q: q[:, 0], "q", L2Penalty(model.trainable_variables, 0.0))
    natural = optimizer == "natural_gradient"
    weights = OptimizedWeights(
        plain,
        model.trainable_variables,
        preconditioner=methods.preconditioner(config, model, plain, risk) if natural else None,
    )
    step = SupervisedStep(model, weights, risk, micro_batch_size=64)
    data = Batch(
        tf.constant(inputs, tf.float32), tf.constant(targets), tf.ones([EXAMPLES], tf.float32)
    )
    loop, curve = Loop(step, "graph"), []
    for _ in range(steps):
        sums, weight, _ = loop.run(data, tf.range(EXAMPLES), EXAMPLES, 0, 1)
        curve.append(float(sums[0] / weight))
    return np.array(curve)


def curves(optimizer, rate):
    """Return the loss curves in the given features and in mixed ones, from the same function."""
    inputs, targets, mixing = problem()
    kernel = np.random.default_rng(1).normal(size=(FEATURES, 1))
    # The same scores: (x M) (M^-1 w) = x w.
    mixed = np.linalg.solve(mixing, kernel)
    return (
        loss_curve(inputs, targets, kernel, optimizer, rate),
        loss_curve(inputs @ mixing, targets, mixed, optimizer, rate),
    )


def test_undamped_steps_do_not_depend_on_how_the_inputs_are_mixed():
    given, mixed = curves("natural_gradient", 0.3)
    assert given[0] - given[-1] > 0.1
    np.testing.assert_allclose(mixed, given, rtol=1e-3)


def test_plain_gradient_descent_does_depend_on_it():
    given, mixed = curves("batch_gd", 0.3)
    assert given[0] == pytest.approx(mixed[0], rel=1e-4)
    assert np.abs(mixed / given - 1).max() > 0.05


def test_one_full_step_on_squared_error_is_least_squares():
    random = np.random.default_rng(2)
    inputs = random.normal(size=(50, 3)).astype(np.float32)
    targets = random.normal(size=(50, 2)).astype(np.float32)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    plain = optimizers.build_optimizer(configs.OptimizerConfig("batch_gd", 1.0), "float32", 1)
    config = configs.Config(
        loss=configs.LossConfig("mse"),
        optimizer=configs.OptimizerConfig("natural_gradient", 1.0, options=NATURAL),
    )
    risk = EmpiricalRisk.of(config.loss, model, "numbers")
    natural = methods.preconditioner(config, model, plain, risk)
    weights = OptimizedWeights(plain, model.trainable_variables, preconditioner=natural)
    step = SupervisedStep(model, weights, risk, micro_batch_size=64)
    update(step, Batch(tf.constant(inputs), tf.constant(targets), tf.ones([50])), tf.range(50))
    expected = np.linalg.lstsq(np.c_[inputs, np.ones(50)], targets, rcond=None)[0]
    found = np.concatenate([model.get_weights()[0], model.get_weights()[1][None]])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["dense", "cg"])
def test_a_step_moves_the_predictions_by_the_trust_region_s_divergence(method):
    argv = ["--model", "perceptron", "--optimizer", "natural_gradient", "--batch-size", "200"]
    argv += ["--optimizer.method", method, "--optimizer.trust-region", "0.002"]
    plan = resolve(parse([*argv, "--optimizer.schedule", "constant"]).config)
    parts = assemble(plan, load_data(plan).dataset)
    split = parts.dataset.splits["train"]
    inputs = tf.constant(split.inputs[:200])
    data = Batch(inputs, tf.constant(split.targets[:200]), tf.constant(split.weights[:200]))
    before = tf.nn.log_softmax(parts.step.model(inputs))
    tf.function(lambda: update(parts.step, data, tf.range(200)))()
    after = tf.nn.log_softmax(parts.step.model(inputs))
    divergence = tf.reduce_mean(tf.reduce_sum(tf.exp(before) * (before - after), axis=-1))
    # Half the squared norm is the divergence to second order.
    assert float(divergence) == pytest.approx(0.002, rel=0.1)


@pytest.mark.parametrize("method", ["dense", "cg"])
@pytest.mark.slow
def test_resuming_a_natural_gradient_run_gives_the_same_bits(method, train_here, tmp_path):
    argv = ["--model", "perceptron", "--dataset", "digits", "--optimizer", "natural_gradient"]
    # Thirds of an epoch: no smaller last batch, which would be traced as well.
    argv += ["--batch-size", "359", "--optimizer.method", method]
    argv += ["--optimizer.schedule", "constant"]
    whole = train_here(tmp_path / "whole", *argv, "--steps", "6")
    train_here(tmp_path / "parts", *argv, "--steps", "3")
    resumed = train_here(tmp_path / "parts", "--resume", "--steps", "6")
    assert resumed["final_weights_sha256"] == whole["final_weights_sha256"]
    assert resumed["final"] == whole["final"]


def test_a_loss_without_a_predictive_distribution_is_refused():
    plan = resolve(
        parse(
            ["--model", "linear_regression", "--loss", "huber", "--optimizer", "natural_gradient"]
        ).config
    )
    with pytest.raises(configs.ConfigError, match="use --loss cross_entropy or --loss mse"):
        assemble(plan, load_data(plan).dataset)
