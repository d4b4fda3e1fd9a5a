"""Import TensorFlow without its chatter: import this module before any that imports it."""

from __future__ import annotations

import importlib
import sys

from zoo.catalogue import chatter

if "tensorflow" not in sys.modules:
    with chatter.dropped():
        importlib.import_module("tensorflow")

import tensorflow as tf

__all__ = ["tf"]
