"""The coefficients of a linear regression, in the units of a source, against those it certifies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import saved_config
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.runs.folder import read_saved_config
from trainers.runs.opened import opened

# NIST certifies no more.
_MOST_DIGITS = 15.0


def certified_digits(run: MeasuredRun, *, certified: Sequence[float]) -> float:
    """Return how many digits of the worst coefficient of the raw table agree with certified ones.

    min_k -log10(|b_k - c_k| / |c_k|), the log relative error of NIST's Statistical Reference
    Datasets, at most 15; 0 where a coefficient is wrong altogether.

    Args:
        run: of `linear_regression`, whatever was standardized in it.
        certified: c, of the intercept, then of the features in their order.
    """
    found = _raw(*_trained(run))
    errors = (abs(b - c) / abs(c) for b, c in zip(found, certified, strict=True))
    digits = (-math.log10(error) if error else _MOST_DIGITS for error in errors)
    return min(_MOST_DIGITS, max(0.0, min(digits)))


def furthest_of_unit_columns(run: MeasuredRun, *, printed: Sequence[float]) -> float:
    """Return the largest distance of a coefficient from a printed one, of columns of length 1.

    Columns are centered and divided by their length over the rows that were learned from, as
    Efron et al. 2004 have them: sum x = 0, sum x^2 = 1.

    Args:
        run: of `linear_regression`.
        printed: of the intercept, then of the features in their order.
    """
    kernel, bias, inputs, _, _ = _trained(run)
    means = inputs.mean(axis=0)
    found = [bias + float(means @ kernel)]
    found += list(kernel * np.sqrt(((inputs - means) ** 2).sum(axis=0)))
    return max(abs(b - c) for b, c in zip(found, printed, strict=True))


def _raw(
    kernel: np.ndarray, bias: float, _: np.ndarray, mean: np.ndarray, deviation: np.ndarray
) -> list[float]:
    """Return intercept and slopes of the table as it was, before (x - mean) / deviation."""
    slopes = [float(each) for each in kernel / deviation]
    # Summed exactly: the intercept is the difference of numbers that are a thousand times as large.
    shift = math.fsum(slope * float(each) for slope, each in zip(slopes, mean, strict=True))
    return [bias - shift, *slopes]


def _trained(run: MeasuredRun) -> tuple[np.ndarray, float, np.ndarray, np.ndarray, np.ndarray]:
    """Return kernel, bias, the rows learned from, and how they were standardized; all float64."""
    plan = resolve(saved_config(run.path, {}, (), read_saved_config))
    parts = opened(run.path, plan).parts
    kernel, bias = (np.asarray(each, np.float64) for each in parts.step.model.get_weights())
    inputs = np.asarray(parts.dataset.splits["train"].inputs, np.float64)
    prepared = parts.dataset.preparation["inputs"]
    width = len(kernel)
    mean = np.zeros(width) if prepared["mean"] is None else np.array(prepared["mean"])
    deviation = np.ones(width) if prepared["mean"] is None else np.array(prepared["deviation"])
    return kernel[:, 0], float(bias[0]), inputs, mean, deviation
