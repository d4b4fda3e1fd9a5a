"""Figures of a generator: as many samples as a split has examples, seen by the judge."""

from __future__ import annotations

import contextlib
from typing import NamedTuple, Protocol

import numpy as np

import datasets
from trainers import sample_quality
from trainers.image_sampling import ImageSampler
from trainers.judge import JudgeKeeper

_MOST_SAMPLES = 10_000
# A class is present if more than this share of the samples show it.
_PRESENT = 0.05
# Read at a time from a split that may lie on disk.
_ROWS = 500


class _Averages(Protocol):
    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """Hold the weights meanwhile that are validated."""


class _Real(NamedTuple):
    """What the judge sees in a split, and how far two halves of it are from each other."""

    split: datasets.Split
    features: np.ndarray
    accuracy: float
    of_halves: float


class SampleEvaluation:
    """Measure what a generator draws with the weights that its step holds at that moment.

    Args:
        step: holds the weights.
        sampler: draws with them, from the same latents every time.
        keeper: has the judge.
        num_classes: of the judge.
    """

    def __init__(
        self, step: _Averages, sampler: ImageSampler, keeper: JudgeKeeper, num_classes: int
    ) -> None:
        self._step, self._sampler, self._keeper = step, sampler, keeper
        self._num_classes = num_classes
        # The split is kept beside what is known of it, so that its id cannot become another's.
        self._real: dict[int, _Real] = {}

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the figures of as many samples as `split` has examples, at most 10,000.

        frechet_distance, precision, recall: see `trainers.sample_quality`.
        classes_present: number of classes that more than 5 % of the samples show.
        smallest_class_share: of the samples, and `share_0`, `share_1`, ... of every class.
        frechet_of_halves: the distance between two halves of the split itself, that of equal
            distributions at half the sample size. As 1 / size it falls to about half of that at
            the whole size, which is the least that samples can be expected to reach.
        judge_accuracy: of the judge on this split, in whose eyes all of this holds.
        """
        real = self._known(split)
        with self._step.averaged():
            seen = [
                self._keeper.judge.look(images)
                for images in self._sampler.stream(len(real.features))
            ]
        features, classes = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        shares = sample_quality.class_shares(classes, self._num_classes)
        precision, recall = sample_quality.precision_and_recall(real.features, features)
        return {
            "frechet_distance": sample_quality.frechet_distance(real.features, features),
            "precision": precision,
            "recall": recall,
            "classes_present": float((shares > _PRESENT).sum()),
            "smallest_class_share": float(shares.min()),
            "frechet_of_halves": real.of_halves,
            "judge_accuracy": real.accuracy,
            **{f"share_{number}": float(share) for number, share in enumerate(shares)},
        }

    def _known(self, split: datasets.Split) -> _Real:
        if id(split) not in self._real:
            count = min(split.size, _MOST_SAMPLES)
            seen = [
                self._keeper.judge.look(np.asarray(split.inputs[start : start + _ROWS][:count]))
                for start in range(0, count, _ROWS)
            ]
            features, classes = (np.concatenate(parts)[:count] for parts in zip(*seen, strict=True))
            accuracy = float((classes == split.targets[:count]).mean())
            of_halves = sample_quality.frechet_distance(features[::2], features[1::2])
            self._real[id(split)] = _Real(split, features, accuracy, of_halves)
        return self._real[id(split)]
