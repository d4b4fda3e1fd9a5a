"""A model's gradients in float64 against finite differences, under one loss or several."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import configs
import datasets
import zoo
from trainers.inspection import finite_differences
from trainers.inspection.finite_differences import Comparison
from trainers.objectives.losses import loss_function

# Added to the weights, so that biases are not 0 and no two scores are equal.
_NOISE = 0.1


def compared(
    model: str,
    predicts: str,
    loss_names: list[str],
    *,
    output_activation: str,
    examples: int,
    coordinates: int,
    seed: int,
) -> list[Comparison] | None:
    """Build a model in float64 and compare its gradients; None for a straight-through gradient.

    Args:
        model: a registered name; it is built at its default options.
        predicts: "classes" or "numbers".
        loss_names: the losses to differentiate.
        output_activation: of the model.
        examples: so many random ones, of the shape of its default dataset's.
        coordinates: at most so many of every variable are checked.
        seed: draws weights, examples and coordinates.

    Raises:
        ConfigError: the model has no default dataset to take its shapes from.
    """
    card = zoo.model_card(model)
    if card.default_dataset is None:
        raise configs.ConfigError(f"model {model!r} has no default dataset, so no known shape")
    data = datasets.load(card.default_dataset, scratch=True)
    # The remapper fuses no 64-bit operations, and warns of every one it meets.
    tf.config.optimizer.set_experimental_options({"remapping": False})
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        keras.utils.set_random_seed(seed)
        built = zoo.create_model(model, num_classes=data.num_classes, input_shape=data.input_shape)
        if finite_differences.straight_through(built):
            return None
        random = np.random.default_rng(seed)
        for variable in built.trainable_variables:
            variable.assign(variable + _NOISE * random.normal(size=variable.shape))
        functions = {
            name: loss_function(
                configs.LossConfig(name), predicts, data.num_classes, output_activation
            )
            for name in loss_names
        }
        inputs, targets = _drawn(data, examples, random)
        return finite_differences.compare(
            built, functions, inputs, targets, coordinates=coordinates, seed=seed
        )
    finally:
        keras.config.set_dtype_policy(policy)
        tf.config.optimizer.set_experimental_options({"remapping": True})


def _drawn(
    data: datasets.Dataset, examples: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs and targets: numbers of deviation 1, symbols and classes all as likely."""
    split = data.splits["train"]

    def draw(array: np.ndarray) -> np.ndarray:
        shape = (examples, *array.shape[1:])
        if array.dtype.kind == "f":
            return random.normal(size=shape)
        return random.integers(0, data.num_classes, shape, dtype=array.dtype)

    return draw(split.inputs), draw(split.targets)
