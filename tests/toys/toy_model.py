"""A toy: one dense layer."""

import keras

from zoo.catalogue.registry import register_model


@register_model(paper="none", default_dataset="toy_data", ranges={"units": "[1, inf)"})
def toy_model(input_shape: tuple[int, ...], num_classes: int, *, units: int = 4) -> keras.Model:
    """One hidden layer on flattened inputs.

    Args:
        units: of the hidden layer.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dense(num_classes, dtype="float32"),
        ]
    )


@register_model(task="toy", paper="none", default_dataset="toy_data")
def toy_shrinker(input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """One layer, for the toy problem."""
    layers = keras.layers
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(num_classes)])
