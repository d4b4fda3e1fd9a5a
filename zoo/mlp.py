"""The multilayer perceptron.

Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
Nature 323, 1986, equations 1 and 2. Dropout, of inputs too, and the bound on each unit's incoming
weights: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
JMLR 15, 2014, section 5.1. Normalization: see `zoo.layers.normalization`. Shortcuts:
Lang & Witbrock, "Learning to tell two spirals apart", 1988.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, BiasInitializer, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, check_normalization, keeps_bias
from zoo.layers.outputs import add_predictions, add_scores


def _hidden_layer(
    values: Any, layer: keras.layers.Dense, activation: str, normalization: str, dropout: float
) -> Any:
    name = layer.name
    # The activation is a layer of its own, so that a normalization can go before it.
    values = add_normalized(values, layer, normalization)
    values = keras.layers.Activation(find_activation(activation), name=f"{name}_activation")(values)
    return Dropout(dropout, name=f"{name}_dropout")(values) if dropout else values


@register_model(
    other_tasks=("regression",),
    paper="Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors",
    default_dataset="digits",
    input_axes=("features...",),
    ranges={
        "hidden_units": "[1, inf)",
        "dropout": "[0, 1)",
        "input_dropout": "[0, 1)",
        "max_norm": "(0, inf)",
    },
)
def mlp(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    hidden_units: tuple[int, ...] = (30,),
    activation: Activation = "sigmoid",
    initializer: Initializer = "glorot",
    bias_initializer: BiasInitializer = "zeros",
    output_initializer: Initializer | None = None,
    normalization: Literal["none", "batch", "weight", "layer"] = "none",
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    max_norm: float | None = None,
    shortcuts: bool = False,
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Layers of weighted sums and nonlinearities on the flattened input.

    Maps `[batch, ...]`, flattened to h_0 = `[batch, features]`, to `[batch, num_classes]`:
    h_k = f(h_(k-1) W_k + b_k) for each hidden layer k, and scores h_K W + b. A layer from m to
    n units has (m + 1) n parameters. A normalization N makes it h_k = f(N(h_(k-1) W_k)) with
    (m + 2) n trainable parameters: its gain and offset, or weight normalization's gain and b_k.

    With shortcuts a layer reads the inputs and all layers before it: h_k = f([h_0, ..., h_(k-1)]
    W_k + b_k), and the scores are [h_0, ..., h_K] W + b.

    With max_norm = c, every update ends with w <- w min(1, c / |w|) for the column w of W_k that is
    a hidden unit's incoming weights.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: number of classes, at least 1.
        hidden_units: units of each hidden layer, from the input on; () leaves a perceptron.
        activation: of the hidden units, f, see `zoo.layers.activations`.
        initializer: of every W, see `zoo.layers.initializers`.
        bias_initializer: of every b.
        output_initializer: of the scores' W, whose b then starts at 0; None for the same as others.
        normalization: of every hidden layer, N, see `zoo.layers.normalization`; not of the scores.
        dropout: fraction of each hidden layer's outputs set to 0 in training, in [0, 1).
        input_dropout: fraction of the inputs set to 0 in training, in [0, 1).
        max_norm: largest norm c of a hidden unit's incoming weights; None for no bound.
        shortcuts: whether every layer is connected to the inputs and to all layers before it.
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single class, or
            weight normalization of weights that start at 0 or have a largest norm.
    """
    check_normalization("mlp", normalization, initializer, max_norm=max_norm)
    inputs = keras.Input(input_shape, name="inputs")
    values = keras.layers.Flatten(name="flatten")(inputs)
    if input_dropout:
        values = Dropout(input_dropout, name="input_dropout")(values)
    earlier = [values]
    for index, units in enumerate(hidden_units, start=1):
        layer = keras.layers.Dense(
            units,
            use_bias=keeps_bias(normalization),
            kernel_initializer=find_initializer(initializer),
            bias_initializer=find_initializer(bias_initializer),
            kernel_constraint=keras.constraints.MaxNorm(max_norm, axis=0) if max_norm else None,
            name=f"hidden_{index}",
        )
        values = _hidden_layer(values, layer, activation, normalization, dropout)
        if shortcuts:
            earlier.append(values)
            values = keras.layers.Concatenate(name=f"shortcuts_{index}")(earlier)
    if output_initializer is not None:
        initializer, bias_initializer = output_initializer, "zeros"
    scores = add_scores(values, num_classes, initializer, bias_initializer=bias_initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "mlp")
    return keras.Model(inputs, outputs, name="mlp")
