"""Figures of a generator of points: which modes of the data it reaches."""

from __future__ import annotations

import math

import numpy as np

import datasets
from trainers.engine import pauses
from trainers.engine.step import Step
from trainers.problems.adversarial import quality
from trainers.problems.adversarial.modes import Modes
from trainers.problems.adversarial.sampling import ExampleSampler

_MOST_SAMPLES = 10_000


class PointEvaluation:
    """Measure the points that a generator draws with the weights its step holds at that moment.

    Args:
        step: holds the weights.
        sampler: draws with them, from the same latents every time.
        modes: of the data.
    """

    def __init__(self, step: Step, sampler: ExampleSampler, modes: Modes) -> None:
        self._step, self._sampler, self._modes = step, sampler, modes

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the figures of as many points as `split` has examples, at most 10,000.

        modes_covered, good_share, reverse_kl, divergence, and `share_0`, `share_1`, ... of every
            mode: see `trainers.problems.adversarial.modes`.
        good_share_of_real: of the split's own points, the most that can be expected.
        frechet_distance, frechet_of_halves: as of images, of the points themselves.

        Of points that are not finite, which weights that diverged draw, only what is of the split
        is a number, and no mode is covered.
        """
        rows = datasets.sample_rows(split.size, _MOST_SAMPLES)
        real = np.asarray(split.inputs[rows])
        drawn = []
        with self._step.weights.averaged():
            for points in self._sampler.stream(len(real)):
                pauses.next_call()
                drawn.append(points)
        points = np.concatenate(drawn)
        found = self._modes.figures(real)
        distance = math.nan
        if np.isfinite(points).all():
            distance = quality.frechet_distance(real, points)
            figures = self._modes.figures(points)
        else:
            figures = {**dict.fromkeys(found, math.nan), "modes_covered": 0.0}
        ours = {name: value for name, value in figures.items() if not name.startswith("share_")}
        return {
            **ours,
            "good_share_of_real": found["good_share"],
            "frechet_distance": distance,
            "frechet_of_halves": quality.frechet_distance(real[::2], real[1::2]),
            **{name: figures[name] for name in figures if name not in ours},
        }
