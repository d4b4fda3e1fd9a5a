"""Import TensorFlow without its chatter: import this module before any that imports it."""

from __future__ import annotations

import sys

from zoo.process import chatter, keras_settings, quick_import

if "keras" not in sys.modules:
    keras_settings.choose_backend()
if "tensorflow" not in sys.modules:
    with chatter.dropped(), quick_import.quickly():
        keras_settings.import_keras()  # and with it TensorFlow, which would fail without a reason

import tensorflow as tf

keras_settings.settle()

__all__ = ["tf"]
