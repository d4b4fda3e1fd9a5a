"""Where weights start: what of a signal arrives through depth, and which depth then trains.

With weights of mean 0 and variance v, n inputs and q the second moment of a layer's outputs, the
next layer's is n v q for linear units and n v q / 2 for ReLUs (He et al. 2015, equations 7 to 9).
Kept for ReLUs by v = 2 / n (he); halved by v = 1 / n (glorot, n inputs and n outputs); orthogonal
matrices keep lengths exactly (Saxe et al. 2014). Equal weights make equal units, for ever.
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
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts, drawn_weights, whole_batches

COLORS = {
    "zeros": "gray",
    "normal": "tab:red",
    "glorot": "tab:orange",
    "orthogonal": "tab:purple",
    "he": "tab:blue",
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
    """Measure moments, symmetry, and the training loss for every initializer and depth."""
    outcome = Outcome()
    _measure_moments(settings["seeds"], settings["moment_units"], outcome)
    train, steps, depths = _digits(), settings["steps"], settings["depths"]
    hidden = _restarts(_model("sigmoid", 1, 64), train, steps)
    hidden.fit(drawn_weights(hidden.step.model, "zeros", 0), seed=0)
    spread = unit_spread(hidden.step.model.get_weights()[0])
    outcome.samples["zeros_unit_spread"] = [spread]
    deepest = {name: np.zeros(len(settings["seeds"])) for name in COLORS}
    outcome.curves.update(depths=depths, steps=steps, updates={name: [] for name in COLORS})
    for depth in depths:
        restarts = _restarts(_model("relu", depth, 64), train, steps)
        for name in COLORS:
            updates = []
            for index, seed in enumerate(settings["seeds"]):
                weights = drawn_weights(restarts.step.model, name, seed)
                curve = restarts.fit(weights, seed=seed)
                updates.append(updates_until(_TRAINED, curve.steps, curve.train["loss"]))
                if updates[-1] is not None:
                    deepest[name][index] = depth
            outcome.curves["updates"][name].append(updates)
        report(f"{depth} layers: {outcome.curves['updates']['he'][-1]} updates with he")
    for name, values in deepest.items():
        outcome.samples[f"{name}_trainable_share_of_depth"] = list(values / depths[-1])
    return outcome


def _measure_moments(seeds: list[int], units: int, outcome: Outcome) -> None:
    moments = {n: second_moments("relu", n, 20, units, seeds) for n in COLORS if n != "zeros"}
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


def _restarts(model: keras.Model, train: datasets.Split, steps: int) -> Restarts:
    optimizer = configs.OptimizerConfig("sgd", learning_rate=0.05)
    step = supervised_step(model, "classes", optimizer)
    return Restarts(step, train, None, _BATCH, steps, every=20)


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw moments through depth, and the updates that training took at every depth."""
    left, right = figure.subplots(1, 2)
    for name, rows in outcome.curves["moments"].items():
        relative = np.array(rows) / np.array(rows)[:, :1]
        layers = np.arange(1, relative.shape[1] + 1)
        left.plot(layers, relative.T, color=COLORS[name], alpha=0.25)
        left.plot(layers, np.exp(np.log(relative).mean(0)), color=COLORS[name], label=name)
    left.plot(layers, 0.5 ** (layers - 1.0), color="black", linestyle="--", label="1/2 per layer")
    left.set(
        xlabel="hidden layer",
        ylabel="mean square output / first layer's",
        yscale="log",
        title="ReLU nets before training",
    )
    left.set_xticks([1, 5, 10, 15, 20])
    left.legend()
    depths, never = outcome.curves["depths"], 1.4 * outcome.curves["steps"]
    for index, (name, rows) in enumerate(outcome.curves["updates"].items()):
        updates = np.array([[each or never for each in row] for row in rows])
        # Beside each other, because several never get there.
        places = np.array(depths) * (1 + 0.05 * (index - 2))
        right.plot(places, updates, ".", color=COLORS[name], alpha=0.5)
        right.plot(places, np.median(updates, axis=1), color=COLORS[name], label=name)
    right.axhline(1.2 * outcome.curves["steps"], color="black", linestyle=":")
    right.text(depths[0], 1.65 * outcome.curves["steps"], "not within the run")
    right.set(
        xlabel="hidden ReLU layers",
        ylabel="updates to half the loss of guessing",
        xscale="log",
        yscale="log",
        ylim=(12, 2.5 * outcome.curves["steps"]),
        title="training on digits, every seed and median",
    )
    right.set_xticks(depths, [str(depth) for depth in depths])
    right.minorticks_off()
    right.legend(loc="lower center", ncols=3)
