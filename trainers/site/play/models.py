"""Trained weights, and what else a page reads, as scripts that hand them over.

A page that is opened from a file may fetch nothing, so that numbers come as text in a script.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.weights.arrays import read_arrays
from zoo.weights.cards import WeightsCard, weights_card

if TYPE_CHECKING:
    import numpy as np

MODELS = (
    "perceptron:mnist",
    "mlp:mnist",
    "cnn:mnist",
    "autoencoder:mnist",
    "char_lstm:stdlib_source",
    "policy:cartpole",
)
"""The weights that the pages use."""

_DIGITS = Path(__file__).parent / "mnist_test_digits.png"
_SIDE = 28


def model_script(name: str) -> str:
    """Return the script of a model: its arrays in float32, and of its card what a page tells.

    Args:
        name: one of `MODELS`.

    Raises:
        ModelFileError: the weights or their card are damaged.
    """
    card = weights_card(name)
    # The variance that an autoencoder learns with is drawn from in training alone.
    arrays = {
        path: array
        for path, array in read_arrays(card).items()
        if not path.startswith("log_variance/")
    }
    content = {
        "variables": {path: list(array.shape) for path, array in arrays.items()},
        **_told(card),
        "base64": _base64(b"".join(_little_endian(array) for array in arrays.values())),
    }
    return _stored(name, content)


def digits_script() -> str:
    """Return the script of twenty digits that no model was trained on, two of each class.

    They are the first two of each class in the test split of MNIST, in the order of TensorFlow
    Datasets.
    """
    import numpy as np
    from PIL import Image

    with Image.open(_DIGITS) as picture:
        pixels = np.asarray(picture, np.uint8)
    rows, columns = pixels.shape[0] // _SIDE, pixels.shape[1] // _SIDE
    digits = pixels.reshape(rows, _SIDE, columns, _SIDE).swapaxes(1, 2)
    labels = [label for _ in range(rows) for label in range(columns)]
    return _stored("digits", {"labels": labels, "base64": _base64(digits.tobytes())})


def regression_script() -> str:
    """Return the script of the points of a regression.

    Of 442 patients x, the body-mass index in tens of kg / m^2, and y, the progress of diabetes in a
    year, in hundreds (Efron, Hastie, Johnstone & Tibshirani 2004).
    """
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    index, progress = data.data[:, data.feature_names.index("bmi")], data.target
    points = [[round(x / 10, 4), round(y / 100, 4)] for x, y in zip(index, progress, strict=True)]
    return f"zoo.addRegression({json.dumps(points, separators=(',', ':'))});\n"


def _told(card: WeightsCard) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "parameters": card.parameters,
        "figure": {"name": card.test.name, "value": card.test.value},
    }
    inputs = card.preparation["inputs"]
    if inputs.get("kind") == "symbols":
        told["symbols"] = inputs["symbols"]
    return told


def _little_endian(array: np.ndarray) -> bytes:
    return array.astype("<f4").tobytes()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _stored(name: str, content: Mapping[str, Any]) -> str:
    # JSON in ASCII is JavaScript in any encoding.
    return f"zoo.store({json.dumps(name)}, {json.dumps(content, separators=(',', ':'))});\n"
