"""Long short-term memory, as a predictor of the next symbol.

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

Normalization: "layer" puts `zoo.layers.recurrent.layer_normalized_lstm`'s cell, with (4 + 4 + 2) n
parameters more, in the place of each layer's; "weight" gives W and U a length and a direction for
each of their 4 n columns, see `zoo.layers.weight_normalization`, with 8 n parameters more.

The same layers classify sequences in `zoo.recurrent.lstm_classifier` and predict numbers from them
in `zoo.recurrent.lstm_regressor`.
"""

from typing import Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.initializers import find_initializer
from zoo.layers.one_hot import OneHot
from zoo.layers.outputs import add_predictions
from zoo.layers.recurrent.block_options import BlockOptions
from zoo.layers.recurrent.lstm_stack import LSTMStack


@register_model(
    task="next_symbol",
    paper="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000",
    default_dataset="reber",
    input_axes=("time",),
    causal=True,
    ranges={
        "units": "[1, inf)",
        "layers": "[1, inf)",
        "embedding_dim": "[1, inf)",
        "dropout": "[0, 1)",
        "cells_per_block": "[1, inf)",
        "initial_range": "[0, inf)",
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
    cell: Literal["lstm", "memory_blocks"] = "lstm",
    cells_per_block: int = 1,
    biases: Literal["all", "gates"] = "all",
    truncated: bool = True,
    initial_range: float = 0.0,
    input_gate_biases: tuple[float, ...] | None = None,
    output_gate_biases: tuple[float, ...] | None = None,
    coding: Literal["embedding", "one_hot"] = "embedding",
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
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
        coding: what the first layer reads of a symbol: its embedding, or a 1 in its own place among
            num_classes zeros, the local coding of 1997; then `embedding_dim` has no effect.
        output_activation: of the scores; "linear" gives raw scores, "sigmoid" one answer for each
            symbol by itself.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single symbol, weight
            normalization of weights that start at 0, or options that do not fit the cell.
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
    stack.check("lstm")
    symbols = keras.Input(input_shape, dtype="int32", name="symbols")
    if coding == "one_hot":
        coded = OneHot(num_classes, name="one_hot")(symbols)
    else:
        coded = keras.layers.Embedding(
            num_classes,
            embedding_dim,
            embeddings_initializer=find_initializer(initializer),
            name="embedding",
        )(symbols)
    hidden = stack(coded, every_step=True)
    scores = stack.add_scores(hidden, num_classes)
    outputs = add_predictions(scores, output_activation, num_classes, "lstm")
    return keras.Model(symbols, outputs, name="lstm")
