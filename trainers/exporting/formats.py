"""The formats that a model is exported to; read without importing what makes them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import configs

EXTRA = "pip install 'keras-fundamentals-zoo[export]'"


@dataclass(frozen=True)
class Format:
    """One row.

    Args:
        name: of the file or folder that is written by default, in the run's folder.
        packages: what it needs beside TensorFlow, as they are imported.
        module: has `write(servable, path, examples)` and `read(path, servable)`.
        text: whether it holds the way from text to symbols; else symbols go in.
        quantizes: whether it can be written in 8-bit numbers.
        any_name: whether its inputs have the model's own names, whatever characters are in them.
        next: a command that opens it, with `{path}`.
    """

    name: str
    packages: tuple[str, ...] = ()
    module: str = ""
    text: bool = True
    quantizes: bool = False
    any_name: bool = False
    next: str = ""


FORMATS = {
    "keras": Format(
        "model.keras",
        module="trainers.exporting.keras_file",
        any_name=True,
        next="import zoo, keras; keras.saving.load_model({path})",
    ),
    "saved_model": Format(
        "saved_model",
        module="trainers.exporting.saved_model",
        next="import tensorflow as tf; tf.saved_model.load({path}).signatures",
    ),
    "onnx": Format(
        "model.onnx",
        ("onnx", "onnxruntime", "tf2onnx"),
        "trainers.exporting.onnx_file",
        text=False,
        quantizes=True,
        any_name=True,
        next="import onnxruntime; onnxruntime.InferenceSession({path})",
    ),
    "litert": Format(
        "model.tflite",
        ("ai_edge_litert",),
        "trainers.exporting.litert",
        text=False,
        quantizes=True,
        next="from ai_edge_litert.interpreter import Interpreter; Interpreter({path})",
    ),
}


def find(name: str, quantize: str | None = None) -> Format:
    """Return the row called `name`.

    Raises:
        ConfigError: there is none, a package that it needs is missing, or it cannot be quantized.
    """
    if name not in FORMATS:
        raise configs.ConfigError(f"unknown format {name!r}{configs.instead(name, FORMATS)}")
    row = FORMATS[name]
    missing = [each for each in row.packages if importlib.util.find_spec(each) is None]
    if missing:
        raise configs.ConfigError(
            f"format {name!r} needs {', '.join(missing).replace('_', '-')}, not installed here; "
            f"{EXTRA}, or choose --format keras or saved_model"
        )
    if quantize not in (None, "int8"):
        raise configs.ConfigError(
            f"unknown quantization {quantize!r}{configs.instead(quantize, ['int8'])}"
        )
    if quantize and not row.quantizes:
        able = ", ".join(key for key, each in FORMATS.items() if each.quantizes)
        raise configs.ConfigError(
            f"format {name!r} is not quantized here; leave --quantize out, or use --format {able}"
        )
    return row
