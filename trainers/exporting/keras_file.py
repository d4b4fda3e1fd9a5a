"""Keras's own format: the run's file, wherever it is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import zoo
from trainers.exporting.servable import Servable, servable


def write(what: Servable, path: Path, examples: Any = None) -> None:
    """Save the model."""
    what.model.save(path, overwrite=True)


def read(path: Path, what: Servable) -> Any:
    """Return the file's answers, by name, as a function of inputs by their names."""
    model = zoo.load_model(path)
    again = servable(model)

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors = [tf.constant(inputs[again.names[each.name]]) for each in model.inputs]
        return {name: np.asarray(value) for name, value in again.call(*tensors).items()}

    return run
