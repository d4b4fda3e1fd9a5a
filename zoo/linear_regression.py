"""Linear regression: an affine map, y = x W + b.

Source: Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes", 1805,
appendix on least squares. The least-squares fit is what training on the squared error finds.
"""

import keras

from zoo.catalogue.registry import register_model
from zoo.catalogue.words import Initializer
from zoo.layers.outputs import add_scores


@register_model(
    task="regression",
    other_tasks=("classification",),
    paper="Legendre 1805, Nouvelles méthodes pour la détermination des orbites des comètes",
    default_dataset="diabetes",
    input_axes=("features...",),
)
def linear_regression(
    input_shape: tuple[int, ...], num_classes: int, *, initializer: Initializer = "zeros"
) -> keras.Model:
    """An affine map of the inputs.

    Maps `[batch, ...]`, flattened to `[batch, features]`, to `[batch, num_classes]` by
    y = x W + b. It has (features + 1) num_classes parameters.

    Args:
        input_shape: one example's shape; every size known.
        num_classes: number of outputs, at least 1.
        initializer: of W, see `zoo.layers.initializers`; the bias starts at 0.
    """
    inputs = keras.Input(input_shape, name="inputs")
    features = keras.layers.Flatten(name="flatten")(inputs)
    outputs = add_scores(features, num_classes, initializer, "outputs")
    return keras.Model(inputs, outputs, name="linear_regression")
