"""A model of the user's own, which was built in Python, as the loop trains it."""

from __future__ import annotations

import re

import keras

import configs
import datasets
import zoo
from zoo.errors import reason_of

_FUNCTIONAL = "_zoo_functional"
_OWN_CLASSES = ("keras.", "zoo.")


def output_activation(model: keras.Model) -> str:
    """Return what a model's outputs are: "softmax" or "sigmoid", else scores, which are "linear".

    Of a subclassed model nobody can say; its outputs are taken for scores.
    """
    outputs = getattr(model, "outputs", None) or []
    layer = outputs[0]._keras_history.operation if outputs else None
    if isinstance(layer, keras.Model) and layer is not model:
        return output_activation(layer)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    activation = getattr(layer, "activation", None)
    for name in ("softmax", "sigmoid"):
        if activation is getattr(keras.activations, name):
            return name
    return "linear"


def precision_of(model: keras.Model) -> str:
    """Return the arithmetic that a model's layers were built for.

    Raises:
        ConfigError: weights that are neither float32 nor all float64.
    """
    kinds = {str(keras.backend.standardize_dtype(v.dtype)) for v in model.trainable_variables}
    if kinds == {"float64"}:
        return "float64"
    if kinds - {"float32"}:
        raise configs.ConfigError(
            f"the model's weights are {', '.join(sorted(kinds))}, and float32 is what is trained; "
            'build it after keras.config.set_floatx("float32")'
        )
    computed = {layer.compute_dtype for layer in model._flatten_layers()}
    return next(
        (f"mixed_{name}" for name in ("float16", "bfloat16") if name in computed), "float32"
    )


def usable_model(model: keras.Model, dataset: datasets.Dataset) -> keras.Model:
    """Return a model with one input and one output, of the very weights of the user's model.

    Its layers of the user's own become known to Keras by their names, as Keras's decorator
    `register_keras_serializable` does, so that what the run saves can be loaded again here.

    Args:
        model: functional, sequential or subclassed, built or not.
        dataset: what it is to learn.

    Raises:
        ConfigError: it does not take the data's inputs, does not give an output for each class
            or target, or has losses of its own.
    """
    wanted = (None, *dataset.input_shape)
    dtype = str(dataset.splits["train"].inputs.dtype)
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) > 1:
        raise configs.ConfigError(
            f"the model has {len(inputs)} inputs, and a run gives it one; join them into one array"
        )
    known = getattr(model, _FUNCTIONAL, None)
    if known is not None and tuple(known.inputs[0].shape) == wanted:
        return known
    try:
        entry = keras.Input(dataset.input_shape, dtype=dtype)
        outputs = model(entry)
    except Exception as error:  # whatever a user's layer says of a wrong shape
        raise configs.ConfigError(
            f"the model does not take inputs of shape {wanted}, {dtype}, which {dataset.name!r} "
            f"has ({type(error).__name__}: {_plain(error)}); build it for them"
        ) from error
    if not isinstance(outputs, keras.KerasTensor):
        raise configs.ConfigError(
            f"the model gives {type(outputs).__name__}, and a run learns one array of outputs"
        )
    if outputs.shape[-1] != dataset.num_classes:
        what = "class" if dataset.task != "regression" else "target"
        raise configs.ConfigError(
            f"the model gives {outputs.shape[-1]} numbers for an example, and {dataset.name!r} has "
            f"{dataset.num_classes} of a {what}; give its last layer {dataset.num_classes} units"
        )
    # Its own graph where it has one, so that histograms see its layers.
    fits = bool(inputs) and tuple(inputs[0].shape) == wanted and inputs[0].dtype == dtype
    functional = model if fits else keras.Model(entry, outputs, name=f"{model.name}_on_data")
    _require_trainable(functional)
    for layer in functional._flatten_layers():
        _register(type(layer))
    try:
        keras.saving.serialize_keras_object(functional)
    except Exception as error:  # whatever a user's class says
        raise configs.ConfigError(
            f"the model cannot be saved ({type(error).__name__}: {_plain(error)}); give "
            "its class a get_config that returns the arguments of its __init__"
        ) from error
    zoo.mark_variables(functional)
    if functional is not model:
        # Another call would be another node of its graph. Past Keras, which would take it for a
        # layer of the model.
        object.__setattr__(model, _FUNCTIONAL, functional)
    return functional


def _plain(error: Exception) -> str:
    """Return what an error says, without the colours that Keras puts in."""
    return re.sub("\x1b\\[[0-9;]*m", "", reason_of(error, 200))


def _require_trainable(model: keras.Model) -> None:
    if not model.trainable_variables:
        raise configs.ConfigError("the model has no weights that could be trained")
    if model.losses:
        raise configs.ConfigError(
            "the model has losses of its own (a regularizer or add_loss), which a run does not "
            "add; leave them out, and give l2=... or weight_decay=..."
        )
    first = [
        layer.name
        for layer in model._flatten_layers()
        if getattr(layer, "data_format", None) == "channels_first"
    ]
    if first:
        raise configs.ConfigError(
            f"layer {first[0]!r} wants an image's channels first, and data have them last; build "
            'it after keras.config.set_image_data_format("channels_last")'
        )


def _register(layer_class: type) -> None:
    unknown = keras.saving.get_registered_name(layer_class) == layer_class.__name__
    if unknown and not layer_class.__module__.startswith(_OWN_CLASSES):
        keras.saving.register_keras_serializable()(layer_class)
