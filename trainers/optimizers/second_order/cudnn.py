"""Recurrent layers without cuDNN, whose kernels cannot be differentiated twice.

TensorFlow has a gradient for cuDNN's recurrence and none for that gradient (tensorflow#37091);
Keras's own loop over the steps has all of them, and computes the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def without_cudnn(model: keras.Model) -> Iterator[None]:
    """Keep a model's layers off cuDNN meanwhile; a compiled function stays as it was traced."""
    # Also inside wrappers and nested models.
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "use_cudnn")]
    before = [layer.use_cudnn for layer in layers]
    try:
        for layer in layers:
            layer.use_cudnn = False
        yield
    finally:
        for layer, value in zip(layers, before, strict=True):
            layer.use_cudnn = value
