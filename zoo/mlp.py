"""The multilayer perceptron.

Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
Nature 323, 1986, equations 1 and 2. Dropout: Srivastava et al., JMLR 15, 2014. Normalization:
see `zoo.layers.normalization`.
"""

from typing import Any, Literal

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Activation, Initializer
from zoo.layers.activations import find_activation
from zoo.layers.dropout import Dropout
from zoo.layers.initializers import find_initializer
from zoo.layers.normalization import add_normalized, check_normalization, keeps_bias
from zoo.layers.outputs import add_predictions, add_scores


def _hidden_layer(
    values: Any,
    units: int,
    activation: str,
    initializer: str,
    normalization: str,
    dropout: float,
    name: str,
) -> Any:
    layer = keras.layers.Dense(
        units,
        use_bias=keeps_bias(normalization),
        kernel_initializer=find_initializer(initializer),
        name=name,
    )
    # The activation is a layer of its own, so that a normalization can go before it.
    values = add_normalized(values, layer, normalization)
    values = keras.layers.Activation(find_activation(activation), name=f"{name}_activation")(values)
    return Dropout(dropout, name=f"{name}_dropout")(values) if dropout else values


@register_model(
    other_tasks=("regression",),
    paper="Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors",
    default_dataset="digits",
    input_axes=("features...",),
    ranges={"hidden_units": "[1, inf)", "dropout": "[0, 1)"},
)
def mlp(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    hidden_units: tuple[int, ...] = (30,),
    activation: Activation = "sigmoid",
    initializer: Initializer = "glorot",
    normalization: Literal["none", "batch", "weight", "layer"] = "none",
    dropout: float = 0.0,
    output_activation: Literal["linear", "softmax", "sigmoid"] = "linear",
) -> keras.Model:
    """Layers of weighted sums and nonlinearities on the flattened input.

    Maps `[batch, ...]`, flattened to h_0 = `[batch, features]`, to `[batch, num_classes]`:
    h_k = f(h_(k-1) W_k + b_k) for each hidden layer k, and scores h_K W + b. A layer from m to
    n units has (m + 1) n parameters. A normalization N makes it h_k = f(N(h_(k-1) W_k)) with
    (m + 2) n trainable parameters: its gain and offset, or weight normalization's gain and b_k.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: number of classes, at least 1.
        hidden_units: units of each hidden layer, from the input on; () leaves a perceptron.
        activation: of the hidden units, f, see `zoo.layers.activations`.
        initializer: of every W, see `zoo.layers.initializers`; biases start at 0.
        normalization: of every hidden layer, N, see `zoo.layers.normalization`; not of the scores.
        dropout: fraction of each hidden layer's outputs set to 0 in training, in [0, 1).
        output_activation: of the scores; "linear" gives raw scores.

    Raises:
        ModelOptionError: an unknown activation or initializer, softmax over a single class, or
            weight normalization of weights that start at 0.
    """
    check_normalization("mlp", normalization, initializer)
    inputs = keras.Input(input_shape, name="inputs")
    values = keras.layers.Flatten(name="flatten")(inputs)
    for index, units in enumerate(hidden_units, start=1):
        values = _hidden_layer(
            values, units, activation, initializer, normalization, dropout, f"hidden_{index}"
        )
    scores = add_scores(values, num_classes, initializer)
    outputs = add_predictions(scores, output_activation, num_classes, "mlp")
    return keras.Model(inputs, outputs, name="mlp")
