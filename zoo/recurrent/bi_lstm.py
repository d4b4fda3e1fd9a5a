"""A bidirectional LSTM: a sequence is read from both ends before it is named.

Sources: Schuster & Paliwal, "Bidirectional Recurrent Neural Networks", IEEE Transactions on Signal
Processing 45(11), 1997; with LSTM layers: Graves & Schmidhuber, "Framewise Phoneme Classification
with Bidirectional LSTM and Other Neural Network Architectures", Neural Networks 18, 2005.

A layer is two LSTMs of n units, of one input x_1 ... x_L and with weights of their own; the
equations of a step are told in `zoo.recurrent.lstm`:

    f_t = LSTM(x_t, f_(t-1)),  t = 1 ... L         reads forward
    b_t = LSTM'(x_t, b_(t+1)),  t = L ... 1        reads backward, from the last step
    y_t = [f_t, b_t]                               what a layer above reads, 2 n numbers

The classes' scores are an affine map of [f_L, b_1], the two states that have read all of the
sequence. L is the last step that is no padding, see `zoo.layers.padding`: the backward LSTM begins
there, so that padding changes nothing. All of a sequence must be there before it is read, and the
answer at no step depends on the past alone.

A layer has 2 * 4 n (features + n + 1) parameters, with 2 n features above the first.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.outputs import add_predictions, add_scores
from zoo.layers.padding import LastRealStep, PaddingToZeros, RealStepsReversed
from zoo.layers.recurrent.fused_lstm import KerasLSTM


@register_model(
    paper="Schuster & Paliwal 1997, Bidirectional Recurrent Neural Networks; Graves et al. 2005",
    default_dataset="digits",
    input_axes=("time features", "rows columns channels"),
    ranges={"units": "[1, inf)", "layers": "[1, inf)", "dropout": "[0, 1)"},
)
def bi_lstm(
    input_shape: tuple[int | None, ...],
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
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Classifies a sequence, or an image read row by row, that is read from both ends.

    Maps `[batch, time, features]` to `[batch, num_classes]`. An image
    `[batch, rows, columns, channels]` is read as the sequence
    `[batch, rows, columns * channels]`. Of a sequence whose end is padding, NaN in all features,
    only what comes before is read.

    Args:
        input_shape: (time, features), where time may be None, or (rows, columns, channels).
        num_classes: number of classes, at least 1.
        units: of each of a layer's two directions, n.
        layers: number of layers, each of two LSTMs.
        dropout: fraction of each layer's outputs set to 0 in training, in [0, 1).
        activation: of the cell, a, see `zoo.layers.activations`.
        recurrent_activation: of the gates, s.
        initializer: of each W and the dense kernel, see `zoo.layers.initializers`.
        recurrent_initializer: of each U.
        unit_forget_bias: start b_f at 1, so that the cell keeps its content; else at 0.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, or softmax over a single class.
    """

    def direction(name: str) -> KerasLSTM:
        return KerasLSTM(
            units,
            activation=find_activation(activation),
            recurrent_activation=find_activation(recurrent_activation),
            kernel_initializer=find_initializer(initializer),
            recurrent_initializer=find_initializer(recurrent_initializer),
            unit_forget_bias=unit_forget_bias,
            return_sequences=True,
            name=name,
        )

    inputs = keras.Input(input_shape, name="inputs")
    sequence = inputs
    if len(input_shape) == 3:
        sequence = keras.layers.Reshape((input_shape[0], -1), name="rows")(inputs)
    values: Any = PaddingToZeros(name="padding")(sequence)
    for index in range(1, layers + 1):
        forward = direction(f"forward_{index}")(values)
        from_end = RealStepsReversed(name=f"reversed_{index}")(values, sequence)
        backward = direction(f"backward_{index}")(from_end)
        if index < layers:
            backward = RealStepsReversed(name=f"restored_{index}")(backward, sequence)
        values = keras.layers.Concatenate(name=f"both_{index}")([forward, backward])
        if dropout:
            values = Dropout(dropout, name=f"both_{index}_dropout")(values)
    # The last layer's backward outputs stay reversed: b_1 is at the last real step, as f_L is.
    hidden = LastRealStep(name="last_step")(values, sequence)
    scores = add_scores(hidden, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "bi_lstm")
    return keras.Model(inputs, outputs, name="bi_lstm")
