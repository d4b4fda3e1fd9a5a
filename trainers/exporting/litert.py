"""LiteRT, formerly TensorFlow Lite: a file for phones and boards, of its own operations alone.

With `quantize="int8"` the weights become 8-bit numbers, and in a feed-forward model of pictures the
activations too, with ranges found on training examples. Elsewhere activations stay float32: over
the steps of a recurrence rounding adds up, and raw measurements of different units share no range
of 256 values. The model's description of itself is `preparation.json` in the file, which is also a
ZIP archive, as LiteRT's metadata have it.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import configs
import zoo
from trainers.exporting import saved_model
from trainers.exporting.portable import is_feed_forward_of_pictures, make_portable
from trainers.exporting.quiet import quiet
from trainers.exporting.servable import Servable


def write(what: Servable, path: Path, examples: Sequence[dict[str, np.ndarray]] = ()) -> None:
    """Convert the graph.

    Args:
        what: its model's recurrent layers are changed, and compute the same.
        path: of the file.
        examples: single training examples, by the signature's names; given where the file is to
            hold 8-bit numbers.

    Raises:
        ConfigError: the model has an operation that LiteRT does not have.
    """
    make_portable(what.model)
    with tempfile.TemporaryDirectory() as folder:
        saved_model.write(what, Path(folder) / "graph")
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "graph"))
        if examples:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if is_feed_forward_of_pictures(what):
                converter.representative_dataset = lambda: iter(examples)
        try:
            with quiet():
                content = converter.convert()
        except Exception as error:  # the converter's, of many kinds
            raise configs.ConfigError(
                f"model {zoo.trained_model(what.model).name!r} cannot be written for LiteRT "
                f"({_first_line(error)}); use --format onnx or saved_model"
            ) from error
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("preparation.json", what.description())


def read(path: Path, what: Servable) -> Any:
    """Return the interpreter's answers, by name, as a function of inputs by their names."""
    from ai_edge_litert.interpreter import Interpreter

    with quiet():
        interpreter = Interpreter(model_path=str(path))
        runner = interpreter.get_signature_runner(saved_model.SIGNATURE)

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        with quiet():
            return {name: np.array(value) for name, value in runner(**inputs).items()}

    return run


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if "error:" in line] or [str(error)]
    return f"{type(error).__name__}: {lines[0].partition('error:')[2][:200] or lines[0][:200]}"
