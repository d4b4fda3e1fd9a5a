"""Few examples: what a network knows that has seen many of another source.

The weights `cnn:mnist` were trained on MNIST's digits (NIST's forms, United States). Here the same
network learns a hundred digits of another source (bank forms of Turkey, 8x8 pixels, brought to
MNIST's size) twice: from those weights, and from drawn ones. Features that tell strokes apart are
the same for both sources, and a hundred examples are too few to learn them anew (Yosinski, Clune,
Bengio & Lipson 2014, How transferable are features in deep neural networks?).

Both learn with the same updates, each at the learning rate that is best for it on the validation
split, chosen with other seeds and other hundreds of examples than are judged.
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
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts
from zoo.preparation.images import resized

COLORS = {"fine-tuned": "series-1", "from scratch": "series-2"}
_SIDE, _INSIDE = 28, 20


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Train from trained and from drawn weights on as few examples, and compare."""
    digits = datasets.load("digits", scratch=True).splits
    train, validation, test = (as_mnist(digits[name]) for name in ("train", "validation", "test"))
    card = zoo.weights_card("cnn:mnist")
    model = zoo.create_model(card.model, weights=card.name)
    trained = model.get_weights()
    few = chosen(train, settings["examples"], 0)
    step = supervised_step(model, "classes", configs.OptimizerConfig("adam"))
    learner = Restarts(step, few, None, settings["batch_size"], settings["steps"])

    def accuracy(start: str, seed: int, rate: float, split: datasets.Split) -> float:
        weights = trained if start == "fine-tuned" else drawn(card, seed)
        learner.fit(weights, seed=seed, learning_rate=rate, train=chosen(train, few.size, seed))
        return learner.evaluation.measure(split)["accuracy"]

    untouched = learner.evaluation.measure(test)["accuracy"]
    report(f"{card.name} without training: {untouched:.3f}")
    outcome, rates = Outcome(curves={"untouched": untouched}), {}
    for start in COLORS:
        tried = {
            rate: float(
                np.mean([accuracy(start, s, rate, validation) for s in settings["choice_seeds"]])
            )
            for rate in settings["learning_rates"]
        }
        rates[start] = max(tried, key=lambda rate: tried[rate])
        report(f"{start}: learning rate {rates[start]:g} of {tried}")
        outcome.curves[start] = []
    for seed in settings["seeds"]:
        found = {start: accuracy(start, seed, rates[start], test) for start in COLORS}
        for start, value in found.items():
            outcome.curves[start].append(value)
        for figure, value in compare(found["fine-tuned"], found["from scratch"]).items():
            outcome.samples.setdefault(figure, []).append(value)
        report(f"seed {seed}: {found}")
    return outcome


def compare(fine_tuned: float, from_scratch: float) -> dict[str, float]:
    """Return the figures of two test accuracies of one seed."""
    return {
        "accuracy_fine_tuned": fine_tuned,
        "accuracy_from_scratch": from_scratch,
        "gain": fine_tuned - from_scratch,
    }


def as_mnist(split: datasets.Split) -> datasets.Split:
    """Return 8x8 digits in [0, 1] as MNIST has them: 20x20 pixels in the middle of 28x28."""
    larger = np.asarray(resized(split.inputs, (_INSIDE, _INSIDE), "stretch"))
    margin = (_SIDE - _INSIDE) // 2
    sides = (margin, margin)
    return split_of(np.pad(larger, ((0, 0), sides, sides, (0, 0))), split.targets)


def chosen(split: datasets.Split, count: int, seed: int) -> datasets.Split:
    """Return `count` examples drawn by seed, of each class as many."""
    random = np.random.default_rng(seed)
    classes = np.unique(split.targets)
    rows = [
        random.choice(np.flatnonzero(split.targets == each), count // len(classes), replace=False)
        for each in classes
    ]
    order = random.permutation(np.concatenate(rows))
    return split_of(split.inputs[order], split.targets[order])


def drawn(card: zoo.WeightsCard, seed: int) -> list[np.ndarray]:
    """Return drawn weights of the card's model."""
    keras.utils.set_random_seed(seed)
    model = zoo.create_model(
        card.model, num_classes=card.num_classes, input_shape=card.input_shape, **card.options
    )
    return model.get_weights()


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw every seed's two accuracies, joined, beside that of the weights as they come."""
    axes = figure.subplots()
    pairs = np.array([outcome.curves[start] for start in COLORS])
    for fine_tuned, from_scratch in pairs.T:
        axes.plot([0, 1], [from_scratch, fine_tuned], color="line", zorder=0)
    for place, start in ((1, "fine-tuned"), (0, "from scratch")):
        values = outcome.curves[start]
        axes.scatter([place] * len(values), values, color=COLORS[start], label=start)
        axes.plot([place - 0.1, place + 0.1], [np.mean(values)] * 2, color=COLORS[start], lw=3)
    untouched = outcome.curves["untouched"]
    axes.axhline(untouched, color="ink", linestyle="--", label="cnn:mnist as it comes")
    axes.set(xticks=[0, 1], xticklabels=["from drawn weights", "from cnn:mnist"], xlim=(-0.5, 1.5))
    axes.set(ylabel="test accuracy on UCI's digits", title="after a hundred examples")
    axes.legend(loc="lower right")
