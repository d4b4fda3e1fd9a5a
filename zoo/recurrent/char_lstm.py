"""A character language model: an LSTM that carries its state through a long text.

Sources: Graves, "Generating Sequences With Recurrent Neural Networks", arXiv:1308.0850, 2013,
section 3; dropout on the way up and never in time: Zaremba, Sutskever & Vinyals, "Recurrent Neural
Network Regularization", arXiv:1409.2329, 2014, section 3.1.
"""

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Initializer
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.outputs import add_scores, full_precision
from zoo.layers.recurrent.fused_lstm import FusedLSTM


@register_model(
    task="next_character",
    paper="Graves 2013, Generating Sequences With Recurrent Neural Networks; Zaremba et al. 2014",
    default_dataset="stdlib_source",
    input_axes=("time",),
    ranges={
        "units": "[1, inf)",
        "layers": "[1, inf)",
        "embedding_dim": "[1, inf)",
        "dropout": "[0, 1)",
    },
)
def char_lstm(
    input_shape: tuple[int | None],
    num_classes: int,
    *,
    units: int = 512,
    layers: int = 1,
    embedding_dim: int = 64,
    dropout: float = 0.4,
    initializer: Initializer = "glorot",
    recurrent_initializer: Initializer = "orthogonal",
    unit_forget_bias: bool = True,
) -> keras.Model:
    """Predicts the next character at every step of a text, from a state given and returned.

    Maps {"symbols": `[batch, time]` of type int32, from 0 to num_classes - 1, "state":
    `[batch, layers, 2, units]`} to {"scores": `[batch, time, num_classes]`, "state": as it came
    in}: an embedding `[batch, time, embedding_dim]`, the LSTM layers `[batch, time, units]` of
    `zoo.layers.recurrent.fused_lstm` and one dense map for every step. `state[:, k, 0]` is the
    output h of layer k and `state[:, k, 1]` its cell c; zeros stand for the start of a text, and
    the state that comes out, given back with the characters that follow, goes on as if the text
    had been read in one piece. The scores at time t depend on the state and the symbols up to t
    only.

    It has num_classes embedding_dim + sum_k 4 units (m_k + units + 1) + (units + 1) num_classes
    parameters, with m_1 = embedding_dim and m_k = units above.

    Args:
        input_shape: (time,), or (None,) for any length.
        num_classes: number of symbols, at least 1.
        units: of each layer.
        layers: number of LSTM layers.
        embedding_dim: numbers that stand for a symbol.
        dropout: fraction of each layer's outputs set to 0 in training on their way up, in [0, 1);
            the state is never dropped.
        initializer: of the embedding, each kernel and the dense map, see `zoo.layers.initializers`.
        recurrent_initializer: of each recurrent kernel.
        unit_forget_bias: start the forget gate's bias at 1, so that the cell keeps its content.

    Raises:
        ModelOptionError: an unknown initializer.
    """
    symbols = keras.Input(input_shape, dtype="int32", name="symbols")
    state = keras.Input((layers, 2, units), dtype=full_precision(), name="state")
    sequence = keras.layers.Embedding(
        num_classes,
        embedding_dim,
        embeddings_initializer=find_initializer(initializer),
        name="embedding",
    )(symbols)
    last = []
    for index in range(layers):
        sequence, pair = FusedLSTM(
            units,
            initializer=initializer,
            recurrent_initializer=recurrent_initializer,
            unit_forget_bias=unit_forget_bias,
            name=f"lstm_{index + 1}",
        )(sequence, state=(state[:, index, 0], state[:, index, 1]))
        last.append(keras.ops.stack(pair, axis=1))
        if dropout:
            name = f"lstm_{index + 1}_dropout"
            sequence = Dropout(dropout, name=name)(sequence)
    outputs = {
        "scores": add_scores(sequence, num_classes, initializer),
        "state": keras.ops.stack(last, axis=1),
    }
    return keras.Model({"symbols": symbols, "state": state}, outputs, name="char_lstm")
