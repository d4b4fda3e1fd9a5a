"""Long short-term memory as a predictor of numbers: of time series, padded or not.

Equations and sources are told in `zoo.recurrent.lstm`; where a padded sequence ends, in
`zoo.layers.padding`.
"""

from typing import Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.normalization import check_normalization
from zoo.layers.outputs import add_scores
from zoo.layers.recurrent.lstm_stack import LSTMStack, last_output


@register_model(
    task="regression",
    paper="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000",
    default_dataset="oscillators",
    input_axes=("time features",),
    causal=True,
    ranges={"units": "[1, inf)", "layers": "[1, inf)", "dropout": "[0, 1)"},
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
) -> keras.Model:
    """Predicts numbers from a sequence, by the last output.

    Maps `[batch, time, features]` to `[batch, num_classes]` by y = h W + b, where h is the last
    layer's output at the sequence's last step that is not NaN in all features.

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

    Raises:
        ModelOptionError: an unknown activation or initializer, or weight normalization of weights
            that start at 0.
    """
    check_normalization("lstm_regressor", normalization, initializer, recurrent_initializer)
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
    )
    inputs = keras.Input(input_shape, name="inputs")
    outputs = add_scores(last_output(stack, inputs), num_classes, initializer, "outputs")
    return keras.Model(inputs, outputs, name="lstm_regressor")
