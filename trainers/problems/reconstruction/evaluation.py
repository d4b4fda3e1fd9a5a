"""Figures of codes: what a split loses by them, and how well they keep its classes apart."""

from __future__ import annotations

import math

import numpy as np

import datasets
from trainers.engine import pauses
from trainers.engine.step import Evaluates
from trainers.problems.distances import squared_distances
from trainers.problems.reconstruction.codec import Codec

_NEIGHBOURS = 5
# Enough for a standard error of a percent, few enough to find neighbours at every validation.
_MOST_REFERENCES, _MOST_QUERIES = 10_000, 2_000


class CodeEvaluation:
    """Add to a split's means how the classes lie in the codes, which were learned without them.

    Args:
        means: measures the figures of the step.
        codec: encodes with the step's weights.
        dataset: its training split has the neighbours.
    """

    def __init__(self, means: Evaluates, codec: Codec, dataset: datasets.Dataset) -> None:
        self._means, self._codec = means, codec
        self._train = dataset.splits["train"]
        self._references = datasets.sample_rows(self._train.size, _MOST_REFERENCES)
        # Keyed by id. The split is kept too: if it were freed, another one could get the same id.
        self._of_pixels: dict[int, tuple[datasets.Split, float]] = {}

    def measure(self, split: datasets.Split) -> dict[str, float]:
        """Return the step's figures, and for any split but the training one two more.

        neighbour_accuracy: share of examples whose class is that of most of the 5 training
            examples with the nearest codes, by Euclidean distance; NaN where codes are not finite.
        pixel_neighbour_accuracy: the same with pixels for codes; no training changes it.

        Up to 2,000 examples are asked about, and up to 10,000 training examples searched, drawn
        from their splits.
        """
        figures = self._means.measure(split)
        if split is self._train:
            return figures
        queries = datasets.sample_rows(split.size, _MOST_QUERIES)
        pauses.next_call()
        with self._codec.step.weights.averaged():
            near = self._codec.codes(self._train.inputs[self._references])
            asked = self._codec.codes(split.inputs[queries])
        pauses.next_call()
        figures["neighbour_accuracy"] = self._accuracy(near, asked, split.targets[queries])
        if id(split) not in self._of_pixels:
            pauses.next_call()
            near, asked = self._train.inputs[self._references], split.inputs[queries]
            accuracy = self._accuracy(near, asked, split.targets[queries])
            self._of_pixels[id(split)] = split, accuracy
        figures["pixel_neighbour_accuracy"] = self._of_pixels[id(split)][1]
        return figures

    def _accuracy(self, near: np.ndarray, asked: np.ndarray, classes: np.ndarray) -> float:
        if not (np.isfinite(near).all() and np.isfinite(asked).all()):
            return math.nan  # of weights that diverged
        known = self._train.targets[self._references]
        count = min(_NEIGHBOURS, len(near))
        votes = [
            known[np.argpartition(block, count - 1, axis=1)[:, :count]]
            for block in squared_distances(asked, near)
        ]
        shares = np.concatenate(votes)[:, :, None] == np.arange(known.max() + 1)
        # Of two classes with as many votes, the one of the lower number wins.
        return float(np.mean(shares.sum(axis=1).argmax(axis=1) == classes))
