"""How many hidden units a target needs: one hidden layer fits functions, a linear one does not.

Cybenko (1989) and Hornik (1991): sums of n shifted and stretched sigmoids come as close as wanted
to any continuous function on a bounded domain. Barron (1993), theorem 1: if the target's Fourier
transform has a finite first moment, some such sum has a squared error of at most C / n, in any
number of dimensions. Both speak of the best sum; this is what training finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import configs
import datasets
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import split_of, supervised_step
from trainers.problems.supervised.restarts import Restarts

_POINTS = 2**16
_BATCH = 256


def target(name: str, points: np.ndarray) -> np.ndarray:
    """Return the targets `[points, 1]` at `points` `[points, 2]` of [-1, 1]^2.

    "1d": sin(2 pi x), which ignores y; "2d": sin(pi x) cos(pi y).
    """
    x, y = points.T
    values = np.sin(2 * np.pi * x) if name == "1d" else np.sin(np.pi * x) * np.cos(np.pi * y)
    return values[:, None].astype(np.float32)


def data(name: str) -> tuple[datasets.Split, datasets.Split]:
    """Return random training points, and a grid of test points that stands for the integral.

    In one dimension y is 0, and then the weights of y play no part.
    """
    points = np.random.default_rng(0).uniform(-1, 1, (_POINTS, 2)).astype(np.float32)
    # The midpoints of equal cells.
    axis = (np.arange(64, dtype=np.float32) + 0.5) / 32 - 1
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    if name == "1d":
        points[:, 1], grid[:, 1] = 0, 0
    return split_of(points, target(name, points)), split_of(grid, target(name, grid))


def start(width: int, largest: int, seed: int) -> list[np.ndarray]:
    """Return weights of a net of `largest` hidden tanh units of which only `width` ever act.

    The others have no weights: each gradient of theirs is a product with an output or a weight
    that is 0, so that they stay so, and one compiled model serves all widths. A unit's transition
    lies where w . x = -b; slopes and places are uniform.
    """
    random = np.random.default_rng(seed)
    act = np.arange(largest) < width
    kernel = random.uniform(-3, 3, (2, largest)) * act
    bias = random.uniform(-3, 3, largest) * act
    scores = random.normal(0, 1 / np.sqrt(width), (largest, 1)) * act[:, None]
    return [a.astype(np.float32) for a in (kernel, bias, scores, np.zeros(1))]


def slope(widths: list[int], errors: list[float]) -> float:
    """Return the least-squares slope of log error against log width."""
    return float(np.polyfit(np.log(widths), np.log(errors), 1)[0])


def affine_error(split: datasets.Split) -> float:
    """Return the least mean squared error of any a + b . x on the split's points."""
    columns = np.column_stack([np.ones(split.size), split.inputs]).astype(np.float64)
    fitted = columns @ np.linalg.lstsq(columns, split.targets, rcond=None)[0]
    return float(np.mean(np.square(split.targets - fitted)))


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Fit both targets with every width, and with linear hidden units of the largest width."""
    outcome, widths = Outcome(), settings["widths"]
    outcome.curves["widths"] = widths
    splits = {name: data(name) for name in ("1d", "2d")}
    tanh = _restarts("tanh", widths[-1], settings["steps"], *splits["1d"])
    linear = _restarts("linear", widths[-1], settings["steps"], *splits["1d"])
    for name, (train, test) in splits.items():
        tanh.train, tanh.test = linear.train, linear.test = train, test
        affine, variance = affine_error(test), float(np.var(test.targets))
        rows, samples = [], outcome.samples
        for seed in settings["seeds"]:
            errors = [_error(tanh, start(width, widths[-1], seed), seed) for width in widths]
            rows.append([error / variance for error in errors])
            error = _error(linear, start(widths[-1], widths[-1], seed), seed)
            samples.setdefault(f"slope_{name}", []).append(slope(widths, errors))
            samples.setdefault(f"unexplained_{name}", []).append(errors[-1] / variance)
            samples.setdefault(f"linear_over_affine_{name}", []).append(error / affine)
            report(f"{name}, seed {seed}: slope {samples[f'slope_{name}'][-1]:.2f}")
        outcome.curves[f"unexplained_{name}"] = rows
        outcome.curves[f"linear_{name}"] = affine / variance
        if name == "1d":
            outcome.curves["fits"] = _fits(tanh, widths, settings["seeds"][0])
    return outcome


def _restarts(
    activation: str, width: int, steps: int, train: datasets.Split, test: datasets.Split
) -> Restarts:
    model = zoo.create_model(
        "mlp", num_classes=1, input_shape=(2,), hidden_units=(width,), activation=activation
    )
    optimizer = configs.OptimizerConfig("adam", learning_rate=0.01, schedule="cosine")
    step = supervised_step(model, "numbers", optimizer, total_steps=steps)
    return Restarts(step, train, test, _BATCH, steps)


def _error(restarts: Restarts, weights: list[np.ndarray], seed: int) -> float:
    return restarts.fit(weights, seed=seed).test["loss"][-1]


def _fits(restarts: Restarts, widths: list[int], seed: int) -> dict[str, list[float]]:
    x = np.linspace(-1, 1, 201, dtype=np.float32)
    points = np.stack([x, np.zeros_like(x)], 1)
    fits = {"x": x.tolist(), "target": target("1d", points)[:, 0].tolist()}
    for width in (widths[0], widths[1], widths[-1]):
        restarts.fit(start(width, widths[-1], seed), seed=seed)
        fits[str(width)] = np.asarray(restarts.step.model(points))[:, 0].tolist()
    return fits


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw fits of three widths, and the error of every width beside Barron's rate."""
    left, right = figure.subplots(1, 2)
    fits, widths = outcome.curves["fits"], np.array(outcome.curves["widths"])
    for name, values in fits.items():
        if name == "target":
            left.plot(fits["x"], values, color="ink", linestyle="--", label="sin(2 pi x)", zorder=3)
        elif name != "x":
            left.plot(fits["x"], values, label=f"{name} units")
    left.set(xlabel="x", ylabel="output", title="fits of one hidden tanh layer", ylim=(-1.3, 1.8))
    left.set_xticks([-1, -0.5, 0, 0.5, 1])
    left.legend(ncols=2)
    for name, color in (("1d", "series-1"), ("2d", "series-4")):
        rows = np.array(outcome.curves[f"unexplained_{name}"])
        right.plot(widths, rows.T, ".", color=color, alpha=0.5)
        right.plot(widths, np.exp(np.log(rows).mean(0)), color=color, label=f"{name[0]}-D target")
        right.axhline(outcome.curves[f"linear_{name}"], color=color, linestyle=":")
    right.plot(widths, widths[0] / widths, color="ink", linestyle="--", label="1 / n")
    right.plot([], [], color="muted", linestyle=":", label="best affine fit")
    right.set(
        xlabel="hidden units n",
        ylabel="squared error / variance of target",
        xscale="log",
        yscale="log",
        title="error against width, every seed and mean",
    )
    right.set_xticks(widths, [str(width) for width in widths])
    right.minorticks_off()
    right.legend()
