"""Long short-term memory as a predictor of numbers: of time series, padded or not.

Equations and sources are told in `zoo.recurrent.lstm`; where a padded sequence ends, in
`zoo.layers.padding`.
"""

from typing import Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.outputs import add_predictions
from zoo.layers.recurrent.block_options import BlockOptions
from zoo.layers.recurrent.lstm_stack import LSTMStack, last_output


@register_model(
    task="regression",
    paper="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000",
    default_dataset="oscillators",
    input_axes=("time features",),
    causal=True,
    ranges={
        "units": "[1, inf)",
        "layers": "[1, inf)",
        "dropout": "[0, 1)",
        "cells_per_block": "[1, inf)",
        "initial_range": "[0, inf)",
    },
)
def lstm_regressor(
    input_shape: tuple[int | None, int],
    num_classes: int,
    *,
    units: int = 32,
    layers: int = 1,
    dropout: float = 0.0,
    activation: Activation = "tanh",
    recurrent_activation: Activation = "sigmoid",
    initializer: Initializer = "glorot",
    recurrent_initializer: Initializer = "orthogonal",
    unit_forget_bias: bool = True,
    normalization: Literal["none", "weight", "layer"] = "none",
    cell: Literal["lstm", "memory_blocks"] = "lstm",
    cells_per_block: int = 1,
    biases: Literal["all", "gates"] = "all",
    truncated: bool = True,
    initial_range: float = 0.0,
    input_gate_biases: tuple[float, ...] | None = None,
    output_gate_biases: tuple[float, ...] | None = None,
    output_activation: Literal["linear", "sigmoid"] = "linear",
) -> keras.Model:
    """Predicts numbers from a sequence, by the last output.

    Maps `[batch, time, features]` to `[batch, num_classes]` by y = h W + b, where h is the last
    layer's output at the sequence's last step that is not NaN in all features; by its
    `output_activation` of that.

    Args:
        input_shape: (time, features), where time may be None.
        num_classes: number of outputs, at least 1.
        units: of each layer, n.
        layers: number of LSTM layers.
        dropout: fraction of each layer's outputs set to 0 in training, in [0, 1).
        activation: of the cell, a, see `zoo.layers.activations`.
        recurrent_activation: of the gates, s.
        initializer: of each W, see `zoo.layers.initializers`.
        recurrent_initializer: of each U.
        unit_forget_bias: start b_f at 1, so that the cell keeps its content; else at 0.
        normalization: of every LSTM layer; the outputs have none.
        cell: the LSTM above, or the memory blocks of 1997, without forget gates, see
            `zoo.layers.recurrent.memory_blocks`; the options that follow are theirs, and those of
            activations, forget bias and normalization are not.
        cells_per_block: cells that share an input and an output gate; divides `units`.
        biases: which units of the model have one: all, or gates alone.
        truncated: take the units' outputs of the step before for constants in gradients.
        initial_range: where not 0, all weights and biases start uniformly in +- this.
        input_gate_biases: where those of the blocks' input gates start, one each or one for all;
            None: as others.
        output_gate_biases: the same of output gates.
        output_activation: of the numbers; "sigmoid" for targets that lie in [0, 1].

    Raises:
        ModelOptionError: an unknown activation or initializer, weight normalization of weights
            that start at 0, or options that do not fit the cell.
    """
    stack = LSTMStack(
        units=units,
        layers=layers,
        dropout=dropout,
        activation=activation,
        recurrent_activation=recurrent_activation,
        initializer=initializer,
        recurrent_initializer=recurrent_initializer,
        unit_forget_bias=unit_forget_bias,
        normalization=normalization,
        cell=cell,
        blocks=BlockOptions(
            cells_per_block=cells_per_block,
            biases=biases,
            truncated=truncated,
            initial_range=initial_range,
            input_gate_biases=tuple(input_gate_biases or ()),
            output_gate_biases=tuple(output_gate_biases or ()),
        ),
    )
    stack.check("lstm_regressor")
    inputs = keras.Input(input_shape, name="inputs")
    numbers = stack.add_scores(last_output(stack, inputs), num_classes, "outputs")
    outputs = add_predictions(numbers, output_activation, num_classes, "lstm_regressor")
    return keras.Model(inputs, outputs, name="lstm_regressor")
