"""Symbols as vectors of zeros with a single 1: what their embedding is not to hide."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="zoo")
class OneHot(keras.Layer):
    """Codes each symbol by a 1 in its own place: local coding.

    Maps symbols `[batch, time]`, from 0 to `symbols` - 1, to `[batch, time, symbols]` of the
    policy's compute type. There are no weights.

    Args:
        symbols: how many there are.
        **kwargs: name, dtype and the like of every Keras layer.
    """

    def __init__(self, symbols: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.symbols = symbols

    def call(self, inputs: Any) -> Any:
        """Return the vectors."""
        return keras.ops.one_hot(inputs, self.symbols, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the inputs' shape and one more axis."""
        return (*input_shape, self.symbols)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "symbols": self.symbols}
