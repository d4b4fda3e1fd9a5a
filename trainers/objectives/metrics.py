"""The figure a person reads beside the loss: accuracy for classes, absolute error for numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

    Metric = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def metric_name(predicts: str) -> str:
    """Return "accuracy" (0 to 1) for "classes", "mean_absolute_error" for "numbers"."""
    return "mean_absolute_error" if predicts == "numbers" else "accuracy"


def metric_function(predicts: str) -> Metric:
    """Return the per-element metric: (targets, outputs) to one value per prediction."""
    import keras

    if predicts == "numbers":
        return lambda targets, outputs: keras.losses.mean_absolute_error(targets, outputs)
    return lambda targets, outputs: keras.metrics.sparse_categorical_accuracy(targets, outputs)


def is_detail(name: str) -> bool:
    """Return whether a figure is one of a series, e.g. `share_3`: logged, but not shown."""
    return name.rpartition("_")[2].isdigit()
