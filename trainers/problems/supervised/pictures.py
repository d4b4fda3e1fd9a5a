"""What a run of a classifier or a regression leaves to look at: what was taken for what.

Everything is shown in TensorBoard alone. Of the validation split it is at the first, second,
fourth, eighth, ... validation, so that it takes no noticeable share of a run; of the test split
once, by the best weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
from trainers.engine.hooks import RUN, Hooks, Moment
from trainers.objectives.own_units import in_own_units
from trainers.output import projector
from trainers.problems.supervised.answers import (
    Answering,
    Answers,
    confusion,
    precision_recall_counts,
    probabilities,
)
from trainers.problems.supervised.drawing import (
    confusion_picture,
    in_unit_range,
    mistakes_picture,
    scatter_picture,
)
from trainers.problems.supervised.step import SupervisedStep

# Of a split that is looked at again and again, and of one that is looked at once.
_MOST_NOW, _MOST_AT_END = 1_000, 10_000
_MOST_CURVES, _THRESHOLDS = 20, 101
_MISTAKES_NOW, _MISTAKES_AT_END = 12, 24
_POINTS, _DIMENSIONS = 300, 256
_VALUES_TOLD = 8

Ask = Callable[[keras.Model], Answering]


def picture_hooks(
    step: SupervisedStep, predicts: str, config: configs.Config, dataset: datasets.Dataset
) -> Hooks:
    """Return the hooks that show in TensorBoard how right the answers are.

    Of classes: the confusion matrix, precision over recall of each, the worst mistakes, and in the
    projector the last hidden layer of some test examples. Of numbers: answer over target. Of
    sequences with a prediction at every step nothing.
    """
    if {"validation", "test"} - dataset.splits.keys():  # of a step alone, as in an experiment
        return Hooks()
    validation, test = dataset.splits["validation"], dataset.splits["test"]
    outputs = step.model.output_shape
    if validation.weights.ndim > 1 or not isinstance(outputs, tuple) or len(outputs) != 2:
        return Hooks()
    ask = lru_cache(maxsize=1)(Answering)  # compiled once: a run has one model
    if predicts == "numbers":
        if dataset.splits["test"].targets.shape[1:] != outputs[1:]:
            return Hooks()
        return Hooks(at_end=[_scatter(ask, dataset)])
    if outputs[1] != dataset.num_classes:
        return Hooks()
    classes = _Classes(ask, config.model.output_activation, dataset)
    return Hooks(
        on_validation=[classes.hook("validation", validation, _MOST_NOW)],
        at_end=[classes.hook(RUN, test, _MOST_AT_END), classes.projector_hook(test)],
    )


class _Classes:
    """Shows what a classifier takes for what."""

    def __init__(self, ask: Ask, activation: str, dataset: datasets.Dataset) -> None:
        self._ask, self._activation, self._dataset = ask, activation, dataset
        numbered = tuple(map(str, range(dataset.num_classes)))
        self._names = dataset.class_names or numbered

    def hook(self, where: str, split: datasets.Split, most: int) -> Callable[[Moment], None]:
        """Return what shows a split's answers there."""

        def pictures_of_mistakes(moment: Moment) -> None:
            if where != RUN and not moment.is_seldom:
                return
            answers = self._ask(moment.model).answers(split, most)
            says = probabilities(answers.outputs, self._activation)
            said = answers.outputs.argmax(axis=1)
            counts = confusion(answers.targets, said, len(self._names))
            pixels = confusion_picture(counts, self._names)
            moment.shows.images("confusion", pixels[None], moment.step, where)
            moment.shows.precision_recall(self._curves(answers.targets, says), moment.step, where)
            self._show_mistakes(moment, where, split, answers, says)

        return pictures_of_mistakes

    def _curves(self, targets: np.ndarray, says: np.ndarray) -> dict[str, np.ndarray]:
        """Return the counts of every class that occurs, of the commonest if there are many."""
        occur = np.bincount(targets, minlength=len(self._names))
        shown = np.sort(np.argsort(-occur, kind="stable")[:_MOST_CURVES])
        return {
            f"precision_recall/{self._names[number]}": precision_recall_counts(
                targets == number, says[:, number], _THRESHOLDS
            )
            for number in shown
            if occur[number]
        }

    def _show_mistakes(
        self, moment: Moment, where: str, split: datasets.Split, answers: Answers, says: np.ndarray
    ) -> None:
        said, true = answers.outputs.argmax(axis=1), answers.targets
        every = np.arange(len(said))
        surer = says[every, said] - says[every, true]
        wrong = np.flatnonzero(said != true)
        most = _MISTAKES_AT_END if where == RUN else _MISTAKES_NOW
        worst = wrong[np.argsort(-surer[wrong], kind="stable")][:most]
        if not len(worst):
            return
        inputs = np.asarray(split.inputs[answers.rows[worst]])
        told = [
            (self._told(says, row, true[row]), self._told(says, row, said[row])) for row in worst
        ]
        if _drawable(self._dataset):
            captions = [(f"is {is_}", f"said {taken}") for is_, taken in told]
            pixels = mistakes_picture(inputs, captions)
            moment.shows.images("worst_mistakes", pixels[None], moment.step, where)
            return
        table = _table(
            ("example", "is", "taken for", "inputs"),
            [
                (str(answers.rows[row]), *pair, _values(values))
                for row, pair, values in zip(worst, told, inputs, strict=True)
            ],
        )
        moment.shows.text("worst_mistakes", table, moment.step, where)

    def _told(self, says: np.ndarray, row: int, number: int) -> str:
        return f"{self._names[number]} {says[row, number]:.2f}"

    def projector_hook(self, split: datasets.Split) -> Callable[[Moment], None]:
        """Return what writes a split's last hidden values for the projector."""

        def map_of_the_last_hidden_layer(moment: Moment) -> None:
            asked = self._ask(moment.model)
            if not asked.sees_hidden:
                return
            answers, hidden = asked.hidden(split, _POINTS)
            says = probabilities(answers.outputs, self._activation)
            said = answers.outputs.argmax(axis=1)
            columns = {
                "class": [self._names[number] for number in answers.targets],
                "taken_for": [self._names[number] for number in said],
                "right": np.where(said == answers.targets, "right", "wrong").tolist(),
                "probability": [f"{share:.3f}" for share in says.max(axis=1)],
            }
            images = None
            if _drawable(self._dataset):
                images = in_unit_range(np.asarray(split.inputs[answers.rows]))
            points = principal(hidden, _DIMENSIONS)
            projector.write(moment.folder, points, columns, images, "last_hidden_layer")

        return map_of_the_last_hidden_layer


def _scatter(ask: Ask, dataset: datasets.Dataset) -> Callable[[Moment], None]:
    names = dataset.target_names or tuple(dataset.preparation.get("outputs", {}).get("names") or ())

    def picture_of_answers(moment: Moment) -> None:
        answers = ask(moment.model).answers(dataset.splits["test"], 2 * _MOST_NOW)
        true = in_own_units(answers.targets, dataset.preparation)
        said = in_own_units(answers.outputs, dataset.preparation)
        for number in range(min(true.shape[1], _MOST_CURVES)):
            several = f"target {number + 1}" if true.shape[1] > 1 else ""
            name = names[number] if number < len(names) else several
            tag = "predicted_over_true" + (f"/{name}" if several else "")
            pixels = scatter_picture(true[:, number], said[:, number], name)
            moment.shows.images(tag, pixels[None], moment.step, RUN)

    return picture_of_answers


def principal(points: np.ndarray, most: int) -> np.ndarray:
    """Return points `[points, dimensions]` in the directions in which they vary most.

    Fewer dimensions than `most` stay as they are; the projector's table of thousands would be
    larger than the run.
    """
    if points.shape[1] <= most:
        return points
    centred = tf.constant(points - points.mean(axis=0))
    # Of their inner products, of which there are fewer than of the dimensions' covariances.
    values, vectors = tf.linalg.eigh(tf.matmul(centred, centred, transpose_b=True))
    lengths = np.sqrt(np.maximum(values.numpy(), 0))
    return (vectors.numpy() * lengths)[:, ::-1][:, :most]


def _drawable(dataset: datasets.Dataset) -> bool:
    return len(dataset.input_shape) == 3 and dataset.input_shape[-1] in (1, 3)


def _values(values: np.ndarray) -> str:
    flat = values.reshape(-1)
    told = " ".join(f"{value:.3g}" for value in flat[:_VALUES_TOLD])
    return told + (f" ... ({flat.size})" if flat.size > _VALUES_TOLD else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; what a name holds of its signs is no sign of the table's."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
