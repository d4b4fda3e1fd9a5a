"""The figure a person reads beside the loss: accuracy for classes, absolute error for numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

    Metric = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# Of every problem: what a validation may choose the best weights by.
_HIGHER = ("accuracy", "mean_return", "classes_present")


def name_of(task: str) -> str:
    """Return the name of a task's metric: "accuracy" (0 to 1) or "mean_absolute_error"."""
    return "mean_absolute_error" if task == "regression" else "accuracy"


def higher_is_better(name: str) -> bool:
    """Return whether a larger value of the metric or loss called `name` is better."""
    return name in _HIGHER


def is_detail(name: str) -> bool:
    """Return whether a figure is one of a series, e.g. `share_3`: logged, but not shown."""
    return name.startswith("share_")


def make(task: str) -> Metric:
    """Return the per-element metric: (targets, outputs) to one value per prediction."""
    import keras

    if task == "regression":
        return lambda targets, outputs: keras.losses.mean_absolute_error(targets, outputs)
    return lambda targets, outputs: keras.metrics.sparse_categorical_accuracy(targets, outputs)
