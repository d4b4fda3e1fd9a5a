"""TensorFlow's SavedModel: a folder with a graph, which TensorFlow Serving runs without Python.

Its signature "serving_default" takes raw inputs. A model of text has a second one, "symbols", which
takes numbers of symbols and, where the model carries one, a state, and returns the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from trainers.exporting.quiet import quiet
from trainers.exporting.servable import Servable, servable

SIGNATURE = "serving_default"


def write(what: Servable, path: Path, examples: Any = None) -> None:
    """Save the graph and its variables, and beside them what the model says of itself."""
    signatures = {SIGNATURE: what.function().get_concrete_function()}
    if what.preparation["inputs"].get("kind") == "symbols" and not what.symbols:
        inside = servable(what.model, text=False)
        signatures["symbols"] = inside.function().get_concrete_function()
    holder = tf.Module()
    holder.held = [variable.value for variable in what.model.variables]
    with quiet():
        tf.saved_model.save(holder, str(path), signatures=signatures)
    extra = path / "assets.extra"
    extra.mkdir()
    (extra / "preparation.json").write_text(what.description(), encoding="utf-8")


def read(path: Path, what: Servable) -> Any:
    """Return the signature's answers, by name, as a function of inputs by their names."""
    with quiet():
        loaded = tf.saved_model.load(str(path))

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        # By way of what was loaded: a signature alone does not keep its variables.
        signature = loaded.signatures[SIGNATURE]
        answers = signature(**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: np.asarray(value) for name, value in answers.items()}

    return run
