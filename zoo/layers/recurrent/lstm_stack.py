"""LSTM layers on top of each other: what the models that read sequences share.

Equations, parameters and sources are told in `zoo.recurrent.lstm`.
"""

from dataclasses import dataclass
from typing import Any

import keras

from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.padding import LastRealStep, PaddingToZeros
from zoo.layers.recurrent.fused_lstm import KerasLSTM
from zoo.layers.recurrent.layer_normalized_lstm import LayerNormalizedLSTMCell
from zoo.layers.weight_normalization import WeightNormalization


@dataclass(frozen=True)
class LSTMStack:
    """LSTM layers on top of each other, each followed by dropout."""

    units: int
    layers: int
    dropout: float
    activation: str
    recurrent_activation: str
    initializer: str
    recurrent_initializer: str
    unit_forget_bias: bool
    normalization: str

    def __call__(self, sequence: Any, every_step: bool) -> Any:
        """Return the last layer's output, `[batch, time, n]`, or of the last step, `[batch, n]`."""
        for index in range(1, self.layers + 1):
            layer = self._layer(every_step or index < self.layers, f"lstm_{index}")
            sequence = layer(sequence)
            if self.dropout:
                sequence = Dropout(self.dropout, name=f"lstm_{index}_dropout")(sequence)
        return sequence

    def _layer(self, every_step: bool, name: str) -> keras.Layer:
        if self.normalization == "layer":
            cell = LayerNormalizedLSTMCell(
                self.units,
                activation=self.activation,
                recurrent_activation=self.recurrent_activation,
                initializer=self.initializer,
                recurrent_initializer=self.recurrent_initializer,
                unit_forget_bias=self.unit_forget_bias,
                name="cell",
            )
            return keras.layers.RNN(cell, return_sequences=every_step, name=name)
        layer = KerasLSTM(
            self.units,
            activation=find_activation(self.activation),
            recurrent_activation=find_activation(self.recurrent_activation),
            kernel_initializer=find_initializer(self.initializer),
            recurrent_initializer=find_initializer(self.recurrent_initializer),
            unit_forget_bias=self.unit_forget_bias,
            return_sequences=every_step,
            name=name,
        )
        if self.normalization == "weight":
            return WeightNormalization(layer, name=f"{name}_normalization")
        return layer


def last_output(stack: LSTMStack, sequence: Any) -> Any:
    """Return the stack's output at each sequence's last step that is no padding.

    Args:
        stack: LSTM layers.
        sequence: symbolic, `[batch, time, features]`, with NaN in all features for padding.

    Returns:
        `[batch, units]`.
    """
    outputs = stack(PaddingToZeros(name="padding")(sequence), every_step=True)
    return LastRealStep(name="last_step")(outputs, sequence)
