"""Exclusive or, and the perceptron convergence theorem.

No line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other, so that whatever the
weights of a perceptron are, at most 3 of the 4 points are right (Minsky & Papert 1969).

The convergence theorem (Novikoff 1962): on examples with |x| <= R that some unit vector separates
with margin g, Rosenblatt's rule started at zero makes at most (R / g)^2 mistakes, whatever the
step size and the order of the examples.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

import configs
import zoo
from trainers.engine import compiling
from trainers.engine.loop import Loop
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import fit, split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([0, 1, 1, 0], np.int32)


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Train both models on the four points, and count Rosenblatt's mistakes on separable data."""
    outcome = Outcome()
    data = split_of(INPUTS, TARGETS)
    models = {
        "perceptron": {},
        "mlp": {"hidden_units": (settings["hidden_units"],), "activation": "tanh"},
    }
    steps, optimizer = settings["steps"], configs.OptimizerConfig("adam", learning_rate=0.05)
    restarts = {
        name: Restarts(
            supervised_step(_model(name, options, 0), "classes", optimizer),
            data,
            data,
            batch_size=4,
            steps=steps,
            every=steps // 50,
        )
        for name, options in models.items()
    }
    for seed in settings["seeds"]:
        for name, options in models.items():
            curve = restarts[name].fit(_model(name, options, seed).get_weights(), seed=seed)
            accuracies = curve.test["accuracy"]
            outcome.samples.setdefault(f"{name}_accuracy", []).append(accuracies[-1])
            outcome.samples.setdefault(f"{name}_best_accuracy", []).append(max(accuracies))
            outcome.curves.setdefault(name, []).append(curve.test["loss"])
            outcome.curves["steps"] = curve.steps
        mistakes, bound, afterwards = rosenblatt(settings["separable_examples"], seed)
        outcome.samples.setdefault("mistakes_over_bound", []).append(mistakes / bound)
        outcome.samples.setdefault("mistakes_after_convergence", []).append(afterwards)
        report(f"seed {seed}: {mistakes} mistakes, bound {bound:.0f}")
    return outcome


def _model(name: str, options: dict[str, Any], seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return zoo.create_model(name, num_classes=2, input_shape=(2,), **options)


def separable(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return points, labels 0 or 1, and the margin of the unit vector that labelled them.

    The points are `[examples, 3]`; the last coordinate is 1, for the bias.
    """
    random = np.random.default_rng(seed)
    # A small bias, so that both classes occur.
    separator = random.normal(size=3) * [1, 1, 0.2]
    separator /= np.linalg.norm(separator)
    points = np.concatenate([random.normal(size=(examples * 4, 2)), np.ones((examples * 4, 1))], 1)
    distances = points @ separator
    points = points[np.abs(distances) > 0.1][:examples]
    distances = points @ separator
    return points, (distances > 0).astype(np.int64), float(np.abs(distances).min())


def rosenblatt(examples: int, seed: int) -> tuple[int, float, int]:
    """Return the mistakes until a pass without one, their bound, and those of one more pass.

    One unit, one example at a time, through the project's own step: on the mean squared error of
    one output, w <- w + 2 eta (t - y) x.
    """
    points, labels, margin = separable(examples, seed)
    model = zoo.create_model("rosenblatt", num_classes=1, input_shape=(2,))
    optimizer = configs.OptimizerConfig("sgd", learning_rate=0.5)
    loss = configs.LossConfig("mse")
    step = supervised_step(model, "numbers", optimizer, loss=loss, output_activation="step")
    loop = Loop(step, compiling.choose("auto", model, 1))  # compiled once for all passes
    data = split_of(points[:, :2].astype(np.float32), labels[:, None].astype(np.float32))
    bound = float(np.square(np.linalg.norm(points, axis=1).max() / margin))

    def mistakes_of_pass(epoch: int) -> int:
        # With outputs and targets 0 or 1 the squared error of an example is 1 for a mistake.
        curve = fit(
            step, data, None, batch_size=1, steps=examples, every=examples, seed=epoch, loop=loop
        )
        return round(curve.train["loss"][0] * examples)

    mistakes, in_pass, epoch = 0, 1, 0
    while in_pass and mistakes <= bound:
        in_pass = mistakes_of_pass(epoch)
        mistakes, epoch = mistakes + in_pass, epoch + 1
    return mistakes, bound, mistakes_of_pass(epoch)


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw the loss on exclusive or, and the mistakes as a share of the bound."""
    left, right = figure.subplots(1, 2)
    for name, color in (("perceptron", "series-2"), ("mlp", "series-1")):
        for index, losses in enumerate(outcome.curves[name]):
            label = name if index == 0 else None
            left.plot(outcome.curves["steps"], losses, color=color, alpha=0.6, label=label)
    left.axhline(np.log(2), color="ink", linestyle="--", label="guessing: ln 2")
    left.set(xlabel="update", ylabel="cross-entropy, nats", yscale="log", title="exclusive or")
    left.legend()
    shares = outcome.samples["mistakes_over_bound"]
    right.bar(range(len(shares)), shares)
    right.axhline(1, color="ink", linestyle="--", label="Novikoff's bound")
    right.set(xlabel="seed", ylabel="mistakes / bound", yscale="log", title="Rosenblatt's rule")
    right.legend()
