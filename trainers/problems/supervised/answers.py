"""What a classifier or a regression says of examples: probabilities, and its last hidden layer."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

import datasets
from trainers.engine.compiling import compiled
from trainers.inspection.last_hidden import with_last_hidden

# Every call has so many rows, the last one filled up: another number would be traced once more.
_ROWS = 256


class Answers(NamedTuple):
    """Examples of a split, and what was said of them.

    rows: `[examples]`, their numbers in the split.
    targets: `[examples]` classes, or `[examples, targets]`.
    weights: `[examples]`.
    outputs: `[examples, outputs]` float32.
    """

    rows: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    outputs: np.ndarray


class Answering:
    """Asks a model, with the weights that it holds then, without training.

    Args:
        model: from inputs `[batch, ...]` to outputs `[batch, outputs]`.
    """

    def __init__(self, model: keras.Model) -> None:
        inside = with_last_hidden(model)

        def answer(inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            if inside is None:
                outputs = model(inputs, training=False)
                return outputs, outputs
            return inside(inputs, training=False)

        self._call = compiled(answer, "graph")
        self.sees_hidden = inside is not None

    def answers(self, split: datasets.Split, most: int) -> Answers:
        """Return what is said of at most so many examples of a split."""
        rows = datasets.sample_rows(split.size, most)
        return self._asked(split, rows)[0]

    def hidden(self, split: datasets.Split, most: int) -> tuple[Answers, np.ndarray]:
        """Return the same with the last hidden values `[examples, units]`, float32."""
        rows = datasets.sample_rows(split.size, most)
        answers, hidden = self._asked(split, rows, keeps_hidden=True)
        return answers, np.concatenate(hidden)

    def _asked(
        self, split: datasets.Split, rows: np.ndarray, *, keeps_hidden: bool = False
    ) -> tuple[Answers, list[np.ndarray]]:
        outputs, hidden = [], []
        for inputs, *_ in datasets.chunks(split, rows, _ROWS):
            values = np.asarray(inputs)
            count = len(values)
            filled = np.concatenate([values, np.repeat(values[-1:], _ROWS - count, axis=0)])
            inside, said = self._call(tf.constant(filled))
            outputs.append(np.asarray(said, np.float32)[:count])
            if keeps_hidden:
                hidden.append(np.asarray(inside, np.float32).reshape(_ROWS, -1)[:count])
        targets, weights = np.asarray(split.targets[rows]), np.asarray(split.weights[rows])
        return Answers(rows, targets, weights, np.concatenate(outputs)), hidden


def probabilities(outputs: np.ndarray, activation: str) -> np.ndarray:
    """Return the probabilities `[examples, classes]` that outputs stand for.

    Those are softmax(s) of scores s, and of values that an activation has brought into another
    range than [0, 1]; values in [0, 1] are what they are.

    Args:
        outputs: `[examples, classes]`.
        activation: what the model applied to its scores; "linear" is nothing.
    """
    if activation != "linear" and outputs.min() >= 0 and outputs.max() <= 1:
        return outputs
    raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def confusion(true: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """Return how many examples `[true, said]` of each class were taken for each, int64."""
    pairs = np.bincount(true.astype(np.int64) * classes + said, minlength=classes**2)
    return pairs.reshape(classes, classes)


def precision_recall_counts(found: np.ndarray, says: np.ndarray, thresholds: int) -> np.ndarray:
    """Return the counts `[4, thresholds]` of a class against all others.

    At threshold t = 0, 1 / (n - 1), ..., 1 an example counts as found where its probability is at
    least t: true positives, false positives, true negatives, false negatives.

    Args:
        found: `[examples]` bool, whether they are of the class.
        says: `[examples]` their probability of it.
        thresholds: n, at least 2.
    """
    places = np.floor(np.clip(says, 0, 1) * (thresholds - 1)).astype(np.int64)
    right = np.bincount(places[found], minlength=thresholds)
    wrong = np.bincount(places[~found], minlength=thresholds)
    true, false = (np.cumsum(counts[::-1])[::-1] for counts in (right, wrong))
    return np.stack([true, false, false[0] - false, true[0] - true])
