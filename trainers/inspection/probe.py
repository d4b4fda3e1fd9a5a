"""Look inside a model on a fixed batch: weights, gradients and activations by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainers.distribution import replicas
from trainers.engine.batch import Batch
from trainers.engine.compiling import as_raised, compiled
from trainers.engine.step import Step


class Probe:
    """Look inside the model on a fixed batch, without changing anything.

    The same training examples are used at every logging point, without dropout and with the
    moving statistics of batch normalization, so that curves over time are comparable and logging
    more or less often leaves the trained weights as they are.
    """

    def __init__(self, step: Step, batch: Batch) -> None:
        # As tensors: arrays would become constants of the graphs.
        self._step, self._batch = step, tf.nest.map_structure(tf.convert_to_tensor, batch)
        self._norm = compiled(lambda: tf.linalg.global_norm(self._gradients()), "graph")

    def _gradients(self) -> list[tf.Tensor]:
        return list(replicas.run(self._step.probe, self._batch))

    def gradient_norm(self) -> float:
        """Return the gradient's norm alone, without a look at what every layer gives."""
        with as_raised():
            return float(self._norm())

    def histograms(self) -> tuple[dict[str, np.ndarray], float]:
        """Return values by name for weights, gradients and activations, and the gradient's norm."""
        found: dict[str, np.ndarray] = {}
        variables = self._step.inspected.trainable_variables
        with as_raised():
            gradients, activations, norm = self._values()
        for variable, gradient in zip(variables, gradients, strict=True):
            found[f"weights/{variable.path}"] = np.asarray(variable.numpy())
            found[f"gradients/{variable.path}"] = np.asarray(gradient)
        for name, values in activations.items():
            found[f"activations/{name}"] = np.asarray(values)
        return found, float(norm)

    @functools.cached_property
    def _values(self) -> Callable[[], tuple[list[tf.Tensor], dict[str, tf.Tensor], tf.Tensor]]:
        model, inputs = self._step.inspected, self._step.probe_inputs(self._batch)
        inside = keras.Model(model_inputs(model), layer_outputs(model))

        def values() -> tuple[list[tf.Tensor], dict[str, tf.Tensor], tf.Tensor]:
            gradients = self._gradients()
            # A recurrent layer gives its final state beside its outputs, a nested model may give
            # several.
            activations = {
                name: tf.cast(tf.nest.flatten(outputs)[0], tf.float32)
                for name, outputs in inside(inputs, training=False).items()
            }
            return gradients, activations, tf.linalg.global_norm(gradients)

        # One graph, in which TensorFlow finds that both need the same forward pass.
        return compiled(values, "graph")


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
            inside = keras.Model(model_inputs(layer), layer_outputs(layer))
            outputs = inside(keras.Operation.input.fget(layer))
            found |= {f"{layer.name}/{name}": values for name, values in outputs.items()}
    return found


def model_inputs(model: keras.Model) -> Any:
    """Return symbolic inputs in the form that the model is called with."""
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input
