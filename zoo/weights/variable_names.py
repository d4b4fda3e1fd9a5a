"""What a model's variables are called, whatever else the process has built."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Return a model's weights by path within it, as in "convolution_1/kernel".

    Random seeds are none. A second variable of the same path has "#2" behind it.
    """
    found: dict[str, keras.Variable] = {}
    for variable in model.weights:
        path = variable.path.removeprefix(f"{model.name}/")
        name, number = path, 1
        while name in found:
            number += 1
            name = f"{path}#{number}"
        found[name] = variable
    return found


def layer_of(name: str) -> str:
    """Return the part of a variable's name that is its layer's."""
    return name.rpartition("/")[0] or name
