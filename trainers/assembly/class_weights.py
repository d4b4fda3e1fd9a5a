"""What an example of each class counts in training: `--class-weights`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import configs
from trainers.problems.row import Problem

if TYPE_CHECKING:
    import numpy as np

    import datasets

BALANCED = "balanced"
_SHOWN = 10


def read(config: configs.Config, problem: Problem) -> Mapping[str, float] | str | None:
    """Return the configured weights by class, "balanced", or None.

    Raises:
        ConfigError: they are neither, a weight is not above 0, or the model tells no classes apart.
    """
    text = config.loss.class_weights
    if text is None:
        return None
    if (problem.predicts, problem.dataset_task) != ("classes", "classification"):
        raise configs.ConfigError(
            f"class_weights is {text!r}, but model {config.model.name!r} does not learn to tell "
            f"classes apart here ({problem.dataset_task}); leave --class-weights out"
        )
    if text.strip() == BALANCED:
        return BALANCED
    try:
        # Every word as it stands: a class may be called 1 or null.
        values = YAML(typ="base", pure=True).load(text if "{" in text else f"{{{text}}}")
        weights = {str(name): float(value) for name, value in values.items()}
    except (YAMLError, AttributeError, TypeError, ValueError) as error:
        raise configs.ConfigError(
            f"class_weights is {text!r}{configs.instead(text, [BALANCED])}, or a weight for each "
            'class, as in "{cat: 1, dog: 2.5}"'
        ) from error
    for name, weight in weights.items():
        if not (weight > 0 and math.isfinite(weight)):
            raise configs.ConfigError(
                f"class_weights gives {name!r} the weight {weight:g}, allowed is above 0"
            )
    return weights


def by_class(
    config: configs.Config, problem: Problem, dataset: datasets.Dataset
) -> np.ndarray | None:
    """Return what an example of each class counts, `[classes]` float32, or None for all alike.

    "balanced" is n / (c n_k) for the n_k of n training examples that are of class k, where c
    classes have any: each then counts the same as a whole, and an example 1 on average. A class
    that is not named in a mapping counts 1.

    Raises:
        ConfigError: a class is named that the dataset does not have, or see `read`.
    """
    import numpy as np

    weights = read(config, problem)
    if weights is None:
        return None
    names = list(dataset.class_names)
    if isinstance(weights, str):
        counts = np.bincount(np.asarray(dataset.splits["train"].targets), minlength=len(names))
        return (counts.sum() / (counts > 0).sum() / np.maximum(counts, 1)).astype(np.float32)
    for name in weights:
        if name not in names:
            raise configs.ConfigError(
                f"class_weights names {name!r}, which is no class of {dataset.name!r}"
                f"{configs.instead(name, names)}"
            )
    return np.array([weights.get(name, 1.0) for name in names], np.float32)


def weighted(
    config: configs.Config, problem: Problem, dataset: datasets.Dataset
) -> datasets.Dataset:
    """Return the dataset with its training examples' weights times those of their classes.

    For the updates alone: what is measured on a split, on train too, has no class weights.
    """
    weights = by_class(config, problem, dataset)
    if weights is None:
        return dataset
    train = dataset.splits["train"]
    heavier = dataclasses.replace(train, weights=train.weights * weights[train.targets])
    return dataclasses.replace(dataset, splits={**dataset.splits, "train": heavier})


def told(config: configs.Config, problem: Problem, dataset: datasets.Dataset) -> list[str]:
    """Return one line with the weights, or none where all classes count alike."""
    weights = by_class(config, problem, dataset)
    if weights is None:
        return []
    pairs = list(zip(dataset.class_names, weights, strict=True))
    shown = ", ".join(f"{name}: {weight:.4g}" for name, weight in pairs[:_SHOWN])
    more = f" and {len(pairs) - _SHOWN} more" if pairs[_SHOWN:] else ""
    return [f"in training an example of a class counts {shown}{more}"]
