"""Look inside a model on a fixed batch: weights, gradients and activations by name."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.compiling import compiled
from trainers.engine.step import Step


class Probe:
    """Look inside the model on a fixed batch, without changing anything.

    The same training examples are used at every logging point, without dropout and with the
    moving statistics of batch normalization, so that curves over time are comparable and logging
    more or less often leaves the trained weights as they are.
    """

    def __init__(self, step: Step, batch: Batch) -> None:
        self._step, self.batch = step, batch
        model = step.inspected
        self._inside = keras.Model(_inputs(model), layer_outputs(model))
        self._inputs = step.probe_inputs(batch)
        self._gradients = compiled(lambda batch: replicas.run(step.probe, batch), "graph")
        self._activations = compiled(lambda inputs: self._inside(inputs, training=False), "graph")

    def histograms(self) -> tuple[dict[str, np.ndarray], float]:
        """Return values by name for weights, gradients and activations, and the gradient's norm."""
        found: dict[str, np.ndarray] = {}
        variables = self._step.inspected.trainable_variables
        gradients = self._gradients(self.batch)
        for variable, gradient in zip(variables, gradients, strict=True):
            found[f"weights/{variable.path}"] = np.asarray(variable.numpy())
            found[f"gradients/{variable.path}"] = np.asarray(gradient)
        for name, values in self._activations(self._inputs).items():
            # A recurrent layer gives its final state beside its outputs, a nested model may give
            # several.
            first = tf.nest.flatten(values)[0]
            found[f"activations/{name}"] = np.asarray(tf.cast(first, tf.float32))
        return found, float(tf.linalg.global_norm(gradients))


def layer_outputs(model: keras.Model) -> dict[str, Any]:
    """Return the symbolic outputs of every layer by name, "nested/layer" inside nested models."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        # A nested model's own `output` belongs to its own graph, not to its call in this one.
        found[layer.name] = keras.Operation.output.fget(layer)
        # Of a model that a class calls only the outputs are known.
        if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
            inside = keras.Model(_inputs(layer), layer_outputs(layer))
            outputs = inside(keras.Operation.input.fget(layer))
            found |= {f"{layer.name}/{name}": values for name, values in outputs.items()}
    return found


def _inputs(model: keras.Model) -> Any:
    """Return symbolic inputs in the form that the model is called with."""
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input
