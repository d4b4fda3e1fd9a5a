"""What goes wrong inside a network, as a few figures per layer.

Figures are computed from what `inspection.probe.Probe` returns: arrays of weights, gradients and
activations by name. Sources: Glorot & Bengio, "Understanding the difficulty of training deep
feedforward neural networks", AISTATS 2010, sections 3 and 4 (saturation, spread by layer); Lu,
Shin, Su & Karniadakis, "Dying ReLU and Initialization", arXiv:1903.06733, 2019 (dead units).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# The range of each function's outputs: a saturated unit is at one end, where its slope vanishes.
RANGES = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
RANGES["hard_tanh"] = RANGES["tanh"]
RANGES["scaled_tanh"] = (-1.7159, 1.7159)
RECTIFIERS = ("relu", "relu6")
# An output counts as saturated within half of 1 - SATURATION of its range from an end: a sigmoid
# below 0.005 or above 0.995.
SATURATION = 0.99


def mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Return the mean and the standard deviation of all values, computed in 64 bits.

    Args:
        values: any shape; NaN where it is empty or holds a value that is not finite.
    """
    wide = np.asarray(values, np.float64)
    if wide.size == 0 or not np.isfinite(wide).all():
        return float("nan"), float("nan")
    return float(wide.mean()), float(wide.std())


def dead_share(outputs: np.ndarray) -> float:
    """Return the share of units that are 0 for every example, in [0, 1].

    A rectified unit that is 0 on all examples passes no gradient to its weights, so that
    training on these examples cannot revive it. A map of a convolution is one unit, dead if it
    is 0 at every position.

    Args:
        outputs: of a rectified layer, `[batch, ..., units]`, at least one example.
    """
    units = np.asarray(outputs).reshape(-1, outputs.shape[-1])
    return float(np.mean(np.all(units == 0, axis=0)))


def saturated_share(outputs: np.ndarray, low: float, high: float) -> float:
    """Return the share of outputs near an end of their range, in [0, 1].

    Near is |2 (y - low) / (high - low) - 1| > 0.99: |y| > 0.99 for tanh, and y < 0.005 or
    y > 0.995 for the sigmoid, where its slope is below 2 % of the steepest.

    Args:
        outputs: y, any shape, at least one value.
        low, high: the ends of the range, low < high.
    """
    centered = 2 * (np.asarray(outputs, np.float64) - low) / (high - low) - 1
    return float(np.mean(np.abs(centered) > SATURATION))


def activation_names(model: Any) -> dict[str, str]:
    """Return the name of the function whose values are a layer's outputs, by the layer's name.

    Args:
        model: a Keras model. Recurrent layers are left out: their output is a product of two
            functions' values.
    """
    return {
        layer.name: layer.activation.__name__
        for layer in model.layers
        if hasattr(getattr(layer, "activation", None), "__name__") and not hasattr(layer, "cell")
    }


def diagnose(values: Mapping[str, np.ndarray], functions: Mapping[str, str]) -> dict[str, float]:
    """Return scalars by name, ready to be logged.

    | name | of | figure |
    | --- | --- | --- |
    | activation_mean/L, activation_deviation/L | every layer L | `mean_and_deviation` |
    | gradient_mean/V, gradient_deviation/V | every variable V | `mean_and_deviation` |
    | dead_share/L | rectified layers | `dead_share` |
    | saturated_share/L | sigmoid and tanh layers, soft or hard | `saturated_share` |

    Args:
        values: as `Probe.histograms()` returns them first: "activations/L" `[batch, ...]` and
            "gradients/V"; other names are skipped.
        functions: as from `activation_names(model)`; a layer that is not in it has no shares.
    """
    found: dict[str, float] = {}
    for key, array in values.items():
        kind, _, name = key.partition("/")
        if kind not in ("activations", "gradients"):
            continue
        figure = kind.removesuffix("s")
        found[f"{figure}_mean/{name}"], found[f"{figure}_deviation/{name}"] = mean_and_deviation(
            array
        )
        function = functions.get(name, "") if kind == "activations" else ""
        if function in RECTIFIERS:
            found[f"dead_share/{name}"] = dead_share(array)
        elif function in RANGES:
            found[f"saturated_share/{name}"] = saturated_share(array, *RANGES[function])
    return found
