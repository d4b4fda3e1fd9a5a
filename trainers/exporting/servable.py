"""What is exported of a model: one function of named inputs, and what goes in and comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import configs
import zoo

# As TensorFlow allows them in a signature.
_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class Servable:
    """One exported function.

    Args:
        model: from raw inputs, or from symbols, to answers.
        preparation: what `zoo.described` says of it.
        names: the name in the signature of every input, by the model's own.
        symbols: what the numbers stand for that go in instead of text; empty where text goes in.
        call: from one tensor for each input, in the order of `names`, to answers by name.
    """

    model: keras.Model
    preparation: dict[str, Any]
    names: dict[str, str]
    symbols: tuple[str, ...]
    call: Callable[..., dict[str, Any]]

    @property
    def specs(self) -> list[tf.TensorSpec]:
        """Shape, type and name of every input in the signature; a free axis is None."""
        return [
            tf.TensorSpec(each.shape, each.dtype, name=self.names[each.name])
            for each in self.model.inputs
        ]

    def description(self, names: Mapping[str, str] | None = None) -> str:
        """Return what the file says of itself, as JSON: the preparation, the inputs, the symbols.

        Args:
            names: of the inputs in the file, by the model's own; None means the signature's.
        """
        named = dict(self.names if names is None else names)
        content = {**self.preparation, "names": named, "symbols": list(self.symbols)}
        return json.dumps(content, ensure_ascii=False)

    def function(self) -> Any:
        """Return the function with its signature, untraced."""
        return tf.function(self.call, input_signature=self.specs, autograph=False)

    def inputs(self, raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return raw inputs under the names of the signature, text as symbols where those go in."""
        if not self.symbols:
            return {self.names[name]: value for name, value in raw.items()}
        numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        text = [[numbers[character] for character in string] for string in raw["text"]]
        longest = max(map(len, text))
        rows = np.array([row + [0] * (longest - len(row)) for row in text], np.int32)
        rest = {
            self.names[each.name]: np.zeros((len(rows), *each.shape[1:]), np.float32)
            for each in self.model.inputs
            if each.name == "state"
        }
        return {"symbols": rows, **rest}


def servable(model: keras.Model, *, text: bool = True) -> Servable:
    """Return what is exported of a model.

    Args:
        model: as a run saved it.
        text: whether the format holds the way from text to symbols.

    Raises:
        ConfigError: the model is of a class of the user's own, whose inputs nobody knows.
    """
    if not getattr(model, "inputs", None):
        raise configs.ConfigError(
            f"model {model.name!r} does not say what its inputs are; build it from layers "
            "(keras.Model(inputs, outputs)), or export it with --format keras"
        )
    preparation = zoo.described(model)
    symbols: tuple[str, ...] = ()
    if preparation["inputs"].get("kind") == "symbols" and not text:
        symbols = tuple(preparation["inputs"]["symbols"])
        answers = model.get_layer("answers")
        model = zoo.trained_model(model)
        call = _of_symbols(model, answers)
    else:
        call = _of(model, preparation)
    return Servable(model, preparation, _signature_names(model), symbols, call)


def _signature_names(model: keras.Model) -> dict[str, str]:
    names: dict[str, str] = {}
    for each in model.inputs:
        name = _UNSAFE.sub("_", each.name)
        name = name if name[:1].isalpha() else f"column_{name}"
        while name in names.values():
            name += "_"
        names[each.name] = name
    return names


def _of(model: keras.Model, preparation: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    kind = preparation["outputs"].get("kind")
    name = {"classes": "probabilities", "symbols": "probabilities", "numbers": "values"}

    def call(*tensors: Any) -> dict[str, Any]:
        outputs = model(packed(model, tensors), training=False)
        answers = named(outputs, name.get(kind or "", "outputs"))
        # Under the name of an input it would be taken for it: ONNX has one name for one value.
        taken = {each.name for each in model.inputs}
        return {f"next_{key}" if key in taken else key: each for key, each in answers.items()}

    return call


def _of_symbols(model: keras.Model, answers: keras.Layer) -> Callable[..., dict[str, Any]]:
    def call(*tensors: Any) -> dict[str, Any]:
        outputs = model(packed(model, tensors), training=False)
        if not isinstance(outputs, dict):
            return {"probabilities": answers(outputs)}
        return {"probabilities": answers(outputs["scores"]), "next_state": outputs["state"]}

    return call


def packed(model: keras.Model, tensors: tuple[Any, ...]) -> Any:
    """Return tensors, in the order of `model.inputs`, as the model takes them."""
    return keras.tree.pack_sequence_as(model.input, list(tensors))


def named(outputs: Any, name: str) -> dict[str, Any]:
    """Return outputs by name; one that has none gets the name given."""
    if isinstance(outputs, dict):
        return dict(outputs)
    flat = keras.tree.flatten(outputs)
    if len(flat) == 1:
        return {name: flat[0]}
    return {f"{name}_{index}": each for index, each in enumerate(flat)}
