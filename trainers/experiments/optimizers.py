"""The first-order optimizers: their rates on a quadratic, their losses on dense and rare features.

On 1/2 e^T H e with the eigenvalues of H in [1, kappa] the error e shrinks, with the best constant
settings, by these factors per update (Polyak 1964; Nesterov 2004, section 2.1):

    gradient descent  eta = 2 / (kappa + 1)                       (kappa - 1) / (kappa + 1)
    heavy ball        eta = 4 / (sqrt(kappa) + 1)^2, beta = r^2   r = (sqrt(kappa) - 1) /
                                                                      (sqrt(kappa) + 1)

Keras keeps the velocity m <- beta m - eta g, w <- w + m. With a constant eta that is Polyak's
w_(k+1) = w_k - eta g_k + beta (w_k - w_(k-1)).

On rare features the figure is Duchi, Hazan & Singer's (2011, section 2): the regret of learning
online, the mean loss of predicting every example before its only update, less the loss of the
weights that made the data.

Every seed has data of its own, and rates are chosen on data that are not judged: seed 0's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.optimizers.catalogue import OPTIMIZERS
from trainers.output.theme import SERIES
from trainers.problems.supervised.fit import Curve, fit, split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts

# Examples, the lowest loss that is possible, and epochs.
Problem = tuple[datasets.Split, float, int]
# Which optimizer is said to do better than which.
_PROBLEMS = {"dense": ("momentum", "adagrad"), "sparse": ("adagrad", "momentum")}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Measure the rates on quadratics, then train every optimizer on both problems."""
    outcome = Outcome(curves={"kappas": settings["kappas"], "epochs": settings["epochs"]})
    for kappa in settings["kappas"]:
        for name in ("gd", "heavy_ball"):
            measure_rate(kappa, name, settings["quadratic_steps"], outcome)
    rates = outcome.curves["log_rates"]
    report(f"quadratics: log rates {rates}")
    gain = np.divide(rates["heavy_ball"], rates["gd"]) / np.sqrt(settings["kappas"])
    outcome.samples["speedup_over_root_kappa"] = gain.tolist()
    for problem, make in (("dense", digits), ("sparse", rare_features)):
        _race(problem, make, settings, outcome, report)
    return outcome


def _race(
    problem: str,
    make: Callable[..., Problem],
    settings: dict[str, Any],
    outcome: Outcome,
    report: Report,
) -> None:
    """Train every optimizer on each seed's own data, at the rate that other data chose."""
    data, _, epochs = make(settings, 0)
    chosen: dict[str, float] = {}
    losses: dict[str, list[float]] = {}
    for name, tried in settings["rates"].items():
        if epochs == 1 and OPTIMIZERS[name].whole_dataset:
            continue
        learners = learner(data, name, epochs, settings["batch_size"])
        rates = {rate: mean_loss(train(learners, data, rate, 0)) for rate in tried}
        chosen[name] = min(rates, key=lambda rate: rates[rate])
        for seed in settings["seeds"]:
            own, best, _ = make(settings, seed)
            curve = train(learners, own, chosen[name], seed)
            losses.setdefault(name, []).append(mean_loss(curve) - best)
            outcome.curves.setdefault(problem, {}).setdefault(name, []).append(
                [curve.steps, np.subtract(curve.train["loss"], best).tolist()]
            )
        report(f"{problem}, {name} at rate {chosen[name]}: {np.mean(losses[name]):.3f}")
    outcome.curves[f"{problem}_rates"] = chosen
    for a, b in (_PROBLEMS[problem], ("adam", "momentum"), ("adam", "adagrad")):
        ratio = np.divide(losses[a], losses[b])
        outcome.samples[f"{problem}_{a}_over_{b}"] = ratio.tolist()


def best_parameters(kappa: float, name: str) -> tuple[float, float, float]:
    """Return eta, beta and the factor per update for eigenvalues in [1, kappa].

    Args:
        kappa: condition number, above 1.
        name: "gd" or "heavy_ball".
    """
    if name == "gd":
        return 2 / (kappa + 1), 0.0, (kappa - 1) / (kappa + 1)
    root = math.sqrt(kappa)
    factor = (root - 1) / (root + 1)
    return 4 / (root + 1) ** 2, factor**2, factor


def quadratic(kappa: float, dimensions: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs `[examples, dimensions]` of a linear regression, and its Hessian.

    With the targets 0 the mean squared error is w^T X^T X w / n, whose Hessian 2 X^T X / n has
    eigenvalues spaced evenly in their logarithm from 1 to kappa, in rotated axes. The inputs
    have mean 0, so that the bias is an axis of its own; its eigenvalue is 2.
    """
    random = np.random.default_rng(0)
    examples = 4 * dimensions
    columns = random.normal(size=(examples, dimensions))
    basis, _ = np.linalg.qr(columns - columns.mean(axis=0))
    rotation, _ = np.linalg.qr(random.normal(size=(dimensions, dimensions)))
    eigenvalues = np.geomspace(1, kappa, dimensions)
    inputs = basis * np.sqrt(eigenvalues * examples / 2) @ rotation
    return inputs, 2 * inputs.T @ inputs / examples


def measure_rate(kappa: float, name: str, times: int, outcome: Outcome) -> None:
    """Add the measured logarithm of the factor per update, over the theory's.

    The minimum is 0, near which float32 numbers are as fine as elsewhere relative to their size:
    rounding sets no floor. Heavy ball's worst two modes are double roots, whose error goes with
    k r^k, so that its slope is taken of ln(error / k).
    """
    eta, beta, factor = best_parameters(kappa, name)
    inputs, hessian = quadratic(kappa)
    model = zoo.create_model("linear_regression", num_classes=1, input_shape=inputs.shape[1:])
    kernel = model.trainable_variables[0]
    start = np.random.default_rng(1).normal(size=kernel.shape)
    kernel.assign(start)
    optimizer = (
        configs.OptimizerConfig("batch_gd", eta)
        if name == "gd"
        else configs.OptimizerConfig("momentum", eta, options={"momentum": beta})
    )
    step = supervised_step(model, "numbers", optimizer, loss=configs.LossConfig("mse"))
    data = split_of(inputs.astype(np.float32), np.zeros((len(inputs), 1), np.float32))
    # Steps until all modes but the slowest have decayed by a factor of e^-times.
    every = max(1, round(times / 50 / -math.log(factor)))
    path: list[np.ndarray] = []
    curve = fit(
        step,
        data,
        None,
        batch_size=len(inputs),
        steps=50 * every,
        every=every,
        after_point=lambda _: path.append(kernel.numpy().astype(np.float64)),
    )
    steps, errors = np.array(curve.steps), np.linalg.norm(np.squeeze(path, -1), axis=1)
    shape = errors if name == "gd" else errors / steps
    slope = np.polyfit(steps[25:], np.log(shape[25:]), 1)[0]
    outcome.samples.setdefault(f"{name}_rate_over_theory", []).append(
        float(slope / math.log(factor))
    )
    outcome.curves.setdefault("log_rates", {}).setdefault(name, []).append(float(-slope))
    outcome.curves.setdefault(f"{name}_errors", []).append(
        [steps.tolist(), (errors / np.linalg.norm(start)).tolist()]
    )
    if name == "heavy_ball":
        polyak = heavy_ball(hessian, start, eta, beta, steps[4])
        difference = np.linalg.norm(path[4] - polyak) / np.linalg.norm(polyak)
        outcome.samples.setdefault("keras_minus_polyak", []).append(float(difference))


def heavy_ball(
    hessian: np.ndarray, start: np.ndarray, eta: float, beta: float, steps: int
) -> np.ndarray:
    """Return w after `steps` of Polyak's own form, from rest, in float64."""
    before, now = start, start
    for _ in range(steps):
        before, now = now, now - eta * hessian @ now + beta * (now - before)
    return now


def digits(settings: dict[str, Any], seed: int) -> Problem:
    """Return handwritten digits, the lowest loss that is possible, and the epochs to train.

    Every pixel says something in most examples, and weights that separate the classes exist. Each
    seed has examples that no other seed has: a part of all, shuffled once.

    Raises:
        ValueError: there are not so many digits.
    """
    splits, count = datasets.load("digits", scratch=True).splits.values(), settings["examples"]
    inputs = np.concatenate([split.inputs for split in splits])
    targets = np.concatenate([split.targets for split in splits])
    order = np.random.default_rng(0).permutation(len(inputs))
    rows = order[count * seed : count * (seed + 1)]
    if len(rows) < count:
        raise ValueError(f"{len(inputs)} digits are no {seed + 1} parts of {count}; use fewer")
    return split_of(inputs[rows].reshape(count, -1), targets[rows]), 0.0, settings["epochs"]


def rare_features(settings: dict[str, Any], seed: int) -> Problem:
    """Return bags of words with classes, the loss of the true weights, and one epoch.

    Word j is in an example with probability 1 / (2 + j); a weight of -1 or 1 per word sets the
    odds of the two classes, so that a rare word says as much as a frequent one.
    """
    random = np.random.default_rng(seed)
    rates = 1 / (2 + np.arange(settings["words"]))
    weights = random.choice([-1.0, 1.0], len(rates))
    inputs = random.random((settings["online_examples"], len(rates))) < rates
    log_odds = inputs @ weights - rates @ weights
    targets = random.random(len(inputs)) < 1 / (1 + np.exp(-log_odds))
    best = np.logaddexp(0, np.where(targets, -log_odds, log_odds)).mean()
    return split_of(inputs.astype(np.float32), targets.astype(np.int32)), float(best), 1


def learner(data: datasets.Split, name: str, epochs: int, batch_size: int) -> Restarts:
    """Return softmax regression on data like these, with an optimizer."""
    model = zoo.create_model(
        "perceptron",
        num_classes=int(data.targets.max()) + 1,
        input_shape=data.inputs.shape[1:],
        initializer="zeros",
    )
    step = supervised_step(model, "classes", configs.OptimizerConfig(name))
    size = data.size if OPTIMIZERS[name].whole_dataset else batch_size
    steps = epochs * data.size // size
    # Equal parts, so that a plain mean over them is a mean over the examples.
    every = next(n for n in range(max(1, steps // 20), steps + 1) if steps % n == 0)
    return Restarts(step, data, None, size, steps, every)


def train(learner: Restarts, data: datasets.Split, rate: float, seed: int) -> Curve:
    """Train from zero; the loss is that before each update."""
    zeros = [np.zeros_like(weight) for weight in learner.step.model.get_weights()]
    return learner.fit(zeros, seed=seed, learning_rate=rate, train=data)


def mean_loss(curve: Curve) -> float:
    """Return the training loss averaged over the whole run, infinity for a diverged one."""
    value = float(np.mean(curve.train["loss"]))
    return value if math.isfinite(value) else math.inf


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw the error on the quadratics, and the training losses of both problems."""
    left, *others = figure.subplots(1, 3)
    kappas = outcome.curves["kappas"]
    for name, color, label in (
        ("gd", "series-1", "gradient descent"),
        ("heavy_ball", "series-2", "heavy ball"),
    ):
        for index, kappa in enumerate(kappas):
            steps, errors = outcome.curves[f"{name}_errors"][index]
            k = np.array(steps)
            _, _, factor = best_parameters(kappa, name)
            shape = factor**k * (1.0 if name == "gd" else k)
            left.plot(steps, errors, color=color, label=None if index else label)
            left.plot(steps, shape * errors[-1] / shape[-1], ":", color="ink", linewidth=1.5)
            left.annotate(f"{kappa:g}", (steps[-1], errors[-1]), fontsize="small")
    left.plot([], [], ":", color="ink", label="theory's slope")
    left.set(
        xlabel="update",
        ylabel="error of the weights (start: 1)",
        xscale="log",
        yscale="log",
        ylim=(1e-15, 1e6),
        title="quadratics, by kappa",
    )
    left.legend(fontsize="x-small", loc="upper right")
    for axis, problem in zip(others, _PROBLEMS, strict=True):
        for place, (name, runs) in enumerate(outcome.curves[problem].items()):
            steps = np.array(runs[0][0])
            losses = np.mean([losses for _, losses in runs], axis=0)
            if problem == "sparse":
                losses = np.cumsum(losses) / np.arange(1, len(losses) + 1)
            # All take equally many passes, however many updates those are.
            label = f"{name}, {outcome.curves[f'{problem}_rates'][name]:g}"
            axis.plot(100 * steps / steps[-1], losses, color=SERIES[-1 - place], label=label)
        axis.set(xlabel="% of the training", yscale="log")
        axis.legend(title="best rate", fontsize="x-small", title_fontsize="x-small")
    epochs = outcome.curves["epochs"]
    others[0].set(ylabel="training loss, nats", title=f"digits, {epochs} epochs")
    others[1].set(ylabel="regret per example so far, nats", title="rare words, one pass")
