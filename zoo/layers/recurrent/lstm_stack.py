"""LSTM layers on top of each other: what the models that read sequences share.

Equations, parameters and sources are told in `zoo.recurrent.lstm`.
"""

from dataclasses import dataclass, field
from typing import Any

import keras

from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import check_normalization
from zoo.layers.outputs import add_scores, full_precision
from zoo.layers.padding import LastRealStep, PaddingToZeros
from zoo.layers.recurrent.block_options import BlockOptions
from zoo.layers.recurrent.fused_lstm import KerasLSTM
from zoo.layers.recurrent.layer_normalized_lstm import LayerNormalizedLSTMCell
from zoo.layers.recurrent.memory_blocks import MemoryBlockCell, MemoryBlocks, starting
from zoo.layers.weight_normalization import WeightNormalization


@dataclass(frozen=True)
class LSTMStack:
    """LSTM layers on top of each other, each followed by dropout.

    Args:
        cell: "lstm", or "memory_blocks" for those of 1997, see
            `zoo.layers.recurrent.memory_blocks`.
        blocks: options of the latter.
    """

    units: int
    layers: int
    dropout: float
    activation: str
    recurrent_activation: str
    initializer: str
    recurrent_initializer: str
    unit_forget_bias: bool
    normalization: str
    cell: str = "lstm"
    blocks: BlockOptions = field(default_factory=BlockOptions)

    def __call__(self, sequence: Any, every_step: bool) -> Any:
        """Return the last layer's output, `[batch, time, n]`, or of the last step, `[batch, n]`."""
        for index in range(1, self.layers + 1):
            layer = self._layer(every_step or index < self.layers, f"lstm_{index}")
            sequence = layer(sequence)
            if self.dropout:
                sequence = Dropout(self.dropout, name=f"lstm_{index}_dropout")(sequence)
        return sequence

    def check(self, model: str) -> None:
        """Fails for options that have no effect on the chosen cell, or do not fit each other.

        Raises:
            ModelOptionError: one line for the first that does not fit.
        """
        check_normalization(model, self.normalization, self.initializer, self.recurrent_initializer)
        self.blocks.check(
            model,
            self.cell,
            self.units,
            activation=(self.activation, "tanh"),
            recurrent_activation=(self.recurrent_activation, "sigmoid"),
            unit_forget_bias=(self.unit_forget_bias, True),
            normalization=(self.normalization, "none"),
        )

    def add_scores(self, values: Any, num_classes: int, name: str = "scores") -> Any:
        """Apply the affine map to one score per class, `[batch, ..., num_classes]`."""
        if self.cell == "lstm":
            return add_scores(values, num_classes, self.initializer, name)
        extent = self.blocks.initial_range
        return keras.layers.Dense(
            num_classes,
            use_bias=self.blocks.biases == "all",
            kernel_initializer=starting(self.initializer, extent),
            bias_initializer=starting("zeros", extent),
            dtype=full_precision(),
            name=name,
        )(values)

    def _layer(self, every_step: bool, name: str) -> keras.Layer:
        if self.cell == "memory_blocks":
            return self._memory_blocks(every_step, name)
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

    def _memory_blocks(self, every_step: bool, name: str) -> keras.Layer:
        cell = MemoryBlockCell(
            self.units,
            cells_per_block=self.blocks.cells_per_block,
            cell_bias=self.blocks.biases == "all",
            truncated=self.blocks.truncated,
            initial_range=self.blocks.initial_range,
            input_gate_biases=self.blocks.input_gate_biases,
            output_gate_biases=self.blocks.output_gate_biases,
            initializer=self.initializer,
            recurrent_initializer=self.recurrent_initializer,
            # Contents are sums over all steps, which lose digits in 16 bits.
            dtype=full_precision(),
            name="cell",
        )
        return MemoryBlocks(cell, return_sequences=every_step, dtype=full_precision(), name=name)


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
