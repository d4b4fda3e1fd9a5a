"""Long short-term memory, as a predictor of the next symbol and as a classifier.

Sources: Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997;
the forget gate f: Gers, Schmidhuber & Cummins, "Learning to Forget", Neural Computation 12(10),
2000; its bias of 1: Jozefowicz, Zaremba & Sutskever, ICML 2015; dropout between layers only:
Zaremba, Sutskever & Vinyals, arXiv:1409.2329, 2014.

One layer of n units reads x_t, `[batch, features]`, and carries the output h and the cell c,
both `[batch, n]` and 0 at the start:

    i_t = s(x_t W_i + h_(t-1) U_i + b_i)        input gate
    f_t = s(x_t W_f + h_(t-1) U_f + b_f)        forget gate
    g_t = a(x_t W_g + h_(t-1) U_g + b_g)        candidate
    o_t = s(x_t W_o + h_(t-1) U_o + b_o)        output gate
    c_t = f_t * c_(t-1) + i_t * g_t
    h_t = o_t * a(c_t)

with a the `activation` and s the `recurrent_activation`. Keras keeps the four blocks side by
side in the order i, f, g, o: the kernel W `[features, 4 n]`, the recurrent kernel U `[n, 4 n]`
and the bias b `[4 n]`, together 4 n (features + n + 1) parameters.

Normalization: "layer" puts `zoo.layers.layer_normalized_lstm`'s cell, with (4 + 4 + 2) n parameters
more, in the place of each layer's; "weight" gives W and U a length and a direction for each of
their 4 n columns, see `zoo.layers.weight_normalization`, with 8 n parameters more.

| registered as | reads | gives |
| --- | --- | --- |
| lstm | symbols `[batch, time]` | scores of the next symbol `[batch, time, num_classes]` |
| lstm_classifier | `[batch, time, features]` or an image by rows | scores `[batch, num_classes]` |
"""

from dataclasses import dataclass
from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.initializers import find_initializer
from zoo.layers.layer_normalized_lstm import LayerNormalizedLSTMCell
from zoo.layers.normalization import check_normalization
from zoo.layers.outputs import add_predictions, add_scores
from zoo.layers.weight_normalization import WeightNormalization


@dataclass(frozen=True)
class _Stack:
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
        for index in range(1, self.layers + 1):
            layer = self._layer(every_step or index < self.layers, f"lstm_{index}")
            sequence = layer(sequence)
            if self.dropout:
                sequence = keras.layers.Dropout(self.dropout, name=f"lstm_{index}_dropout")(
                    sequence
                )
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
        layer = keras.layers.LSTM(
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


@register_model(
    task="next_symbol",
    paper="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000",
    default_dataset="reber",
    input_axes=("time",),
    ranges={
        "units": "[1, inf)",
        "layers": "[1, inf)",
        "embedding_dim": "[1, inf)",
        "dropout": "[0, 1)",
    },
)
def lstm(
    input_shape: tuple[int | None],
    num_classes: int,
    *,
    units: int = 32,
    layers: int = 1,
    embedding_dim: int = 16,
    dropout: float = 0.0,
    activation: Activation = "tanh",
    recurrent_activation: Activation = "sigmoid",
    initializer: Initializer = "glorot",
    recurrent_initializer: Initializer = "orthogonal",
    unit_forget_bias: bool = True,
    normalization: Literal["none", "weight", "layer"] = "none",
    output_activation: Literal["linear", "softmax"] = "linear",
) -> keras.Model:
    """Predicts the next symbol at every step of a sequence.

    Maps symbols `[batch, time]` of type int32, from 0 to num_classes - 1, to scores
    `[batch, time, num_classes]`: an embedding `[batch, time, embedding_dim]`, the LSTM layers
    `[batch, time, units]` and one dense map for every step. No step is masked: leave padding
    out of the loss. The scores at time t depend on symbols up to t only.

    Args:
        input_shape: (time,), or (None,) for any length.
        num_classes: number of symbols, at least 1.
        units: of each layer, n.
        layers: number of LSTM layers.
        embedding_dim: numbers that stand for a symbol.
        dropout: fraction of each layer's outputs set to 0 in training, in [0, 1).
        activation: of the cell, a, see `zoo.layers.activations`.
        recurrent_activation: of the gates, s.
        initializer: of the embedding, each W and the dense kernel, see `zoo.layers.initializers`.
        recurrent_initializer: of each U.
        unit_forget_bias: start b_f at 1, so that the cell keeps its content; else at 0.
        normalization: of every LSTM layer; the scores have none.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single symbol, or
            weight normalization of weights that start at 0.
    """
    check_normalization("lstm", normalization, initializer, recurrent_initializer)
    stack = _Stack(
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
    symbols = keras.Input(input_shape, dtype="int32", name="symbols")
    embedded = keras.layers.Embedding(
        num_classes,
        embedding_dim,
        embeddings_initializer=find_initializer(initializer),
        name="embedding",
    )(symbols)
    hidden = stack(embedded, every_step=True)
    scores = add_scores(hidden, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "lstm")
    return keras.Model(symbols, outputs, name="lstm")


@register_model(
    paper="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000",
    default_dataset="digits",
    input_axes=("time features", "rows columns channels"),
    ranges={"units": "[1, inf)", "layers": "[1, inf)", "dropout": "[0, 1)"},
)
def lstm_classifier(
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
    normalization: Literal["none", "weight", "layer"] = "none",
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Classifies a sequence, or an image read row by row, by the last output.

    Maps `[batch, time, features]` to `[batch, num_classes]`. An image
    `[batch, rows, columns, channels]` is read as the sequence
    `[batch, rows, columns * channels]`. Only the last step's output h reaches the scores.

    Args:
        input_shape: (time, features), where time may be None, or (rows, columns, channels).
        num_classes: number of classes, at least 1.
        units: of each layer, n.
        layers: number of LSTM layers.
        dropout: fraction of each layer's outputs set to 0 in training, in [0, 1).
        activation: of the cell, a, see `zoo.layers.activations`.
        recurrent_activation: of the gates, s.
        initializer: of each W and the dense kernel, see `zoo.layers.initializers`.
        recurrent_initializer: of each U.
        unit_forget_bias: start b_f at 1, so that the cell keeps its content; else at 0.
        normalization: of every LSTM layer; the scores have none.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single class, or
            weight normalization of weights that start at 0.
    """
    check_normalization("lstm_classifier", normalization, initializer, recurrent_initializer)
    stack = _Stack(
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
    sequence = inputs
    if len(input_shape) == 3:
        sequence = keras.layers.Reshape((input_shape[0], -1), name="rows")(inputs)
    hidden = stack(sequence, every_step=False)
    scores = add_scores(hidden, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "lstm_classifier")
    return keras.Model(inputs, outputs, name="lstm_classifier")
