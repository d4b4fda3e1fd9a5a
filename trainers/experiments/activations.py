"""Sigmoid, tanh and ReLU: their slopes, and what the slopes do to the gradient of a deep net.

The gradient of a layer is the next layer's, times the weights, times f'(s). Where f' <= 1/4, as
for the sigmoid, and the weights keep lengths (n var(w) = 1), the gradient's norm falls by at least
4 with every layer. Tanh has slope 1 at 0 and stays near it (Glorot & Bengio 2010, section 2.3, and
their section 4.2 for n var(w) = 1); half of the ReLUs have slope 1, which n var(w) = 2 makes good
(He et al. 2015, equation 14). Saturated units, |s| >> 0, pass nothing on (LeCun et al. 1998).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.restarts import drawn_weights
from zoo.layers.activations import find_activation

# Activation, and the initializer that is suitable for it.
PAIRS = (("sigmoid", "glorot"), ("tanh", "glorot"), ("relu", "he"))
_COLORS = {"sigmoid": "series-2", "tanh": "series-1", "relu": "series-3"}


def slopes(name: str, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the activation called `name` and its derivative at `sums` `[points]`."""
    points = tf.constant(sums, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = find_activation(name)(points)
    return outputs.numpy(), tape.gradient(outputs, points).numpy()


def gradient_norms(
    activation: str, initializer: str, depth: int, units: int, batch: tuple, seeds: list[int]
) -> list[np.ndarray]:
    """Return for every seed the gradient's norm at the outputs of each hidden layer, `[depth]`.

    At the outputs and not at the weights, whose gradients are these times the layer's inputs: where
    small weights shrink the one with every layer back, they shrink the other with every layer on.

    The loss is the mean cross-entropy of a fresh net on `batch`, inputs `[examples, features]` and
    labels `[examples]`. All layers have as many inputs as units, so that their norms compare.
    """
    inputs, labels = batch
    model = zoo.create_model(
        "mlp",
        num_classes=10,
        input_shape=inputs.shape[1:],
        hidden_units=(units,) * depth,
        activation=activation,
    )
    layers = [model.get_layer(f"hidden_{i}_activation").output for i in range(1, depth + 1)]
    told = keras.Model(model.input, [*layers, model.output])

    @tf.function(autograph=False)
    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            *outputs, scores = told(inputs)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
            loss = tf.reduce_mean(losses)
        return [tf.norm(each) for each in tape.gradient(loss, outputs)]

    norms = []
    for seed in seeds:
        model.set_weights(drawn_weights(model, initializer, seed))
        norms.append(np.array([float(norm) for norm in gradients()]))
    return norms


def factor_per_layer(depths: list[int], ratios: list[float]) -> float:
    """Return g of the least-squares fit ratio = c g^depth, on a log scale."""
    return float(np.exp(np.polyfit(depths, np.log(ratios), 1)[0]))


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Measure the functions' slopes, and first-layer over last-layer gradient norms."""
    outcome, depths, seeds = Outcome(), settings["depths"], settings["seeds"]
    sums = np.linspace(-6, 6, 601)
    outcome.curves.update(sums=sums.tolist(), depths=depths)
    train = datasets.load("digits", scratch=True).splits["train"]
    batch = (train.inputs[:256].reshape(256, -1), train.targets[:256])
    # Mean 0 and variance 1 over all pixels, so that the first layer is like the others.
    batch = ((batch[0] - batch[0].mean()) / batch[0].std(), batch[1])
    for activation, initializer in PAIRS:
        values, derivatives = slopes(activation, sums)
        outcome.samples[f"{activation}_largest_slope"] = [float(derivatives.max())]
        outcome.curves[activation] = {"values": values.tolist(), "slopes": derivatives.tolist()}
        ratios = np.empty((len(depths), len(seeds)))
        for row, depth in enumerate(depths):
            norms = gradient_norms(activation, initializer, depth, 64, batch, seeds)
            ratios[row] = [each[0] / each[-1] for each in norms]
        factors = [factor_per_layer(depths, column) for column in ratios.T.tolist()]
        outcome.samples[f"{activation}_gradient_factor_per_layer"] = factors
        outcome.curves[f"{activation}_ratios"] = ratios.tolist()
        report(f"{activation}: gradient times {np.mean(factors):.3f} per layer")
    return outcome


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw the functions, their slopes, and the gradient's ratio against depth."""
    left, middle, right = figure.subplots(1, 3)
    sums, depths = outcome.curves["sums"], np.array(outcome.curves["depths"])
    for name, color in _COLORS.items():
        curves = outcome.curves[name]
        left.plot(sums, curves["values"], color=color, label=name)
        middle.plot(sums, curves["slopes"], color=color, label=name)
        ratios = np.array(outcome.curves[f"{name}_ratios"])
        right.plot(depths, ratios, ".", color=color, alpha=0.4)
        right.plot(depths, np.exp(np.log(ratios).mean(1)), color=color, label=name)
    right.plot(depths, 0.25 ** (depths - 1.0), color="ink", linestyle="--", label="1/4 per layer")
    left.set(xlabel="sum s", ylabel="f(s)", title="activation", ylim=(-1.2, 2.2))
    middle.axhline(0.25, color="muted", linestyle=":", label="1/4")
    middle.set(xlabel="sum s", ylabel="f'(s)", title="its slope")
    right.set(
        xlabel="hidden layers",
        ylabel="gradient norm, first / last layer",
        yscale="log",
        title="fresh nets of 64 units",
    )
    for axes in (left, middle, right):
        axes.legend(fontsize="small")
