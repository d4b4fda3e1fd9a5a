"""Raw measurements to what a model reads: every feature with mean 0 and deviation 1."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="zoo")
class Standardization(keras.layers.Layer):
    """Maps x to (x - mean) / deviation, value by value; a missing value (NaN) stays missing.

    `keras.layers.Normalization` is given a variance, whose root is not the deviation to the bit.

    Args:
        shape: of one example, or of one step of a sequence.
        mean: of every value, flat in the order of `shape`; None leaves values as they are.
        deviation: of every value, likewise.
        **options: those of every Keras layer.
    """

    def __init__(
        self,
        shape: Sequence[int],
        mean: Sequence[float] | None = None,
        deviation: Sequence[float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.shape = tuple(shape)
        self.mean = None if mean is None else [float(value) for value in mean]
        self.deviation = None if deviation is None else [float(value) for value in deviation]

    def call(self, values: Any) -> Any:
        """Map `[batch, ..., *shape]` to the same shape."""
        values = tf.cast(values, self.compute_dtype)
        if self.mean is not None:
            values -= tf.constant(self.mean, values.dtype, self.shape)
        if self.deviation is not None:
            values /= tf.constant(self.deviation, values.dtype, self.shape)
        return values

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the inputs."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        own = {"shape": list(self.shape), "mean": self.mean, "deviation": self.deviation}
        return {**super().get_config(), **own}
