"""Normalized sums before the sigmoids: fewer updates to the same accuracy.

The net of Ioffe & Szegedy (2015), section 4.1 and figure 1: three hidden layers of 100 sigmoid
units, small normal weights, 60 examples per update. Beside batch normalization stand layer (Ba et
al. 2016) and weight normalization (Salimans & Kingma 2016; started from data, their section 3).
Each, the plain net too, is trained with several constant rates, from a seed of their own, and
judged on the test examples at the one that first gets it to the target on the validation examples,
so that no rate favours one of them and none is chosen by what it is judged on. A control, the plain
net with the weights that weight normalization starts from, tells how much is owed to the start
alone: on the digits nearly all, so that the claim is about small random weights and not about every
start.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import supervised_step
from trainers.problems.supervised.restarts import Restarts, whole_batches
from zoo.layers.weight_normalization import WeightNormalization, initialize

COLORS = {
    "none": "ink",
    "batch": "series-1",
    "weight": "series-4",
    "layer": "series-3",
    "none, started from data": "series-6",
}
_BATCH = 60


def first_at_least(target: float, steps: list[int], accuracies: list[float]) -> float:
    """Return the first of `steps` with this accuracy; the step after the last if none has it."""
    reached = (step for step, each in zip(steps, accuracies, strict=True) if each >= target)
    return float(next(reached, 2 * steps[-1] - steps[-2]))


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Choose every normalization's rate on validation, then test it from every seed."""
    outcome, target = Outcome(), settings["target_accuracy"]
    updates: dict[str, list[float]] = {}
    losses: dict[str, list[float]] = {}
    data = datasets.load(settings["dataset"], scratch=True)
    train, rates = whole_batches(data.splits["train"], _BATCH), settings["learning_rates"]
    outcome.curves.update(target=target, best={}, updates={}, rates=rates)
    for name in COLORS:
        model = _model(data, name.split(",")[0])
        step = supervised_step(model, "classes", configs.OptimizerConfig("sgd"))
        arguments = (step, train, data.splits["validation"], _BATCH, settings["steps"])
        restarts = Restarts(*arguments, every=settings["every"])
        seed = settings["rate_seed"]
        start = _start(data, name, train, seed)
        tried = [restarts.fit(start, seed=seed, learning_rate=rate) for rate in rates]
        needed = [first_at_least(target, each.steps, each.test["accuracy"]) for each in tried]
        rate = rates[int(np.argmin(needed))]
        restarts.test = data.splits["test"]
        runs = [
            restarts.fit(_start(data, name, train, seed), seed=seed, learning_rate=rate)
            for seed in settings["seeds"]
        ]
        accuracies = [each.test["accuracy"] for each in runs]
        updates[name] = [first_at_least(target, runs[0].steps, row) for row in accuracies]
        losses[name] = [each.test["loss"][-1] for each in runs]
        outcome.curves["steps"] = runs[0].steps
        outcome.curves["best"][name] = {"accuracies": accuracies, "rate": rate}
        outcome.curves["updates"][name] = needed
        report(f"{name}: {np.mean(updates[name]):.0f} updates at rate {rate:g}")
    outcome.samples = compare(updates, losses)
    return outcome


def compare(
    updates: dict[str, list[float]], losses: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Return for every seed each net's updates and final test loss over those of the plain one.

    Args:
        updates, losses: for every net, "none" among them, and every seed.
    """
    samples = {}
    for name in updates:
        if name != "none":
            share = np.divide(updates[name], updates["none"])
            samples[f"{name}_share_of_updates"] = share.tolist()
            samples[f"{name}_final_loss_ratio"] = np.divide(losses[name], losses["none"]).tolist()
    return samples


def _model(data: datasets.Dataset, normalization: str) -> keras.Model:
    return zoo.create_model(
        "mlp",
        num_classes=data.num_classes,
        input_shape=data.input_shape,
        hidden_units=(100, 100, 100),
        initializer="normal",
        normalization=normalization,
    )


def folded(model: keras.Model) -> list[np.ndarray]:
    """Return the weights of the plain net that computes what a weight-normalized one does.

    Its kernels are w = g v / ||v||, in the order of `get_weights`.
    """
    weights = []
    for layer in model.layers:
        if isinstance(layer, WeightNormalization):
            direction, scale = layer.kernels[0].numpy(), layer.scales[0].numpy()
            kernel = scale * direction / np.linalg.norm(direction, axis=0)
            weights += [kernel, layer.layer.bias.numpy()]
        else:
            weights += layer.get_weights()
    return weights


def _start(data: datasets.Dataset, name: str, train: datasets.Split, seed: int) -> list[np.ndarray]:
    keras.utils.set_random_seed(seed)
    from_data = name in ("weight", "none, started from data")
    model = _model(data, "weight" if from_data else name)
    if from_data:
        initialize(model, train.inputs[:500])
    return folded(model) if from_data and name != "weight" else model.get_weights()


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw test accuracy at every net's chosen rate, and how the rate matters."""
    left, right = figure.subplots(1, 2)
    curves = outcome.curves
    target, rates, steps = curves["target"], curves["rates"], curves["steps"]
    for name, color in COLORS.items():
        accuracies = np.array(curves["best"][name]["accuracies"])
        label = f"{name}, rate {curves['best'][name]['rate']:g}"
        left.plot(steps, accuracies.T, color=color, alpha=0.25, linewidth=0.8)
        left.plot(steps, np.median(accuracies, axis=0), color=color, label=label)
        updates = np.array(curves["updates"][name])
        updates[updates > steps[-1]] = 1.5 * steps[-1]
        right.plot(rates, updates, "o-", markersize=4, color=color)
    left.axhline(target, color="muted", linestyle=":", label=f"{target:g}")
    left.set(
        xlabel="updates of 60 examples",
        ylabel="test accuracy",
        xscale="log",
        ylim=(0, 1),
        title="at the chosen rate, every seed and median",
    )
    figure.legend(fontsize="small", loc="outside lower center", ncols=3)
    right.axhline(1.2 * steps[-1], color="muted", linestyle=":")
    right.text(rates[0], 1.8 * steps[-1], "not within the run")
    right.set(
        xlabel="learning rate",
        ylabel=f"updates to validation accuracy {target:g}",
        xscale="log",
        yscale="log",
        ylim=(20, 2.7 * steps[-1]),
        title="every rate, from the seed that chooses",
    )
