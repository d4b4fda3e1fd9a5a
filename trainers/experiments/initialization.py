"""Where weights start: what of a signal arrives through depth, and which depth then trains.

With weights of mean 0 and variance v, n inputs and q the second moment of a layer's outputs, the
next layer's is n v q for linear units and n v q / 2 for ReLUs (He et al. 2015, equations 7 to 9).
Kept for ReLUs by v = 2 / n (he); halved by v = 1 / n (glorot, n inputs and n outputs); orthogonal
matrices keep lengths exactly (Saxe et al. 2014). Equal weights make equal units, for ever.

Which depth trains is asked of the best rate of a grid, and of Adam too, whose steps do not shrink
with the gradient: one rate of one optimizer might favour a start.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import Curve, split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts, drawn_weights, whole_batches

COLORS = {
    "normal": "series-2",
    "glorot": "series-4",
    "orthogonal": "series-6",
    "he": "series-1",
}
_BATCH = 64
# Half of what guessing one of ten classes costs, in nats.
_TRAINED = math.log(10) / 2


def second_moments(
    activation: str, initializer: str, depth: int, units: int, seeds: list[int]
) -> np.ndarray:
    """Return the mean square output of every hidden layer `[seeds, depth]` for normal inputs."""
    model = _model(activation, depth, units)
    layers = [model.get_layer(f"hidden_{i}_activation").output for i in range(1, depth + 1)]
    hidden = keras.Model(model.input, layers)
    moments = []
    for seed in seeds:
        model.set_weights(drawn_weights(model, initializer, seed))
        inputs = np.random.default_rng(seed).normal(size=(128, units)).astype(np.float32)
        moments.append([float(np.mean(np.square(outputs))) for outputs in hidden(inputs)])
    return np.array(moments)


def unit_spread(kernel: np.ndarray) -> float:
    """Return how much the units of `[inputs, units]` differ, as a share of the largest weight."""
    return float(np.ptp(kernel, axis=1).max() / np.abs(kernel).max())


def updates_until(threshold: float, steps: list[int], losses: list[float]) -> int | None:
    """Return the first of `steps` whose loss is below `threshold`; None if none is."""
    below = (step for step, loss in zip(steps, losses, strict=True) if loss < threshold)
    return next(below, None)


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Measure moments and symmetry, and the training loss for every initializer and depth."""
    outcome = Outcome()
    _measure_moments(settings["seeds"], settings["moment_units"], outcome)
    train, steps, depths = _digits(), settings["steps"], settings["depths"]
    outcome.curves.update(depths=depths, steps=steps, updates={})
    for optimizer, rates in settings["rates"].items():
        hidden = _restarts(_model("sigmoid", 1, 64), optimizer, train, steps)
        spreads = [zeros_unit_spread(hidden, rate) for rate in rates]
        outcome.samples.setdefault("zeros_unit_spread", []).extend(spreads)
        updates: dict[str, list[list[int | None]]] = {name: [] for name in COLORS}
        for depth in depths:
            restarts = _restarts(_model("relu", depth, 64), optimizer, train, steps)
            for name, rows in updates.items():
                rows.append(
                    [
                        fewest_updates(restarts, name, rates, seed)
                        for seed in settings["training_seeds"]
                    ]
                )
            report(f"{optimizer}, {depth} layers: { ({n: row[-1] for n, row in updates.items()}) }")
        outcome.curves["updates"][optimizer] = updates
        for name, rows in updates.items():
            figure = f"{name}_trainable_share_of_depth_{optimizer}"
            outcome.samples[figure] = trainable_shares(depths, rows)
    return outcome


def zeros_unit_spread(hidden: Restarts, rate: float) -> float:
    """Return how much the first layer's units differ in the end, all from zero weights."""
    hidden.fit(drawn_weights(hidden.step.model, "zeros", 0), seed=0, learning_rate=rate)
    return unit_spread(hidden.step.model.get_weights()[0])


def fewest_updates(restarts: Restarts, name: str, rates: list[float], seed: int) -> int | None:
    """Return the updates to half the loss of guessing with the best of `rates`, None for never."""
    weights = drawn_weights(restarts.step.model, name, seed)
    curves = [
        restarts.fit(weights, seed=seed, learning_rate=rate, until=_is_trained) for rate in rates
    ]
    found = [updates_until(_TRAINED, curve.steps, curve.train["loss"]) for curve in curves]
    return min((updates for updates in found if updates is not None), default=None)


def _is_trained(curve: Curve) -> bool:
    return curve.train["loss"][-1] < _TRAINED


def trainable_shares(depths: list[int], rows: list[list[int | None]]) -> list[float]:
    """Return for every seed the deepest net that trained, as a share of the deepest tried.

    Args:
        depths: hidden layers, ascending.
        rows: for every depth and seed the updates it took, None for never.
    """
    return [
        max((d for d, each in zip(depths, seed, strict=True) if each is not None), default=0)
        / depths[-1]
        for seed in zip(*rows, strict=True)
    ]


def _measure_moments(seeds: list[int], units: int, outcome: Outcome) -> None:
    moments = {n: second_moments("relu", n, 20, units, seeds) for n in COLORS}
    outcome.curves["moments"] = {name: rows.tolist() for name, rows in moments.items()}
    factors = {name: (rows[:, -1] / rows[:, 0]) ** (1 / 19) for name, rows in moments.items()}
    he = moments["he"]
    outcome.samples["he_moment_20_layers"] = list(he[:, -1] / he[:, 0])
    outcome.samples["glorot_moment_per_layer"] = list(factors["glorot"])
    # Keras's standard deviation for `normal` is 0.05 whatever the layer's size.
    outcome.samples["normal_moment_per_layer_over_theory"] = list(
        factors["normal"] / (units * 0.05**2 / 2)
    )
    linear = second_moments("linear", "orthogonal", 20, units, seeds)
    outcome.samples["orthogonal_linear_moment_20_layers"] = list(linear[:, -1] / linear[:, 0])


def _model(activation: str, depth: int, units: int) -> keras.Model:
    return zoo.create_model(
        "mlp",
        num_classes=10,
        input_shape=(units,),
        hidden_units=(units,) * depth,
        activation=activation,
    )


def _digits() -> datasets.Split:
    """Return the training digits as 64 features of mean 0 and variance 1 over all of them."""
    train = whole_batches(datasets.load("digits", scratch=True).splits["train"], _BATCH)
    inputs = train.inputs.reshape(train.size, -1)
    return split_of((inputs - inputs.mean()) / inputs.std(), train.targets)


def _restarts(model: keras.Model, optimizer: str, train: datasets.Split, steps: int) -> Restarts:
    step = supervised_step(model, "classes", configs.OptimizerConfig(optimizer))
    return Restarts(step, train, None, _BATCH, steps, every=20)


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw moments through depth, and the updates that training took at every depth."""
    left, *others = figure.subplots(1, 3)
    for name, rows in outcome.curves["moments"].items():
        relative = np.array(rows) / np.array(rows)[:, :1]
        layers = np.arange(1, relative.shape[1] + 1)
        left.plot(layers, relative.T, color=COLORS[name], alpha=0.25)
        left.plot(layers, np.exp(np.log(relative).mean(0)), color=COLORS[name], label=name)
    left.plot(layers, 0.5 ** (layers - 1.0), color="ink", linestyle="--", label="1/2 per layer")
    left.set(
        xlabel="hidden layer",
        ylabel="mean square output / first layer's",
        yscale="log",
        title="ReLU nets before training",
    )
    left.set_xticks([1, 5, 10, 15, 20])
    left.legend(fontsize="small")
    depths, steps = outcome.curves["depths"], outcome.curves["steps"]
    for axis, (optimizer, rows_of) in zip(others, outcome.curves["updates"].items(), strict=True):
        for index, (name, rows) in enumerate(rows_of.items()):
            updates = np.array([[each or 1.4 * steps for each in row] for row in rows])
            # Beside each other, because several never get there.
            places = np.array(depths) * (1 + 0.05 * (index - 1.5))
            axis.plot(places, updates, ".", color=COLORS[name], alpha=0.5)
            axis.plot(places, np.median(updates, axis=1), color=COLORS[name], label=name)
        axis.axhline(1.2 * steps, color="ink", linestyle=":")
        axis.text(depths[0], 1.65 * steps, "not within the run")
        axis.set(
            xlabel="hidden ReLU layers",
            xscale="log",
            yscale="log",
            ylim=(12, 2.5 * steps),
            title=f"digits, {optimizer}, best rate",
        )
        axis.set_xticks(depths, [str(depth) for depth in depths])
        axis.minorticks_off()
    others[0].set(ylabel="updates to half the loss of guessing")
