"""Whole-batch, mini-batch and single-example descent, and the noise of a batch's gradient.

The gradient over B examples drawn independently is an unbiased estimate of the gradient over all
N, and the trace of its covariance is V / B, where V is that of one example's gradient (Bottou,
Curtis & Nocedal 2018, section 4.2). Drawn without replacement, as in an epoch, it is
V / B (N - B) / (N - 1). A single example costs 1/N of a whole batch and its noise does little
harm far from the minimum: that is the case for stochastic descent (section 3.3).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.engine.batch import resident
from trainers.experiments.experiment import Outcome, Report
from trainers.optimizers.second_order.flat import FlatView
from trainers.problems.supervised.fit import Curve, fit, split_of, supervised_step
from trainers.problems.supervised.step import SupervisedStep

_KINDS = ("single", "mini", "whole")
_COLORS = {"single": "tab:red", "mini": "tab:green", "whole": "tab:blue"}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Search each batch size's learning rate with the first seed, then train with every seed."""
    train = datasets.load("digits", scratch=True).splits["train"]
    count = settings["examples"]
    train = split_of(train.inputs[:count], train.targets[:count])
    sizes = {"single": 1, "mini": settings["mini_batch_size"], "whole": count}
    outcome = Outcome(curves={"sizes": sizes, "target_loss": settings["target_loss"]})
    rates: dict[str, float] = {}
    for seed in settings["seeds"]:
        updates: dict[str, float] = {}
        for kind in _KINDS:
            candidates = settings["learning_rates"] if kind not in rates else [rates[kind]]
            runs = {}
            for rate in candidates:
                curve = descend(train, sizes[kind], rate, settings["epochs"][kind], seed)
                runs[rate] = (updates_to(curve, settings["target_loss"]), curve)
            rates[kind] = min(runs, key=lambda rate: runs[rate][0])
            updates[kind], curve = runs[rates[kind]]
            if not np.isfinite(updates[kind]):
                raise ArithmeticError(
                    f"batch size {sizes[kind]}: no learning rate in {candidates} reached a loss of "
                    f"{settings['target_loss']}; give more epochs or other rates"
                )
            report(f"seed {seed}: {kind}, rate {rates[kind]}, {updates[kind]:.0f} updates")
            outcome.curves.setdefault(kind, []).append(
                {"updates": curve.steps, "seconds": curve.seconds, "loss": curve.test["loss"]}
            )
        measure_noise(new_step(train, 1.0, seed), train, settings, seed, outcome)
        epochs = {kind: updates[kind] * sizes[kind] / count for kind in _KINDS}
        for name, value in (
            ("epochs_whole_over_single", epochs["whole"] / epochs["single"]),
            ("epochs_whole_over_mini", epochs["whole"] / epochs["mini"]),
            ("updates_single_over_whole", updates["single"] / updates["whole"]),
            ("updates_single_over_mini", updates["single"] / updates["mini"]),
        ):
            outcome.samples.setdefault(name, []).append(value)
    outcome.curves["rates"] = rates
    return outcome


def new_step(train: datasets.Split, rate: float, seed: int) -> SupervisedStep:
    """Return multinomial logistic regression and its descent."""
    keras.utils.set_random_seed(seed)
    model = zoo.create_model("perceptron", num_classes=10, input_shape=train.inputs.shape[1:])
    return supervised_step(model, "classes", configs.OptimizerConfig("sgd", learning_rate=rate))


def descend(train: datasets.Split, batch_size: int, rate: float, epochs: int, seed: int) -> Curve:
    """Train; the curve is the loss over all of `train`."""
    steps = epochs * train.size // batch_size
    return fit(
        new_step(train, rate, seed),
        train,
        train,
        batch_size=batch_size,
        steps=steps,
        every=max(1, steps // 160),
        seed=seed,
    )


def updates_to(curve: Curve, loss: float) -> float:
    """Return the updates until the loss is first seen at or below `loss`; infinity for never."""
    reached = np.flatnonzero(np.array(curve.test["loss"]) <= loss)
    return float(curve.steps[reached[0]]) if len(reached) else float("inf")


def measure_noise(
    step: SupervisedStep,
    train: datasets.Split,
    settings: dict[str, Any],
    seed: int,
    outcome: Outcome,
) -> None:
    """Add the trace of the gradient's covariance for every batch size, at the step's weights."""
    data, view = resident(train), FlatView(step.model.trainable_variables)
    random = np.random.default_rng(seed)

    @tf.function(autograph=False)
    def gradients(draws: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(
            lambda rows: view.flatten(step.probe(data.rows(rows))),
            draws,
            fn_output_signature=tf.float32,
        )

    def trace(draws: np.ndarray, ddof: int) -> float:
        found = gradients(tf.constant(draws, tf.int32)).numpy()
        return float(found.astype(np.float64).var(axis=0, ddof=ddof).sum())

    # The covariance of one example's gradient is known exactly: every example is tried.
    exact = trace(np.arange(train.size)[:, None], 0)
    sizes, draws = settings["noise_batch_sizes"], settings["draws"]
    drawn: dict[str, list[float]] = {"with": [], "without": []}
    for size in sizes:
        rows = random.integers(train.size, size=(draws, size))
        drawn["with"].append(trace(rows, 1) / exact)
        rows = np.stack([random.permutation(train.size)[:size] for _ in range(draws)])
        drawn["without"].append(trace(rows, 1) / exact)
    expected = {name: noise(sizes, train.size, name == "with") for name in drawn}
    slope = np.polyfit(np.log(sizes), np.log(drawn["with"]), 1)[0]
    outcome.samples.setdefault("noise_slope", []).append(float(slope))
    for name, traces in drawn.items():
        ratio = float(np.mean(np.divide(traces, expected[name])))
        outcome.samples.setdefault(f"noise_{name}_replacement_over_theory", []).append(ratio)
        outcome.curves.setdefault(f"noise_{name}", []).append(traces)
        outcome.curves[f"noise_{name}_theory"] = expected[name].tolist()
    outcome.curves["noise_sizes"] = sizes


def noise(sizes: list[int], examples: int, replacement: bool) -> np.ndarray:
    """Return the trace of a batch's gradient covariance over that of one example, `[sizes]`."""
    b = np.array(sizes, float)
    return 1 / b if replacement else (examples - b) / (examples - 1) / b


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw the loss against updates, epochs (examples) and seconds, and the gradient's noise."""
    axes = figure.subplots(1, 4)
    curves, examples = outcome.curves, outcome.curves["sizes"]["whole"]
    for kind in _KINDS:
        size = curves["sizes"][kind]
        for index, curve in enumerate(curves[kind]):
            label = f"{size}, rate {curves['rates'][kind]:g}" if index == 0 else None
            updates = np.array(curve["updates"])
            for axis, values in zip(
                axes[:3], (updates, updates * size / examples, curve["seconds"]), strict=True
            ):
                axis.plot(values, curve["loss"], color=_COLORS[kind], alpha=0.6, label=label)
    titles = ("updates", f"epochs ({examples} examples)", "seconds")
    for axis, title in zip(axes[:3], titles, strict=True):
        axis.axhline(curves["target_loss"], color="black", linestyle="--", linewidth=0.8)
        axis.set(xlabel=title, xscale="log", yscale="log", title=f"loss by {title.split()[0]}")
    axes[0].set(ylabel="cross-entropy of the training set, nats")
    axes[0].legend(title="batch size", fontsize="x-small", title_fontsize="x-small")
    # Times the batch size, so that 1/B is a level line.
    sizes = np.array(curves["noise_sizes"])
    for name, color in (("with", "tab:purple"), ("without", "tab:orange")):
        theory = sizes * curves[f"noise_{name}_theory"]
        axes[3].plot(sizes, theory, color=color, label=f"{name}, theory")
        for index, traces in enumerate(curves[f"noise_{name}"]):
            label = f"{name}, measured" if index == 0 else None
            axes[3].plot(sizes, sizes * traces, "o", markersize=4, color=color, label=label)
    axes[3].set(
        xlabel="batch size B",
        ylabel="B x gradient variance / one example's",
        xscale="log",
        ylim=(0, 1.2),
        title="gradient noise",
    )
    axes[3].legend(title="replacement", fontsize="x-small", title_fontsize="x-small")
