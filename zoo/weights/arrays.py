"""The arrays of trained weights, believed only if all that the card says of them is true.

A file is read once; its SHA-256, and the names, shapes and types in it, are compared with the card
before a value of it is used, and every value must be finite. Nothing in it can be executed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from zoo.errors import ModelFileError, reason_of
from zoo.weights.cards import WeightsCard
from zoo.weights.names import ARRAYS, file_of

if TYPE_CHECKING:
    import numpy as np

_AGAIN = "restore the project's own, or install it again"


def read_arrays(card: WeightsCard) -> dict[str, np.ndarray]:
    """Return the arrays of a card's weights by their paths in the model.

    Raises:
        ModelFileError: the file is missing, damaged, or not the one that the card is of.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = file_of(card.name, ARRAYS)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"{path}, weights {card.name!r}, cannot be read ({error.strerror}); {_AGAIN}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ModelFileError(
            f"{path}, weights {card.name!r}, is damaged or another file: its SHA-256 is "
            f"{found[:16]}..., expected {card.sha256[:16]}...; {_AGAIN}"
        )
    try:
        arrays: dict[str, np.ndarray] = load(content)
    except (ValueError, LookupError, TypeError, RecursionError, SafetensorError) as error:
        raise ModelFileError(
            f"{path}, weights {card.name!r}, is no safetensors file ({reason_of(error)}); {_AGAIN}"
        ) from error
    _compare(card, {name: described(array) for name, array in arrays.items()})
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFileError(
                f"weights {card.name!r}: {name} has numbers that are not finite; {_AGAIN}"
            )
    # In the model's order, which a safetensors file does not keep.
    return {name: arrays[name] for name in card.variables}


def described(array: np.ndarray) -> dict[str, Any]:
    """Return an array's shape and type as a card holds them."""
    return {"shape": list(array.shape), "dtype": str(array.dtype)}


def _compare(card: WeightsCard, found: dict[str, Any]) -> None:
    for name in {**card.variables, **found}:
        if card.variables.get(name) != found.get(name):
            has, told = (
                f"{each['dtype']} {tuple(each['shape'])}" if each else "nothing"
                for each in (found.get(name), card.variables.get(name))
            )
            raise ModelFileError(
                f"weights {card.name!r}: at {name} the file has {has}, the card {told}; {_AGAIN}"
            )
