"""Outlying targets: Huber's estimate of a linear regression against least squares.

A share e of the targets has errors of standard deviation s instead of 1, the others of 1. Among
estimates that minimize sum_i rho(y_i - x_i w), the errors w - w_true have the covariance
V (X^T X)^-1 for many examples (Huber 1964, eq. 25; 1973 for regression), where with psi = rho'

    V = E[psi(r)^2] / E[psi'(r)]^2.

Least squares has psi(r) = r, so that V is the errors' variance, 1 - e + e s^2. Huber's psi is
max(-delta, min(r, delta)). Without outliers V is 1 against 1.053 at delta = 1.345: an efficiency
of 95 %.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

import configs
import zoo
from trainers.experiments.experiment import Outcome, Report
from trainers.problems.supervised.fit import fit, split_of, supervised_step

# Far above float32's rounding of the weights, far below their statistical error.
_CONVERGED = 1e-3
_NAMES = {"mse": "mean squared error", "huber": "Huber's loss"}


def run(settings: dict[str, Any], report: Report) -> Outcome:
    """Fit every contaminated share with both losses, many times over, and compare with theory."""
    shares, spread = settings["shares"], settings["outlier_deviation"]
    theory = {
        "mse": [huber_variance(math.inf, share, spread) for share in shares],
        "huber": [huber_variance(settings["delta"], share, spread) for share in shares],
    }
    errors: dict[str, list[np.ndarray]] = {"mse": [], "huber": []}
    outcome = Outcome()
    for seed in settings["seeds"]:
        inputs, targets, weights = contaminated(settings, seed)
        scale = np.trace(np.linalg.inv(inputs.T @ inputs))
        for name in errors:
            found = estimate(inputs, targets, name, settings, seed)
            squares = np.square(found - weights[:, None]).sum(axis=0)
            # Relative to the variance V = 1; one row per share.
            errors[name].append(squares.reshape(len(shares), -1) / scale)
        mse, huber = errors["mse"][-1], errors["huber"][-1]
        ratios = huber.mean(axis=1) / mse.mean(axis=1)
        samples = {
            "efficiency_without_outliers": 1 / ratios[0],
            "largest_error_ratio_with_outliers": np.sqrt(ratios[1:]).max(),
            "error_ratio_over_theory": np.sqrt(
                ratios[1:] * np.divide(theory["mse"], theory["huber"])[1:]
            ).mean(),
            "huber_is_nearer": (huber[1:] < mse[1:]).mean(),
        }
        for name, value in samples.items():
            outcome.samples.setdefault(name, []).append(float(value))
        report(f"seed {seed}: efficiency {1 / ratios[0]:.3f}, error ratios {np.sqrt(ratios)}")
    outcome.curves["shares"] = shares
    outcome.curves["outlier_deviation"] = spread
    for name, values in errors.items():
        outcome.curves[name] = np.sqrt(np.mean(values, axis=2)).tolist()
        outcome.curves[f"{name}_theory"] = np.sqrt(theory[name]).tolist()
    return outcome


def huber_variance(delta: float, share: float, spread: float) -> float:
    """Return V for normal errors, a share of them with standard deviation `spread`, others 1.

    With t = delta / s, phi and Phi the normal density and distribution, an error of deviation s
    has E[psi'] = 2 Phi(t) - 1 and
    E[psi^2] = s^2 (2 Phi(t) - 1 - 2 t phi(t)) + 2 delta^2 (1 - Phi(t)).

    Args:
        delta: above 0, in units of the usual error's standard deviation; infinite: least squares.
        share: in [0, 1].
        spread: above 0, in the same units.
    """
    if math.isinf(delta):
        return 1 - share + share * spread**2
    square = slope = 0.0
    for part, deviation in ((1 - share, 1.0), (share, spread)):
        t = delta / deviation
        density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
        inside = math.erf(t / math.sqrt(2))
        square += part * (deviation**2 * (inside - 2 * t * density) + delta**2 * (1 - inside))
        slope += part * inside
    return square / slope**2


def contaminated(settings: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs, targets of every share of outliers, and the weights behind all of them.

    Their shapes are `[examples, features]`, `[examples, shares * repeats]`, the repeats of a share
    side by side, and `[features]`.
    """
    random = np.random.default_rng(seed)
    examples, repeats = settings["examples"], settings["repeats"]
    inputs = random.normal(size=(examples, settings["features"]))
    # Centred and a constant target's mean of 0: the bias's error is then apart from the weights'.
    inputs -= inputs.mean(axis=0)
    weights = random.normal(size=settings["features"])
    # The same usual errors for every share, so that shares differ by nothing but the outliers.
    usual = random.normal(size=(examples, repeats))
    gross = random.normal(size=(examples, repeats)) * settings["outlier_deviation"]
    rank = random.permuted(np.tile(np.arange(examples)[:, None], repeats), axis=0)
    errors = [np.where(rank < share * examples, gross, usual) for share in settings["shares"]]
    return inputs, (inputs @ weights)[:, None] + np.concatenate(errors, axis=1), weights


def estimate(
    inputs: np.ndarray, targets: np.ndarray, loss: str, settings: dict[str, Any], seed: int
) -> np.ndarray:
    """Return the weights `[features, problems]` that minimize a loss of every target column.

    One model with an output per problem fits them all at once: the loss is a mean over outputs,
    so that an output's weights see their own problem alone.
    """
    keras.utils.set_random_seed(seed)
    problems = targets.shape[1]
    model = zoo.create_model(
        "linear_regression", num_classes=problems, input_shape=inputs.shape[1:]
    )
    # The largest curvature of either loss is about 2 / problems, these inputs having variance 1.
    optimizer = configs.OptimizerConfig("batch_gd", learning_rate=0.5 * problems)
    config = configs.LossConfig("mse" if loss == "mse" else "huber", settings["delta"])
    step = supervised_step(model, "numbers", optimizer, loss=config)
    data = split_of(inputs.astype(np.float32), targets.astype(np.float32))
    steps, kernel = settings["steps"], model.trainable_variables[0]
    path: list[np.ndarray] = []
    fit(
        step,
        data,
        None,
        batch_size=len(inputs),
        steps=steps,
        every=steps // 2,
        after_point=lambda _: path.append(kernel.numpy()),
    )
    moved = np.abs(path[-1] - path[-2]).max()
    if moved > _CONVERGED:
        raise ArithmeticError(
            f"{loss}: weights still moved by {moved:.2g} in the last half of {steps} steps, "
            f"allowed {_CONVERGED}; give the experiment more steps"
        )
    return path[-1]


def draw(outcome: Outcome, figure: Figure) -> None:
    """Draw the weights' error against the contaminated share, and the ratio of both losses."""
    left, right = figure.subplots(1, 2)
    shares = 100 * np.array(outcome.curves["shares"])
    for name, color in (("mse", "series-2"), ("huber", "series-1")):
        found = np.array(outcome.curves[name])
        left.plot(
            shares, outcome.curves[f"{name}_theory"], color=color, label=f"{_NAMES[name]}, theory"
        )
        left.errorbar(
            shares,
            found.mean(axis=0),
            found.std(axis=0),
            fmt="o",
            color=color,
            label=f"{_NAMES[name]}, measured",
        )
    left.set(
        xlabel="outliers, % of the targets",
        ylabel="RMS error of the weights, relative to\nMSE's without outliers",
        ylim=(0, None),
        title=f"outliers with {outcome.curves['outlier_deviation']} times the usual deviation",
    )
    left.legend(fontsize="small")
    ratio = np.divide(outcome.curves["huber"], outcome.curves["mse"])
    theory = np.divide(outcome.curves["huber_theory"], outcome.curves["mse_theory"])
    right.plot(shares, theory, color="ink", label="theory")
    right.errorbar(shares, ratio.mean(axis=0), ratio.std(axis=0), fmt="o", label="measured")
    right.axhline(1, color="muted", linestyle="--", label="equal errors")
    right.set(
        xlabel="outliers, % of the targets",
        ylabel="Huber's error / MSE's error",
        ylim=(0, 1.1),
        title="gain from Huber's loss",
    )
    right.legend()
