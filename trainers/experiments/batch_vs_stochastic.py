"""Whole-batch, mini-batch and single-example descent, and the noise of a batch's gradient.

The gradient over B examples drawn independently is an unbiased estimate of the gradient over all
N, and the trace of its covariance is V / B, where V is that of one example's gradient (Bottou,
Curtis & Nocedal 2018, section 4.2). An epoch draws without replacement, so that it is
V / B (N - B) / (N - 1), and the batches of an epoch have the whole gradient as their exact mean. A
single example costs 1/N of a whole batch and its noise does little harm far from the minimum:
that is the case for stochastic descent (section 3.3).

Gradients are what the loop's updates subtract, on the batches that its feed draws; they are held
against the gradient in closed form, in NumPy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.engine.batch import resident
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import Curve, split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts, drawn_weights
from trainers.problems.supervised.step import SupervisedStep

_KINDS = ("single", "mini", "whole")
_COLORS = {"single": "series-2", "mini": "series-3", "whole": "series-1"}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Choose each batch size's rate with a seed of its own, then train with every other one."""
    train = datasets.load("digits", scratch=True).splits["train"]
    count = settings["examples"]
    train = split_of(train.inputs[:count], train.targets[:count])
    sizes = {"single": 1, "mini": settings["mini_batch_size"], "whole": count}
    outcome = Outcome(curves={"sizes": sizes, "target_loss": settings["target_loss"]})
    rates: dict[str, float] = {}
    updates: dict[str, list[float]] = {}
    for kind in _KINDS:
        restarts = _restarts(train, sizes[kind], settings["epochs"][kind])

        def descend(seed: int, rate: float, restarts: Restarts = restarts) -> tuple[float, Curve]:
            weights = drawn_weights(restarts.step.model, "glorot", seed)
            curve = restarts.fit(weights, seed=seed, learning_rate=rate)
            return updates_to(curve, settings["target_loss"]), curve

        tried = {
            rate: descend(settings["rate_seed"], rate)[0] for rate in settings["learning_rates"]
        }
        rates[kind] = min(tried, key=lambda rate: tried[rate])
        for seed in settings["seeds"]:
            needed, curve = descend(seed, rates[kind])
            updates.setdefault(kind, []).append(needed)
            outcome.curves.setdefault(kind, []).append(
                {"updates": curve.steps, "seconds": curve.seconds, "loss": curve.test["loss"]}
            )
        report(f"{kind}, rate {rates[kind]}: {updates[kind]} updates")
    outcome.samples = compare(updates, sizes)
    outcome.curves["rates"] = rates
    measure_noise(train, settings, outcome, report)
    return outcome


def compare(updates: dict[str, list[float]], sizes: dict[str, int]) -> dict[str, list[float]]:
    """Return ratios of updates, and of passes over the data, for every seed.

    Args:
        updates: for each kind and seed those that it took; infinite for never.
        sizes: examples per update of each kind.
    """
    needed = {kind: np.array(values) for kind, values in updates.items()}
    passes = {kind: values * sizes[kind] / sizes["whole"] for kind, values in needed.items()}
    # Never over never is no number, and meets no claim.
    with np.errstate(invalid="ignore"):
        return {
            "epochs_whole_over_single": (passes["whole"] / passes["single"]).tolist(),
            "epochs_whole_over_mini": (passes["whole"] / passes["mini"]).tolist(),
            "updates_single_over_whole": (needed["single"] / needed["whole"]).tolist(),
            "updates_single_over_mini": (needed["single"] / needed["mini"]).tolist(),
        }


def new_step(train: datasets.Split, rate: float) -> SupervisedStep:
    """Return multinomial logistic regression and its descent."""
    model = zoo.create_model("perceptron", num_classes=10, input_shape=train.inputs.shape[1:])
    return supervised_step(model, "classes", configs.OptimizerConfig("sgd", learning_rate=rate))


def _restarts(train: datasets.Split, batch_size: int, epochs: int) -> Restarts:
    """Return descents whose curves are the loss over all of `train`."""
    steps = epochs * train.size // batch_size
    return Restarts(
        new_step(train, 1.0), train, train, batch_size, steps, every=max(1, steps // 160)
    )


def updates_to(curve: Curve, loss: float) -> float:
    """Return the updates until the loss is first seen at or below `loss`; infinity for never."""
    reached = np.flatnonzero(np.array(curve.test["loss"]) <= loss)
    return float(curve.steps[reached[0]]) if len(reached) else float("inf")


class Exact(NamedTuple):
    """The gradients of all examples, in closed form.

    mean: of them, `[weights]`: the gradient over the whole set.
    variance: V, the trace of one example's covariance.
    """

    mean: np.ndarray
    variance: float


def exact_gradients(weights: list[np.ndarray], train: datasets.Split) -> Exact:
    """Return x (p - y)^T and p - y, p = softmax(x W + b), of all examples, in float64.

    Args:
        weights: W `[features, classes]` and b `[classes]`.
        train: inputs of so many features and labels.
    """
    kernel, bias = (np.asarray(each, np.float64) for each in weights)
    inputs = np.asarray(train.inputs, np.float64).reshape(train.size, -1)
    scores = inputs @ kernel + bias
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    errors = odds / odds.sum(axis=1, keepdims=True) - np.eye(len(bias))[train.targets]
    mean = np.concatenate([(inputs.T @ errors).ravel() / train.size, errors.mean(axis=0)])
    squares = (np.square(inputs).sum(axis=1) + 1) * np.square(errors).sum(axis=1)
    return Exact(mean, float(squares.mean() - mean @ mean))


class Updates:
    """What single updates of the loop subtract, every one from the same weights.

    Args:
        step: with plain descent at rate 1, so that an update subtracts its gradient.
        weights: those.
    """

    def __init__(self, step: SupervisedStep, weights: list[np.ndarray]) -> None:
        self._loop, self._variables = Loop(step, "graph"), step.model.trainable_variables
        self._weights = weights

    def gradient(self, feed: Feed, number: int) -> np.ndarray:
        """Return what the update after `number` of the feed's subtracts, `[weights]`."""
        for variable, value in zip(self._variables, self._weights, strict=True):
            variable.assign(value)
        self._loop.advance(feed, number, 1)
        moved = (
            before.astype(np.float64) - variable.numpy()
            for before, variable in zip(self._weights, self._variables, strict=True)
        )
        return np.concatenate([each.ravel() for each in moved])


def measure_noise(
    train: datasets.Split, settings: dict[str, Any], outcome: Outcome, report: Report
) -> None:
    """Add bias and variance of the gradients of the feed's batches, at every seed's start."""
    step, sizes = new_step(train, 1.0), settings["noise_batch_sizes"]
    expected = noise(sizes, train.size)
    for seed in settings["seeds"]:
        weights = drawn_weights(step.model, "glorot", seed)
        updates, exact = Updates(step, weights), exact_gradients(weights, train)
        feeds = {size: Feed(train, size, seed) for size in sizes}
        drawn = [one_an_epoch(updates, feeds[size], settings["draws"]) for size in sizes]
        figures = judged(drawn, exact, expected, sizes)
        largest = feeds[sizes[-1]]
        epoch = [updates.gradient(largest, number) for number in range(largest.steps_per_epoch)]
        figures["epoch_mean_error"] = relative_error(np.mean(epoch, axis=0), exact.mean)
        step.model.set_weights(weights)
        whole = step.probe(resident(train))
        figures["whole_gradient_error"] = relative_error(
            np.concatenate([np.ravel(each) for each in whole]), exact.mean
        )
        for name, value in figures.items():
            outcome.samples.setdefault(name, []).append(value)
        variances = [each.var(axis=0, ddof=1).sum() / exact.variance for each in drawn]
        outcome.curves.setdefault("noise", []).append(variances)
        report(f"seed {seed}: {figures}")
    outcome.curves.update(noise_sizes=sizes, noise_theory=expected.tolist())


def one_an_epoch(updates: Updates, feed: Feed, draws: int) -> np.ndarray:
    """Return the gradients `[draws, weights]` of one batch from each of so many epochs.

    Batches of one epoch are not independent. Each is from another place in its epoch than the one
    before it.
    """
    places = (epoch * feed.steps_per_epoch + epoch % feed.full_batches for epoch in range(draws))
    return np.stack([updates.gradient(feed, number) for number in places])


def judged(
    drawn: list[np.ndarray], exact: Exact, expected: np.ndarray, sizes: list[int]
) -> dict[str, float]:
    """Return what gradients of batches say of bias and variance.

    Args:
        drawn: for every batch size `[draws, weights]`.
        exact: of the whole set.
        expected: the variance in theory for every size, over that of one example.
        sizes: the batch sizes.
    """
    draws = len(drawn[0])
    variances = np.array([each.var(axis=0, ddof=1).sum() for each in drawn]) / exact.variance
    biases = np.array([np.square(each.mean(axis=0) - exact.mean).sum() for each in drawn])
    # The mean of independent unbiased draws is off by its own variance, on average.
    chance = expected * exact.variance / draws
    # Without the factor of a finite set, 1/B is what is left.
    infinite = variances / (expected * sizes)
    return {
        "squared_bias_over_chance": float(np.mean(biases / chance)),
        "variance_over_theory": float(np.mean(variances / expected)),
        "noise_slope": float(np.polyfit(np.log(sizes), np.log(infinite), 1)[0]),
    }


def relative_error(found: np.ndarray, exact: np.ndarray) -> float:
    """Return the distance of two vectors over the length of the second."""
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def noise(sizes: list[int], examples: int) -> np.ndarray:
    """Return the trace of a batch's gradient covariance over that of one example, `[sizes]`."""
    b = np.array(sizes, float)
    return (examples - b) / (examples - 1) / b


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
        axis.axhline(curves["target_loss"], color="ink", linestyle="--", linewidth=0.8)
        axis.set(xlabel=title, xscale="log", yscale="log", title=f"loss by {title.split()[0]}")
    axes[0].set(ylabel="cross-entropy of the training set, nats")
    axes[0].legend(title="batch size", fontsize="x-small", title_fontsize="x-small")
    # Times the batch size, so that 1/B is a level line.
    sizes = np.array(curves["noise_sizes"])
    noise_axis = axes[3]
    noise_axis.axhline(1, color="muted", linestyle=":", label="1 / B")
    theory = sizes * curves["noise_theory"]
    noise_axis.plot(sizes, theory, color="series-4", label="without replacement")
    for index, variances in enumerate(curves["noise"]):
        label = None if index else "measured"
        noise_axis.plot(sizes, sizes * variances, "o", markersize=4, color="series-1", label=label)
    noise_axis.set(
        xlabel="batch size B",
        ylabel="B x gradient variance / one example's",
        xscale="log",
        ylim=(0, 1.2),
        title="gradient noise",
    )
    noise_axis.legend(fontsize="x-small")
