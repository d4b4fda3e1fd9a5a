"""What a run shows of its model's inside at every logging point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import datasets
from trainers.engine.batch import Batch
from trainers.engine.step import Step
from trainers.inspection import units
from trainers.inspection.hessian_spectrum import HessianSpectrum
from trainers.inspection.probe import Probe
from trainers.objectives.risk import EmpiricalRisk

_EXAMPLES = 256


class Inside(NamedTuple):
    """Figures by name, and values for histograms by name."""

    figures: dict[str, float]
    histograms: dict[str, np.ndarray]


class TrainingProbe:
    """Looks at a step's model on some training examples, the same at every call.

    Args:
        step: whose model it is.
        train: the training split.
        histograms: whether values are looked at, or the gradient's norm alone.
        diagnosed: the risk whose curvature is looked at too, with the state of all units, or None.
    """

    def __init__(
        self,
        step: Step,
        train: datasets.Split,
        diagnosed: EmpiricalRisk | None = None,
        *,
        histograms: bool = True,
    ) -> None:
        self._histograms = histograms
        rows = datasets.sample_rows(train.size, _EXAMPLES)
        self.batch = Batch(*next(iter(datasets.chunks(train, rows, _EXAMPLES))))
        self._probe = Probe(step, self.batch)
        self._spectrum = None
        if diagnosed is not None:
            self._functions = units.activation_names(step.model)
            self._spectrum = HessianSpectrum(
                step.model, diagnosed.loss, diagnosed.penalty, self.batch
            )

    def look(self) -> Inside:
        """Return what there is to see with the weights of this moment."""
        if self._spectrum is None and not self._histograms:
            return Inside({"gradient_norm": self._probe.gradient_norm()}, {})
        values, gradient_norm = self._probe.histograms()
        figures = {"gradient_norm": gradient_norm}
        if self._spectrum is not None:
            figures |= units.diagnose(values, self._functions)
            figures |= self._spectrum.figures()
        return Inside(figures, values if self._histograms else {})
