"""Raw inputs to try an exported model on: a split's examples as they were, or plausible ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

import datasets

Raw = dict[str, np.ndarray]
# Of a plausible text or sequence, and of raw pictures of any size.
_STEPS = 12
_OTHER_SIZE = 1.5


def restored(preparation: dict[str, Any], split: datasets.Split, rows: np.ndarray) -> Raw | None:
    """Return a split's rows as they were before the preparation, by the model's input names.

    A category that training did not know is one again, whatever it was. None where the split does
    not hold the model's inputs, as of an environment, or of a generator, which reads noise.
    """
    inputs = preparation["inputs"]
    kind = inputs.get("kind")
    values = np.asarray(split.inputs[rows])
    if kind is None:
        return None
    if kind == "images":
        pixels = np.rint(values * np.float32(inputs["scale"]))
        return {"image": np.clip(pixels, 0, 255).astype(np.uint8)}
    if kind in ("numbers", "sequences"):
        name = "features" if kind == "numbers" else "sequence"
        return {name: _unstandardized(values, inputs)}
    if kind == "symbols":
        lengths = np.asarray(split.weights[rows]).astype(bool).sum(axis=1)
        symbols = inputs["symbols"]
        strings = [
            "".join(symbols[number] for number in row[: max(length, 1)])
            for row, length in zip(values, lengths, strict=True)
        ]
        return {"text": np.array(strings, object)}
    return _columns(values, inputs["columns"])


def plausible(model: keras.Model, preparation: dict[str, Any], count: int, seed: int = 0) -> Raw:
    """Return drawn raw inputs, by the model's input names: nothing that was measured."""
    random = np.random.default_rng(seed)
    inputs = preparation["inputs"]
    kind = inputs.get("kind")
    if kind == "images":
        shape = inputs["shape"]
        high = int(min(inputs["scale"], 255)) + 1
        return {"image": random.integers(0, high, (count, *shape)).astype(np.uint8)}
    if kind in ("numbers", "sequences"):
        name = "features" if kind == "numbers" else "sequence"
        shape = inputs["shape"] if kind == "numbers" else (_STEPS, inputs["features"])
        values = random.normal(size=(count, *shape)).astype(np.float32)
        return {name: _unstandardized(values, inputs)}
    if kind == "symbols":
        chosen = random.choice(inputs["symbols"], size=(count, _STEPS))
        return {"text": np.array(["".join(row) for row in chosen], object)}
    if kind == "table":
        widths = [_width(column) for column in inputs["columns"]]
        values = random.normal(size=(count, sum(widths))).astype(np.float32)
        return _columns(values, inputs["columns"])
    raw = {}
    for each in model.inputs:
        shape = (count, *(size or _STEPS for size in each.shape[1:]))
        # Numbers of symbols or of classes: the first two are there whatever they stand for.
        whole = np.issubdtype(np.dtype(each.dtype), np.integer)
        drawn = random.integers(0, 2, shape) if whole else random.normal(size=shape)
        raw[each.name] = np.asarray(drawn, each.dtype)
    return raw


def of_another_size(raw: Raw, seed: int = 0) -> Raw:
    """Return one drawn picture of another size and shape than those given."""
    _, rows, columns, channels = raw["image"].shape
    shape = (1, int(rows * _OTHER_SIZE) + 1, columns + 2, channels)
    high = int(raw["image"].max()) + 1
    return {"image": np.random.default_rng(seed).integers(0, high, shape).astype(np.uint8)}


def _unstandardized(values: np.ndarray, inputs: dict[str, Any]) -> np.ndarray:
    shape = inputs["shape"] if inputs["kind"] == "numbers" else [inputs["features"]]
    if inputs.get("deviation") is not None:
        values = values * np.reshape(np.asarray(inputs["deviation"], np.float32), shape)
    if inputs.get("mean") is not None:
        values = values + np.reshape(np.asarray(inputs["mean"], np.float32), shape)
    return values.astype(np.float32)


def _columns(vectors: np.ndarray, columns: list[dict[str, Any]]) -> Raw:
    raw, start = {}, 0
    for column in columns:
        part = vectors[:, start : start + _width(column)]
        start += _width(column)
        if column["kind"] == "number":
            values = part[:, :1] * column["deviation"] + column["mean"]
            if column["indicator"]:
                values = np.where(part[:, 1:] > 0, np.nan, values)
            raw[column["input"]] = values.astype(np.float32)
            continue
        other = "other"
        while other in column["categories"]:
            other += "_"
        names = np.array([*column["categories"], other], object)
        raw[column["input"]] = names[part.argmax(axis=1)][:, None]
    return raw


def _width(column: dict[str, Any]) -> int:
    if column["kind"] == "category":
        return len(column["categories"]) + 1
    return 2 if column["indicator"] else 1
