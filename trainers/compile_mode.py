"""How the loop is compiled: a rule, not a measurement, so that two runs never differ in it.

The rule comes from measurements (`python -m trainers.bench fit`, 2 CPU cores):
- convolutions on a CPU: XLA's are about 20 times slower inside a loop than TensorFlow's own;
- small steps: XLA wins by removing the dispatch of every operation;
- large matrix products on a CPU: TensorFlow's own use every core, XLA's inside a loop one;
- recurrent layers on a GPU: XLA cannot call cuDNN.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import tensorflow as tf

# Multiply-adds of one forward pass of a batch above which TensorFlow's threaded matrix products
# gain more than XLA's fusion.
_SMALL_STEP = 1_000_000


def choose(mode: str, model: keras.Model, batch_size: int) -> str:
    """Return "xla", "graph" or "eager" for a configured `mode`; only "auto" is a question."""
    if mode != "auto":
        return mode
    recurrent = any(isinstance(layer, keras.layers.RNN) for layer in _layers(model))
    if tf.config.list_physical_devices("GPU"):
        return "graph" if recurrent else "xla"
    if convolutional(model):
        return "graph"
    if recurrent:
        return "xla"
    return "xla" if model.count_params() * batch_size <= _SMALL_STEP else "graph"


def convolutional(model: keras.Model) -> bool:
    """Return whether a model holds convolution or pooling layers."""
    return any(
        word in type(layer).__name__ for layer in _layers(model) for word in ("Conv", "Pool")
    )


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Yield every layer, inside nested models and wrappers too."""
    for layer in model.layers:
        yield layer
        yield from _layers(layer) if hasattr(layer, "layers") else ()
        if hasattr(layer, "layer"):
            yield layer.layer
