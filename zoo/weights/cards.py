"""A card: what weights were trained on, by which command, and what they are worth.

Cards are written by `python -m trainers.cards --weights NAME`, and never by hand.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo.errors import ModelFileError, reason_of
from zoo.weights.names import CARD, file_of


@dataclass(frozen=True)
class Figure:
    """What was measured on the test split.

    Args:
        name: such as "accuracy".
        value: on all of the split.
        low: of the 95 % interval; None where there is none, and
        high: its other end.
        interval: how it was found.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    interval: str


@dataclass(frozen=True)
class WeightsCard:
    """What is known of weights without reading them.

    Args:
        name: as in "cnn:mnist".
        model: the registered name.
        task: what it learned.
        options: the model's, all of them.
        num_classes: classes, symbols or outputs.
        input_shape: of one example, without the batch.
        preparation: of raw inputs and of answers, as `zoo.deployable` takes it.
        dataset: its name and version.
        fingerprint: of the data's content.
        splits: how many examples each has, and how they were drawn.
        seed: of the training.
        recipe: the file that was run.
        command: that does it again.
        config: of the run, complete, but for where data lie.
        steps: updates.
        best_step: the update whose weights these are, by the validation split.
        test: the figure that tells most.
        figures: all figures of the test split.
        classes: precision, recall, F1 and support of each class, of a classification.
        confusion: true class -> predicted class -> count.
        limits: what is known to go wrong, a sentence each.
        parameters: number of weights.
        flops_per_example: floating-point operations of a forward pass.
        latency_ms: processor time of one example on one core, in milliseconds.
        date: when it was trained.
        hardware: on what.
        versions: of what decides the numbers.
        sha256: of the file of arrays.
        variables: shape and type of each, by its path in the model.
    """

    name: str
    model: str
    task: str
    options: Mapping[str, Any]
    num_classes: int
    input_shape: tuple[int | None, ...]
    preparation: Mapping[str, Any]
    dataset: str
    fingerprint: str
    splits: Mapping[str, Any]
    seed: int
    recipe: str
    command: str
    config: Mapping[str, Any]
    steps: int
    best_step: int
    test: Figure
    figures: Mapping[str, float]
    classes: Mapping[str, Mapping[str, float]]
    confusion: Mapping[str, Mapping[str, float]]
    limits: tuple[str, ...]
    parameters: int
    flops_per_example: int
    latency_ms: float
    date: str
    hardware: str
    versions: Mapping[str, str]
    sha256: str
    variables: Mapping[str, Mapping[str, Any]]

    def as_json(self) -> str:
        """Return the card's file."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"


def weights_card(name: str) -> WeightsCard:
    """Return the card of trained weights, without reading them.

    Args:
        name: one of `zoo.list_weights()`, as in "cnn:mnist".

    Raises:
        UnknownWeightsError: there are none of this name.
        ModelFileError: the card is damaged, or another's.
    """
    path = file_of(name, CARD)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["test"] = Figure(**values["test"])
        values["input_shape"] = tuple(values["input_shape"])
        values["limits"] = tuple(values["limits"])
        card = WeightsCard(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelFileError(
            f"{path}, the card of weights {name!r}, cannot be read ({reason_of(error, 120)}); "
            "restore the project's own, or install it again"
        ) from error
    if card.name != name:
        raise ModelFileError(
            f"{path} is the card of weights {card.name!r}, expected {name!r}; restore the "
            "project's own, or install it again"
        )
    return card
