"""Weights that are not trained: no gradient, no decay, and no state in the optimizer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial

import keras

import configs
from zoo.weights.variable_names import layer_of, named_weights

# What undoes the changes, where somebody waits for that.
_changes: list[list[Callable[[], None]]] = []


@contextlib.contextmanager
def thawed_afterwards() -> Iterator[None]:
    """Let all that `freeze` does meanwhile be undone: a model of the user's own stays theirs."""
    _changes.append([])
    try:
        yield
    finally:
        for undo in reversed(_changes.pop()):
            undo()


def freeze(model: keras.Model, patterns: str) -> None:
    """Make the variables that shell patterns match untrainable; call it before the optimizer's.

    A pattern is of a variable's path in the model, or of a layer's, which is all of it:
    "convolution_*" or "convolution_1,scores/bias". A layer that is frozen whole passes as if it
    were not training: batch normalization keeps its statistics, and normalizes by them.

    Args:
        model: built.
        patterns: separated by commas.

    Raises:
        ConfigError: a pattern matches nothing, or nothing would be left to train.
    """
    names = {id(variable): name for name, variable in named_weights(model).items()}
    trainable = [names[id(variable)] for variable in model.trainable_variables]
    frozen: set[str] = set()
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        found = [name for name in trainable if _matches(name, pattern)]
        if not found:
            layers = list(dict.fromkeys(map(layer_of, trainable)))
            raise configs.ConfigError(
                f"--freeze {pattern!r} matches no weights of {model.name!r}"
                f"{configs.instead(pattern, layers)}"
            )
        frozen.update(found)
    if frozen == set(trainable):
        raise configs.ConfigError(
            f"--freeze {patterns!r} leaves none of the {len(trainable)} trainable variables of "
            f"{model.name!r} to be trained; freeze fewer"
        )
    for layer in model._flatten_layers():
        inside = {id(v) for each in layer._flatten_layers(include_self=False) for v in each.weights}
        own = [v for v in layer.trainable_variables if id(v) not in inside]
        chosen = [variable for variable in own if names[id(variable)] in frozen]
        if not chosen:
            continue
        whole = len(chosen) == len(own) and not inside
        if _changes:
            trained = [variable for variable in layer.weights if variable.trainable]
            _changes[-1].append(partial(_thaw, layer if whole else None, layer.weights, trained))
        if whole:
            layer.trainable = False
        for variable in chosen:
            variable.trainable = False


def _thaw(
    layer: keras.Layer | None, weights: list[keras.Variable], trained: list[keras.Variable]
) -> None:
    if layer is not None:
        layer.trainable = True
    flags = {id(variable) for variable in trained}
    for variable in weights:
        variable.trainable = id(variable) in flags


def _matches(name: str, pattern: str) -> bool:
    parts = name.split("/")
    return any(fnmatchcase("/".join(parts[: i + 1]), pattern) for i in range(len(parts)))
