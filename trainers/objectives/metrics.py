"""The figure a person reads beside the loss: accuracy for classes, absolute error for numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

    Metric = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def metric_name(predicts: str) -> str:
    """Return "accuracy" (0 to 1) for "classes", "mean_absolute_error" for "numbers"."""
    return "mean_absolute_error" if predicts == "numbers" else "accuracy"


def metric_function(predicts: str, deviations: Sequence[float] | None = None) -> Metric:
    """Return the per-element metric: (targets, outputs) to one value per prediction.

    Of numbers y and f, each of K targets standardized by its deviation s_k, it is the error in the
    data's own units, (1 / K) sum_k s_k |y_k - f_k|.

    Args:
        predicts: "classes" or "numbers".
        deviations: K numbers above 0, or None where targets are in their own units.
    """
    import keras

    if predicts == "numbers" and deviations is not None:
        units = [float(deviation) for deviation in deviations]

        def in_own_units(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
            errors = keras.ops.abs(outputs - keras.ops.cast(targets, outputs.dtype))
            return keras.ops.mean(errors * keras.ops.array(units, outputs.dtype), axis=-1)

        return in_own_units
    if predicts == "numbers":
        return lambda targets, outputs: keras.losses.mean_absolute_error(targets, outputs)
    return lambda targets, outputs: keras.metrics.sparse_categorical_accuracy(targets, outputs)


def is_detail(name: str) -> bool:
    """Return whether a figure is one of a series, e.g. `share_3`: logged, but not shown."""
    return name.rpartition("_")[2].isdigit()
