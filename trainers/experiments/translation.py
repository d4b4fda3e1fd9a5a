"""Shifted digits: what weight sharing and pooling give a convolutional network.

A convolution commutes with shifts: with S_d the shift by d pixels, (S_d x) * w = S_d (x * w). The
maximum over every 2 x 2 pixels keeps this for even shifts only, so k blocks of convolution and
pooling map a shift by 2^k pixels to a shift by one cell, and any other shift to something near it
(Azulay & Weiss, JMLR 20, 2019). A multilayer perceptron has other weights for every pixel.
The cnn's last layer has other weights for every cell as well, so that it falls too, only slower.
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
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts

DIRECTIONS = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]
COLORS = {"mlp": "series-2", "cnn": "series-1"}
# Wide enough that cells exist which neither the border nor the shift back into view reaches.
_WIDE = 128


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Train both models on centred digits and measure them on shifted ones."""
    digits = datasets.load("digits", scratch=True).splits
    side, shifts = settings["canvas_pixels"], range(settings["largest_shift_pixels"] + 1)
    train = split_of(
        on_canvas(digits["train"].inputs[: settings["examples"]], side),
        digits["train"].targets[: settings["examples"]],
    )
    tests = [shifted(digits["test"], side, pixels) for pixels in shifts]
    outcome = Outcome(curves={"shifts": list(shifts), "mlp": [], "cnn": [], "blocks": []})
    options: dict[str, dict[str, Any]] = {
        "mlp": {"hidden_units": (settings["hidden_units"],), "activation": "relu"},
        "cnn": {"filters": tuple(settings["filters"])},
    }
    learners: dict[str, Restarts] = {}
    for seed in settings["seeds"]:
        accuracies = {}
        for name in ("mlp", "cnn"):
            keras.utils.set_random_seed(seed)
            model = zoo.create_model(
                name, num_classes=10, input_shape=(side, side, 1), **options[name]
            )
            outcome.curves[f"{name}_parameters"] = model.count_params()
            if name not in learners:
                optimizer = configs.OptimizerConfig("adam", learning_rate=2e-3)
                step = supervised_step(model, "classes", optimizer)
                learners[name] = Restarts(step, train, None, 64, settings["steps"])
            learners[name].fit(model.get_weights(), seed=seed)
            measure = learners[name].evaluation.measure
            accuracies[name] = np.array([measure(test)["accuracy"] for test in tests])
            outcome.curves[name].append(accuracies[name].tolist())
        cnn = learners["cnn"].step.model
        exact, between = equivariance_errors(cnn, digits["test"].inputs[:16])
        outcome.curves["blocks"].append([exact, between])
        figures = compare(accuracies["mlp"], accuracies["cnn"])
        figures |= {"equivariance_error": max(exact), "one_pixel_error": min(between)}
        for figure, value in figures.items():
            outcome.samples.setdefault(figure, []).append(value)
        report(f"seed {seed}: mlp {accuracies['mlp'].round(3)}, cnn {accuracies['cnn'].round(3)}")
    return outcome


def compare(mlp: np.ndarray, cnn: np.ndarray) -> dict[str, float]:
    """Return the figures of two accuracies by shift, `[shifts]`, the first without a shift."""
    return {
        "mlp_accuracy_unshifted": float(mlp[0]),
        "cnn_accuracy_unshifted": float(cnn[0]),
        "smallest_advantage_shifted": float((cnn - mlp)[1:].min()),
        "largest_fall_ratio": float(((cnn[0] - cnn[1:]) / (mlp[0] - mlp[1:])).max()),
    }


def on_canvas(images: np.ndarray, side: int) -> np.ndarray:
    """Return images `[examples, h, h, 1]` in the middle of zeros `[examples, side, side, 1]`."""
    before = (side - images.shape[1]) // 2
    after = side - images.shape[1] - before
    return np.pad(images, ((0, 0), (before, after), (before, after), (0, 0)))


def shifted(split: datasets.Split, side: int, pixels: int) -> datasets.Split:
    """Return every image on a canvas, shifted by `pixels` in each of the eight directions.

    Raises:
        ValueError: a shift would cut images off.
    """
    if pixels > (side - split.inputs.shape[1]) // 2:
        raise ValueError(f"a shift by {pixels} pixels leaves a canvas of {side}")
    images = on_canvas(split.inputs, side)
    copies = [np.roll(images, (r * pixels, c * pixels), axis=(1, 2)) for r, c in DIRECTIONS]
    return split_of(np.concatenate(copies), np.tile(split.targets, len(DIRECTIONS)))


def equivariance_errors(model: keras.Model, images: np.ndarray) -> tuple[list[float], list[float]]:
    """Return max |F(S x) - S F(x)| / max |F(x)| after every block F of convolution and pooling.

    The first list is for a shift by F's stride, where the right S is one cell of F(x); the second
    for a shift by one pixel, against the nearest S, none or one cell.
    """
    wide = tf.constant(on_canvas(images, _WIDE))
    layers = [layer for layer in model.layers if len(layer.output.shape) == 4][1:]

    def after(depth: int, pixels: int) -> tf.Tensor:
        maps = tf.roll(wide, pixels, axis=2)
        for layer in layers[:depth]:
            maps = layer(maps)
        return maps

    exact, between = [], []
    for depth, layer in enumerate(layers, start=1):
        if isinstance(layer, keras.layers.MaxPooling2D):
            maps = after(depth, 0)
            moved = tf.roll(maps, 1, axis=2)
            stride, pixel = after(depth, _WIDE // maps.shape[1]), after(depth, 1)
            exact.append(_difference(stride, moved, maps))
            between.append(min(_difference(pixel, wanted, maps) for wanted in (maps, moved)))
    return exact, between


def _difference(found: tf.Tensor, wanted: tf.Tensor, scale: tf.Tensor) -> float:
    # "same" padding makes the outermost cells differ, and the roll brings them one cell inwards.
    inner = (slice(None), slice(2, -2), slice(2, -2))
    difference = tf.reduce_max(tf.abs(found[inner] - wanted[inner]))
    return float(difference / tf.reduce_max(tf.abs(scale[inner])))


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw accuracy by shift, and how far each block is from equivariance."""
    left, right = figure.subplots(1, 2)
    shifts = outcome.curves["shifts"]
    for name, color in COLORS.items():
        runs = np.array(outcome.curves[name])
        for accuracies in runs:
            left.plot(shifts, accuracies, color=color, alpha=0.25)
        label = f"{name}, {outcome.curves[f'{name}_parameters']:,} parameters"
        left.plot(shifts, runs.mean(axis=0), color=color, marker="o", label=label)
    left.axhline(0.1, color="ink", linestyle="--", label="guessing: 1 / 10")
    left.set(xlabel="shift of the test images, pixels", ylabel="test accuracy", xticks=shifts)
    left.set(ylim=(0, 1.02), title="trained on centred digits")
    left.legend()
    exact, between = np.array(outcome.curves["blocks"]).mean(axis=0)
    blocks = np.arange(1, len(exact) + 1)
    # Zero has no place on a logarithmic axis: the bars are stubs that say so.
    floor, stub = 1e-9, 2e-9
    right.bar(blocks - 0.2, between, 0.4, color="series-4", label="by 1 pixel")
    right.bar(blocks + 0.2, np.maximum(exact, stub), 0.4, color="series-3", label="by its stride")
    for block in blocks[exact == 0]:
        right.text(block + 0.2, stub, "0", ha="center", va="bottom")
    epsilon = np.finfo(np.float32).eps
    right.axhline(epsilon, color="ink", linestyle="--", label="float32 epsilon")
    right.set(yscale="log", ylim=(floor, 1e3), xlabel="block of convolution and pooling")
    right.set(ylabel="max |F(Sx) - S F(x)| / max |F(x)|", xticks=blocks)
    right.set(title="cnn, error of equivariance to a shift S")
    right.legend(loc="upper center", ncols=3, fontsize="small")
