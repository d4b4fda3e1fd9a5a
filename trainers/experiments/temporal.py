"""Patterns that come early or late: what sharing weights over time gives a recurrent network.

A sequence is noise, but for one of K short patterns of -1 and +1, all with the same number of
each, so that only their order tells them apart. Models train on some start times and are tested
on all. A recurrent network reads every step with the same weights, so what it learned of a
pattern holds at any start (Hochreiter & Schmidhuber 1997; for weights shared by delay lines
Waibel et al. 1989); a multilayer perceptron has other weights for every step, of which those at
new starts never met the pattern there.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts

COLORS = {"mlp": "series-2", "lstm": "series-1"}
_BATCH = 64


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Train both models at some start times of the pattern and measure them at every one."""
    time, length, classes = (settings[k] for k in ("time_steps", "pattern_steps", "patterns"))
    starts = np.arange(time - length + 1)
    seen = np.isin(starts, settings["trained_starts"])
    outcome = Outcome(curves={"starts": starts.tolist(), "seen": seen.tolist(), "classes": classes})
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "mlp": ("mlp", {"hidden_units": (settings["hidden_units"],), "activation": "relu"}),
        "lstm": ("lstm_classifier", {"units": settings["units"]}),
    }
    learners: dict[str, Restarts] = {}
    for seed in settings["seeds"]:
        random = np.random.default_rng(seed)
        chosen = patterns(classes, length, random)
        train_starts = random.choice(starts[seen], settings["examples"])
        train = sequences(chosen, train_starts, time, settings["noise"], random)
        tests = [
            sequences(chosen, np.full(512, start), time, settings["noise"], random)
            for start in starts
        ]
        for name, (registered, options) in models.items():
            keras.utils.set_random_seed(seed)
            model = zoo.create_model(
                registered, num_classes=classes, input_shape=(time, 1), **options
            )
            outcome.curves[f"{name}_parameters"] = model.count_params()
            if name not in learners:
                optimizer = configs.OptimizerConfig("adam", learning_rate=5e-3, clip_norm=1.0)
                step = supervised_step(model, "classes", optimizer)
                learners[name] = Restarts(step, train, None, _BATCH, settings["steps"])
            learners[name].fit(model.get_weights(), seed=seed, train=train)
            measure = learners[name].evaluation.measure
            accuracies = np.array([measure(test)["accuracy"] for test in tests])
            outcome.curves.setdefault(name, []).append(accuracies.tolist())
            for figure, value in {
                f"{name}_accuracy_seen": accuracies[seen].mean(),
                f"{name}_accuracy_unseen": accuracies[~seen].mean(),
                f"{name}_fall": accuracies[seen].mean() - accuracies[~seen].mean(),
            }.items():
                outcome.samples.setdefault(figure, []).append(float(value))
        last = {figure: round(values[-1], 3) for figure, values in outcome.samples.items()}
        report(f"seed {seed}: {last}")
    return outcome


def patterns(number: int, length: int, random: np.random.Generator) -> np.ndarray:
    """Return different patterns `[number, length]` of -1 and +1, each with length // 2 of +1.

    All begin and end with +1 and -1, so that the ends do not tell them apart.
    """
    places = list(combinations(range(1, length - 1), length // 2 - 1))
    rows = -np.ones((number, length), np.float32)
    rows[:, 0] = 1
    for row, index in zip(rows, random.choice(len(places), number, replace=False), strict=True):
        row[list(places[index])] = 1
    return rows


def sequences(
    chosen: np.ndarray, starts: np.ndarray, time: int, noise: float, random: np.random.Generator
) -> datasets.Split:
    """Return one sequence `[time, 1]` per start: a pattern from there on, plus Gaussian noise.

    Args:
        chosen: patterns `[classes, length]`; the class of each sequence is drawn evenly.
        noise: standard deviation; the patterns' is 1.
    """
    classes = random.integers(0, len(chosen), len(starts), np.int32)
    inputs = random.normal(0, noise, (len(starts), time)).astype(np.float32)
    columns = starts[:, None] + np.arange(chosen.shape[1])
    inputs[np.arange(len(starts))[:, None], columns] += chosen[classes]
    return split_of(inputs[..., None], classes)


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw accuracy by start time, and its means over trained and new starts."""
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    starts, seen = np.array(outcome.curves["starts"]), np.array(outcome.curves["seen"])
    chance = 1 / outcome.curves["classes"]
    for index, start in enumerate(starts[seen]):
        label = "trained at" if index == 0 else None
        left.axvspan(start - 0.3, start + 0.3, color="line", label=label)
    for name, color in COLORS.items():
        runs = np.array(outcome.curves[name])
        for accuracies in runs:
            left.plot(starts, accuracies, color=color, alpha=0.25)
        label = f"{name}, {outcome.curves[f'{name}_parameters']:,} parameters"
        left.plot(starts, runs.mean(axis=0), color=color, marker="o", label=label)
    left.axhline(chance, color="ink", linestyle="--", label="guessing")
    left.set(xlabel="start of the pattern, time steps", ylabel="test accuracy", ylim=(0, 1.04))
    left.set(title="accuracy by start time", xticks=starts[::3])
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    for offset, (name, color) in zip((-0.2, 0.2), COLORS.items(), strict=True):
        values = [outcome.samples[f"{name}_accuracy_{kind}"] for kind in ("seen", "unseen")]
        right.bar(
            np.arange(2) + offset,
            [np.mean(v) for v in values],
            0.4,
            yerr=[np.std(v) for v in values],
            ecolor="ink",
            capsize=4,
            color=color,
        )
    right.axhline(chance, color="ink", linestyle="--")
    right.set_xticks([0, 1], ["trained starts", "new starts"])
    right.set(ylabel="test accuracy", ylim=(0, 1.04), title="mean and deviation over seeds")
