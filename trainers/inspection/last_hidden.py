"""The last hidden layer: what a model has made of an input just before it answers."""

from __future__ import annotations

from typing import Any

import keras

from trainers.inspection.probe import model_inputs


def with_last_hidden(model: keras.Model) -> keras.Model | None:
    """Return a model that gives `model`'s last hidden values beside its outputs.

    Those are what its last layer with weights reads: of a network without hidden layers, its
    inputs. It shares `model`'s layers, so that it always has the same weights.

    Args:
        model: of one input.

    Returns:
        From an input to (hidden `[batch, ...]`, outputs); None of a model without a graph of
        layers, as one whose class writes down its own call.
    """
    if not getattr(model, "inputs", None) or len(model.inputs) != 1:
        return None
    hidden = _read_by_the_last(model)
    if hidden is None:
        return None
    outputs = model.outputs[0] if isinstance(model, keras.Sequential) else model.output
    return keras.Model(model_inputs(model), (hidden, outputs))


def _read_by_the_last(model: keras.Model) -> Any | None:
    for layer in reversed(model.layers):
        if layer.weights:
            # A nested model's own `input` belongs to its own graph, not to its call in this one.
            read = keras.tree.flatten(keras.Operation.input.fget(layer))
            return read[0] if len(read) == 1 else None
    return None
