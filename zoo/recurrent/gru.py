"""The gated recurrent unit, as a predictor of the next symbol.

Sources: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
Machine Translation", EMNLP 2014, section 2.3; the reset gate behind the product, which one matrix
product per step suffices for: Keras, and cuDNN's form of it.

One layer of n units reads x_t, `[batch, features]`, and carries the output h, `[batch, n]` and 0
at the start:

    z_t = s(x_t W_z + b_z + h_(t-1) U_z + d_z)              update gate
    r_t = s(x_t W_r + b_r + h_(t-1) U_r + d_r)              reset gate
    g_t = a(x_t W_g + b_g + r_t * (h_(t-1) U_g + d_g))      candidate
    h_t = z_t * h_(t-1) + (1 - z_t) * g_t

with a the `activation` and s the `recurrent_activation`. With `reset_after` false it is the paper's
equation 8, in which the reset gate comes before the product, and there is no d:

    g_t = a(x_t W_g + b_g + (r_t * h_(t-1)) U_g)

Keras keeps the three blocks side by side in the order z, r, g: the kernel W `[features, 3 n]`, the
recurrent kernel U `[n, 3 n]` and the biases b and d `[2, 3 n]`, or b alone `[3 n]`: together
3 n (features + n + 2) parameters, or 3 n (features + n + 1). Where an LSTM has a cell to keep, a
GRU has its output: what the update gate holds is also what others see.
"""

from typing import Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.outputs import add_predictions, add_scores


@register_model(
    task="next_symbol",
    paper="Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder",
    default_dataset="reber",
    input_axes=("time",),
    causal=True,
    ranges={
        "units": "[1, inf)",
        "layers": "[1, inf)",
        "embedding_dim": "[1, inf)",
        "dropout": "[0, 1)",
    },
)
def gru(
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
    reset_after: bool = True,
    output_activation: Literal["linear", "softmax"] = "linear",
) -> keras.Model:
    """Predicts the next symbol at every step of a sequence, by gates without a cell.

    Maps symbols `[batch, time]` of type int32, from 0 to num_classes - 1, to scores
    `[batch, time, num_classes]`: an embedding `[batch, time, embedding_dim]`, the GRU layers
    `[batch, time, units]` and one dense map for every step. No step is masked: leave padding
    out of the loss. The scores at time t depend on symbols up to t only.

    Args:
        input_shape: (time,), or (None,) for any length.
        num_classes: number of symbols, at least 1.
        units: of each layer, n.
        layers: number of GRU layers.
        embedding_dim: numbers that stand for a symbol.
        dropout: fraction of each layer's outputs set to 0 in training, in [0, 1).
        activation: of the candidate, a, see `zoo.layers.activations`.
        recurrent_activation: of the gates, s.
        initializer: of the embedding, each W and the dense kernel, see `zoo.layers.initializers`.
        recurrent_initializer: of each U.
        reset_after: apply the reset gate behind the product with U; else before, as the paper does.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, or softmax over a single symbol.
    """
    symbols = keras.Input(input_shape, dtype="int32", name="symbols")
    sequence = keras.layers.Embedding(
        num_classes,
        embedding_dim,
        embeddings_initializer=find_initializer(initializer),
        name="embedding",
    )(symbols)
    for index in range(1, layers + 1):
        sequence = keras.layers.GRU(
            units,
            activation=find_activation(activation),
            recurrent_activation=find_activation(recurrent_activation),
            kernel_initializer=find_initializer(initializer),
            recurrent_initializer=find_initializer(recurrent_initializer),
            reset_after=reset_after,
            return_sequences=True,
            name=f"gru_{index}",
        )(sequence)
        if dropout:
            sequence = Dropout(dropout, name=f"gru_{index}_dropout")(sequence)
    scores = add_scores(sequence, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "gru")
    return keras.Model(symbols, outputs, name="gru")
