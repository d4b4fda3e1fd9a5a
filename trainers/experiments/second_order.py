"""Newton's method and the natural gradient, by update and by pass over the data.

Newton's step is exact on a quadratic, so that one reaches least squares from anywhere; near the
minimum of a smooth convex loss the error squares from step to step (Nocedal & Wright 2006,
theorem 3.5). Hessian-free, it takes a network far in few updates (Martens 2010).

The natural gradient F^-1 g is the steepest descent of the predictions, not of the weights: with
inputs A x instead of x, and as first weights A^-T w instead of w, the predictions go the same way
(Amari 1998, section 2). Plain gradient descent is A A^T times faster in some directions.

An update of theirs costs more than one of first order: the gradient is a pass over the data, each
product with the curvature another (Martens 2010, section 4; it takes about twice a gradient's
work, and the line search is not counted at all, so that the count favours them).
"""

from __future__ import annotations

import functools
import math
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.resolve import resolve
from trainers.engine.batch import resident
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import fit, split_of
from trainers.problems.supervised.step import SupervisedStep

# Hessian products are long chains of small operations, as `assembly` notes.
_MODE = "graph"
# The first two are of second order.
_METHODS = ("newton", "natural_gradient", "sgd", "adam")
_UNITS = {"updates": "update", "passes": "pass"}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Test Newton where theory is exact, the invariance, and all methods on a network."""
    outcome = Outcome()
    digits = datasets.load("digits", scratch=True).splits["train"]
    digits = split_of(digits.inputs[: settings["examples"]], digits.targets[: settings["examples"]])
    for seed in settings["seeds"]:
        samples = {
            "one_step_distance_from_least_squares": one_newton_step(seed),
            "newton_steps_on_logistic_regression": newton_steps(digits, seed, outcome),
            **invariance(settings, seed, outcome),
        }
        for name, value in samples.items():
            outcome.samples.setdefault(name, []).append(float(value))
        report(f"seed {seed}: {samples}")
    losses: dict[str, dict[str, list[float]]] = {unit: {} for unit in _UNITS}
    outcome.curves.update({unit: {} for unit in _UNITS})
    for name in _METHODS:
        trained = functools.cache(functools.partial(on_network, digits, name, settings))
        for unit in _UNITS:
            compared, seed = settings[f"compared_{unit}"], settings["rate_seed"]
            tried = {
                rate: loss_at(trained(rate, seed), unit, compared)
                for rate in settings["rates"][name]
            }
            rate = min(tried, key=lambda rate: tried[rate])
            runs = [trained(rate, seed) for seed in settings["seeds"]]
            losses[unit][name] = [loss_at(run, unit, compared) for run in runs]
            outcome.curves[unit][name] = {"rate": rate, "runs": runs}
            report(f"{name}, rate {rate:g}: loss {losses[unit][name]} after {compared} {unit}")
    for unit, each in losses.items():
        outcome.samples |= compare(each, _UNITS[unit])
    return outcome


def loss_at(run: dict[str, list[float]], unit: str, amount: float) -> float:
    """Return the loss at the first measured point that is at least `amount` updates or passes on.

    Infinite for a run that ends before, or whose loss is not a number.
    """
    loss = next((b for a, b in zip(run[unit], run["loss"], strict=True) if a >= amount), math.inf)
    return loss if math.isfinite(loss) else math.inf


def compare(losses: dict[str, list[float]], unit: str) -> dict[str, list[float]]:
    """Return log10 of every second-order method's loss over every first-order one's, by seed."""
    return {
        f"log10_{name}_over_{other}_per_{unit}": np.log10(
            np.divide(losses[name], losses[other])
        ).tolist()
        for name in _METHODS[:2]
        for other in _METHODS[2:]
    }


def assembled(
    model: configs.ModelConfig,
    data: datasets.Split,
    optimizer: configs.OptimizerConfig,
    *,
    seed: int,
    loss: configs.LossConfig | None = None,
) -> Assembly:
    """Build a run's parts around arrays, as `trainers.run` would."""
    regression = data.targets.ndim == 2
    task: Literal["regression", "classification"] = "regression" if regression else "classification"
    config = configs.Config(
        model=model,
        dataset=configs.DatasetConfig(task=task),
        optimizer=optimizer,
        seed=seed,
        loss=loss or configs.LossConfig(),
    )
    dataset = datasets.Dataset(
        name="arrays",
        version="1.0.0",
        task=task,
        input_shape=data.inputs.shape[1:],
        num_classes=1 if regression else int(data.targets.max()) + 1,
        class_names=(),
        splits={"train": data},
        oracle_loss={},
        fingerprint="",
    )
    return assemble(resolve(config), dataset)


def one_newton_step(seed: int) -> float:
    """Return the distance from least squares after one undamped step, over the start's."""
    random = np.random.default_rng(seed)
    # Scales from 0.1 to 10: a condition number of 10^4, far too much for gradient descent.
    inputs = random.normal(size=(200, 5)) * np.geomspace(0.1, 10, 5)
    targets = inputs @ random.normal(size=(5, 1)) + random.normal(size=(200, 1))
    matrix = np.concatenate([inputs, np.ones((200, 1))], axis=1)
    solution = np.linalg.lstsq(matrix, targets, rcond=None)[0]
    data = split_of(inputs.astype(np.float32), targets.astype(np.float32))
    optimizer = configs.OptimizerConfig("newton", options={"damping": 0.0})
    parts = assembled(configs.ModelConfig("linear_regression"), data, optimizer, seed=seed)
    fit(parts.supervised, data, None, batch_size=200, steps=1, every=1, mode=_MODE)
    kernel, bias = (v.numpy() for v in parts.step.model.trainable_variables)
    found = np.concatenate([kernel, bias[None]])
    # The start is zero.
    return float(np.linalg.norm(found - solution) / np.linalg.norm(solution))


def newton_steps(data: datasets.Split, seed: int, outcome: Outcome) -> float:
    """Return the updates until the gradient of L2 logistic regression is 1e-5 of the first."""
    optimizer = configs.OptimizerConfig("newton")
    loss = configs.LossConfig(l2=0.01)
    parts = assembled(configs.ModelConfig("perceptron"), data, optimizer, seed=seed, loss=loss)
    norms = [gradient_norm(parts.supervised, data)]
    fit(
        parts.supervised,
        data,
        None,
        batch_size=data.size,
        steps=15,
        every=1,
        mode=_MODE,
        after_point=lambda _: norms.append(gradient_norm(parts.supervised, data)),
    )
    relative = np.divide(norms, norms[0])
    outcome.curves.setdefault("logistic", []).append(relative.tolist())
    reached = np.flatnonzero(relative <= 1e-5)
    return float(reached[0]) if len(reached) else float("inf")


def gradient_norm(step: SupervisedStep, data: datasets.Split) -> float:
    """Return the norm of the gradient of loss and penalty over all of `data`."""
    return float(np.sqrt(sum(np.square(np.asarray(g)).sum() for g in step.probe(resident(data)))))


def invariance(settings: dict[str, Any], seed: int, outcome: Outcome) -> dict[str, float]:
    """Return how far the losses part, relative to their fall, when the inputs are mixed.

    The classes' outputs are sigmoids, so that F is of full rank and needs no damping; the weights
    start at zero, which every mixing maps to itself.
    """
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(500, 6))
    scores = inputs @ random.normal(size=(6, 3)) + 2 * random.gumbel(size=(500, 3))
    targets = scores.argmax(axis=1).astype(np.int32)
    rotations = [np.linalg.qr(random.normal(size=(6, 6)))[0] for _ in range(2)]
    singular = np.geomspace(
        settings["mixing_condition"] ** -0.5, settings["mixing_condition"] ** 0.5, 6
    )
    mixing = rotations[0] * singular @ rotations[1]
    options = {"output_activation": "sigmoid", "initializer": "zeros"}
    model = configs.ModelConfig("perceptron", options)
    result = {}
    for name, optimizer in (
        (
            "natural_gradient",
            configs.OptimizerConfig(
                "natural_gradient", 0.5, options={"damping": 0.0, "trust_region": 0.0}
            ),
        ),
        ("gd", configs.OptimizerConfig("sgd", 0.3)),
    ):
        losses = []
        for features in (inputs, inputs @ mixing):
            data = split_of(features.astype(np.float32), targets)
            step = assembled(model, data, optimizer, seed=seed).supervised
            curve = fit(step, data, None, batch_size=500, steps=12, every=1, mode=_MODE)
            losses.append(curve.train["loss"])
        given, mixed = np.array(losses)
        result[f"{name}_change_by_mixing"] = float(
            np.abs(given - mixed).max() / (given[0] - given.min())
        )
        outcome.curves.setdefault(f"invariance_{name}", []).append(losses)
    return result


def on_network(
    data: datasets.Split, name: str, settings: dict[str, Any], rate: float, seed: int
) -> dict[str, list[float]]:
    """Train a multilayer perceptron; return its loss over all of `data` by updates and passes."""
    options = settings["options"].get(name, {})
    units = {"hidden_units": tuple(settings["hidden_units"]), "activation": "tanh"}
    parts = assembled(
        configs.ModelConfig("mlp", units),
        data,
        configs.OptimizerConfig(name, rate, options=options),
        seed=seed,
    )
    method = parts.supervised.weights.preconditioner
    counters = [] if method is None else [v for v in method.variables if v.name == "products"]
    products: list[float] = []
    batch_size = settings["batch_size"] if method is None else data.size
    curve = fit(
        parts.supervised,
        data,
        data,
        batch_size=batch_size,
        steps=settings["first_order_updates" if method is None else "second_order_updates"],
        every=settings["compared_updates"] if method is None else 1,
        seed=seed,
        mode="auto" if method is None else _MODE,
        after_point=lambda _: products.append(sum(float(v.numpy()) for v in counters)),
    )
    passes = np.multiply(curve.steps, batch_size / data.size) + products
    return {"updates": curve.steps, "passes": passes.tolist(), "loss": curve.test["loss"]}


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw Newton's convergence, the invariance, and the network's loss by update and pass."""
    logistic, mixing, *networks = figure.subplots(1, 4)
    for norms in outcome.curves["logistic"]:
        logistic.plot(norms, "o-", markersize=3, color="series-1", alpha=0.6)
    logistic.set(
        xlabel="Newton's update",
        ylabel="gradient's norm (first: 1)",
        yscale="log",
        title="logistic regression",
    )
    for name, color in (("natural_gradient", "series-4"), ("gd", "series-3")):
        given, mixed = outcome.curves[f"invariance_{name}"][0]
        label = "gradient descent" if name == "gd" else "natural gradient"
        mixing.plot(given, color=color, label=f"{label}, x")
        mixing.plot(mixed, "x", color=color, label=f"{label}, A x")
    mixing.set(xlabel="update", ylabel="training loss, nats", title="inputs mixed by A")
    mixing.legend(fontsize="x-small")
    for axis, unit in zip(networks, _UNITS, strict=True):
        for index, (name, found) in enumerate(outcome.curves[unit].items()):
            label = f"{name.replace('_', ' ')}, {found['rate']:g}"
            for first, run in enumerate(found["runs"]):
                axis.plot(
                    run[unit],
                    run["loss"],
                    color=f"C{index}",
                    alpha=0.7,
                    label=None if first else label,
                )
        axis.set(xscale="log", yscale="log", xlabel=unit, title=f"network, by {unit}")
        axis.legend(title="rate", fontsize="x-small", title_fontsize="x-small", loc="lower left")
    networks[0].set(ylabel="training loss, nats")
