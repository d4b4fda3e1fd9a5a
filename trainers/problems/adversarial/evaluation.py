"""Figures of a generator: as many samples as a split has examples, seen by a classifier."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

import datasets
from trainers.engine import pauses
from trainers.engine.step import Step
from trainers.problems.adversarial import quality
from trainers.problems.adversarial.feature_classifier import ClassifierKeeper
from trainers.problems.adversarial.sampling import ExampleSampler

_MOST_SAMPLES = 10_000
# A class is present if more than this share of the samples show it.
_PRESENT = 0.05
# Read at a time from a split that may lie on disk.
_ROWS = 500


class _Real(NamedTuple):
    """What the classifier sees in a split, and how far two halves of it are from each other."""

    split: datasets.Split
    features: np.ndarray
    accuracy: float
    of_halves: float


class SampleEvaluation:
    """Measure what a generator draws with the weights that its step holds at that moment.

    Args:
        step: holds the weights.
        sampler: draws with them, from the same latents every time.
        keeper: has the feature classifier.
        num_classes: of the classifier.
    """

    def __init__(
        self, step: Step, sampler: ExampleSampler, keeper: ClassifierKeeper, num_classes: int
    ) -> None:
        self._step, self._sampler, self._keeper = step, sampler, keeper
        self._num_classes = num_classes
        # Keyed by id. The split is kept too: if it were freed, another one could get the same id.
        self._real: dict[int, _Real] = {}

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the figures of as many samples as `split` has examples, at most 10,000.

        frechet_distance, precision, recall: see `trainers.problems.adversarial.quality`.
        classes_present: number of classes that more than 5 % of the samples show.
        smallest_class_share: of the samples, and `share_0`, `share_1`, ... of every class.
        frechet_of_halves: the distance between two halves of the split itself, that of equal
            distributions at half the sample size. As 1 / size it falls to about half of that at
            the whole size, which is the least that samples can be expected to reach.
        classifier_accuracy: of the classifier on this split, in whose eyes all of this holds.

        Of samples that are not finite, which weights that diverged draw, nothing but the last two
        is a number, and no class is present.
        """
        real = self._known(split)
        seen, finite = [], True
        with self._step.weights.averaged():
            for images in self._sampler.stream(len(real.features)):
                pauses.next_call()
                seen.append(self._keeper.classifier.look(images))
                finite = finite and bool(np.isfinite(images).all())
        features, classes = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        distance = precision = recall = math.nan
        shares = np.full(self._num_classes, math.nan)
        # Of the images: where they are no numbers, relu and maxima still make features of them.
        if finite:
            shares = quality.class_shares(classes, self._num_classes)
            distance = quality.frechet_distance(real.features, features)
            pauses.next_call()
            precision, recall = quality.precision_and_recall(real.features, features)
        return {
            "frechet_distance": distance,
            "precision": precision,
            "recall": recall,
            "classes_present": float((shares > _PRESENT).sum()),
            "smallest_class_share": float(shares.min()),
            "frechet_of_halves": real.of_halves,
            "classifier_accuracy": real.accuracy,
            **{f"share_{number}": float(share) for number, share in enumerate(shares)},
        }

    def _known(self, split: datasets.Split) -> _Real:
        if id(split) not in self._real:
            rows = datasets.sample_rows(split.size, _MOST_SAMPLES)
            seen = []
            for start in range(0, len(rows), _ROWS):
                pauses.next_call()
                images = np.asarray(split.inputs[rows[start : start + _ROWS]])
                seen.append(self._keeper.classifier.look(images))
            features, classes = (np.concatenate(parts) for parts in zip(*seen, strict=True))
            accuracy = float((classes == split.targets[rows]).mean())
            of_halves = quality.frechet_distance(features[::2], features[1::2])
            self._real[id(split)] = _Real(split, features, accuracy, of_halves)
        return self._real[id(split)]
