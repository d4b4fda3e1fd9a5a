"""Newton's method on problems whose minimum is known, and through the loop's own machinery."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

import configs
import zoo
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.cli.run_arguments import parse
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.objectives.penalty import L2Penalty
from trainers.optimizers.second_order.curvature import Curvature, hessian_product
from trainers.optimizers.second_order.flat import FlatView

pytestmark = pytest.mark.usefixtures("plain_graphs")

REGRESSION = ["--model", "linear_regression", "--optimizer", "newton", "--batch-size", "full"]
LOGISTIC = ["--model", "perceptron", "--optimizer", "newton", "--batch-size", "full"]
LOGISTIC += ["--optimizer.schedule", "constant", "--loss.l2", "0.01"]


def assembled(*argv):
    plan = resolve(parse(list(argv)).config)
    return assemble(plan, load_data(plan).dataset)


def descend(parts, steps):
    """Do updates, and yield the weights in float64 and the reported loss after each."""
    feed = Feed(parts.dataset.splits["train"], parts.batch_size, 0)
    loop = Loop(parts.step, parts.mode)
    for done in range(steps):
        call = loop.advance(feed, done, 1)
        weights = [np.asarray(v.value, np.float64) for v in parts.step.model.trainable_variables]
        yield weights, float(call.sums[0] / call.weight)


def test_one_undamped_step_reaches_the_least_squares_solution():
    for method in ("dense", "cg"):
        parts = assembled(
            *REGRESSION, "--optimizer.method", method, "--optimizer.damping", "0",
            "--micro-batch-size", "64",
        )  # fmt: skip
        train = parts.dataset.splits["train"]
        matrix = np.c_[train.inputs.astype(np.float64), np.ones(train.size)]
        targets = train.targets.astype(np.float64).ravel()
        solution = np.linalg.lstsq(matrix, targets, rcond=None)[0]
        (kernel, bias), _ = next(descend(parts, 1))
        found = np.concatenate([kernel.ravel(), bias])
        distance = np.linalg.norm(found - solution) / np.linalg.norm(solution)
        assert distance < (1e-5 if method == "dense" else 1e-4)
        best = np.mean((matrix @ solution - targets) ** 2)
        assert np.mean((matrix @ found - targets) ** 2) < best * (1 + 1e-7)


@pytest.fixture(scope="module")
def logistic_optimum():
    """The mean cross-entropy + 1/2 l2 |W|^2, and its value at scikit-learn's optimum."""
    plan = resolve(parse(LOGISTIC).config)
    train = load_data(plan).dataset.splits["train"]
    inputs = train.inputs.reshape(train.size, -1).astype(np.float64)

    def objective(kernel, bias):
        scores = inputs @ kernel + bias
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        fit = -log_p[np.arange(train.size), train.targets].mean()
        return fit + 0.5 * 0.01 * (kernel**2).sum()

    # scikit-learn minimizes C times the sum of the cross-entropies + 1/2 |W|^2.
    reference = LogisticRegression(C=1 / (train.size * 0.01), tol=1e-10, max_iter=10_000)
    reference.fit(inputs, train.targets)
    return objective, objective(reference.coef_.T, reference.intercept_)


@pytest.mark.parametrize(
    "options",
    [
        ["--optimizer.method", "cg"],
        pytest.param(
            ["--optimizer.method", "cg", "--compile", "xla", "--micro-batch-size", "500"],
            marks=pytest.mark.slow,
        ),
        pytest.param(["--optimizer.method", "dense"], marks=pytest.mark.slow),
        pytest.param(["--optimizer.curvature", "gauss_newton"], marks=pytest.mark.slow),
    ],
)
def test_logistic_regression_reaches_scikit_learn_s_optimum_in_eight_steps(
    options, logistic_optimum
):
    objective, best = logistic_optimum
    parts = assembled(*LOGISTIC, *options)
    values = [objective(*weights) for weights, _ in descend(parts, 8)]
    assert values[-1] < best * (1 + 1e-9)
    assert values[-1] > best * (1 - 1e-9)
    assert sorted(values, reverse=True) == values


def test_dense_newton_converges_quadratically_on_a_small_logistic_regression():
    keras.utils.set_random_seed(0)
    parts = assembled(
        "--model", "perceptron", "--dataset", "digits", "--batch-size", "200",
        "--optimizer", "newton", "--optimizer.damping", "0", "--loss.l2", "0.1",
        "--optimizer.schedule", "constant",
    )  # fmt: skip
    data = Feed(parts.dataset.splits["train"], 200, 0).stretch(0, 1)
    loop, norms = Loop(parts.step, parts.mode), []
    for _ in range(6):
        found = parts.step.gradients(data.data, data.order[:200])
        norms.append(float(tf.linalg.global_norm(found.values)))
        loop.run(*data)
    # Each error is about the square of the last, until float32 rounds.
    assert norms[4] < 1e-5 * norms[0]


def test_reported_losses_leave_the_penalty_out():
    parts = assembled(*LOGISTIC, "--optimizer.method", "cg", "--loss.l2", "10")
    (_, first), (_, second) = descend(parts, 2)
    # With so strong a penalty all scores go to zero, whose cross-entropy is ln 10.
    assert first > second
    assert second == pytest.approx(np.log(10), abs=0.1)


def test_steps_lower_the_objective_where_the_hessian_is_indefinite():
    parts = assembled(
        "--model", "mlp", "--model.hidden-units", "6", "--model.dropout", "0",
        "--model.activation", "tanh", "--optimizer", "newton", "--batch-size", "full",
    )  # fmt: skip
    step = parts.step
    split = parts.dataset.splits["train"]
    data = Feed(split, split.size, 0).stretch(0, 1).data
    variables = step.model.trainable_variables
    product, penalty = hessian_product(step.model, step.risk.loss), L2Penalty(variables, 0.0)
    curvature = Curvature(FlatView(variables), product, penalty, 4096)
    eigenvalues = np.linalg.eigvalsh(curvature.matrix(data, tf.range(split.size)))
    assert eigenvalues[0] < -1e-3
    losses = [loss for _, loss in descend(parts, 12)]
    assert sorted(losses, reverse=True) == losses
    assert losses[-1] < 0.5 * losses[0]


def test_damping_falls_while_the_quadratic_model_holds():
    parts = assembled(*REGRESSION, "--optimizer.damping", "0.5", "--optimizer.method", "cg")
    list(descend(parts, 3))
    damping, products = (v.numpy() for v in parts.step.variables["preconditioner"])
    assert damping == pytest.approx(0.5 / 1.5**3)
    assert 3 <= products <= 3 * 50


@pytest.mark.parametrize("method", ["dense", "cg"])
def test_resuming_in_the_middle_gives_the_same_bits(method, train_here, tmp_path):
    argv = ["--model", "perceptron", "--dataset", "digits", "--optimizer", "newton"]
    # Thirds of an epoch: no smaller last batch, which would be traced as well.
    argv += ["--optimizer.schedule", "constant", "--batch-size", "359", "--loss.l2", "0.01"]
    argv += ["--optimizer.method", method, "--optimizer.damping", "0.1"]
    whole = train_here(tmp_path / "whole", *argv, "--steps", "6")
    train_here(tmp_path / "parts", *argv, "--steps", "3")
    resumed = train_here(tmp_path / "parts", "--resume", "--steps", "6")
    assert resumed["final_weights_sha256"] == whole["final_weights_sha256"]
    assert resumed["final"] == whole["final"]


PERCEPTRON, MLP = ["--model", "perceptron"], ["--model", "mlp", "--model.dropout"]
REFUSED = [
    ([*MLP, "0", "--optimizer.method", "dense"], "up to 3,000"),
    ([*MLP, "0.1"], "use --model.dropout 0"),
    ([*PERCEPTRON, "--precision", "mixed_bfloat16"], "use --precision float32"),
    (
        [*PERCEPTRON, "--optimizer.method", "lu"],
        "--optimizer.method cannot be 'lu'; allowed: auto, dense, cg",
    ),
    ([*PERCEPTRON, "--clip-norm", "1"], "raise --optimizer.damping instead"),
    ([*PERCEPTRON, "--loss", "hinge"], "use --loss cross_entropy, mse, huber"),
    ([*PERCEPTRON, "--model.output-activation", "step"], "e.g. --optimizer sgd"),
    ([*PERCEPTRON, "--optimizer.damping=-1"], "damping=-1.0; allowed: float in [0, inf)"),
    ([*PERCEPTRON, "--optimizer.cg-iterations", "0"], "cg_iterations=0; allowed: int in [1, inf)"),
]


@pytest.mark.parametrize(("argv", "remedy"), REFUSED)
def test_what_newton_cannot_run_is_refused_with_the_remedy(argv, remedy):
    with pytest.raises((configs.ConfigError, zoo.ModelError)) as caught:
        assembled(*argv, "--optimizer", "newton")
    code, message = describe(caught.value)
    assert code == 2
    assert remedy in message
    assert "\n" not in message
