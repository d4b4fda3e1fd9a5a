"""A model with the trained weights that come with the zoo: what must agree, and their place."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoo.catalogue.entries import ModelEntry
from zoo.catalogue.inputs import axes_of
from zoo.errors import ModelFileError, ModelOptionError
from zoo.weights.arrays import read_arrays
from zoo.weights.cards import WeightsCard, weights_card
from zoo.weights.names import list_weights, unknown
from zoo.weights.variable_names import layer_of, named_weights

if TYPE_CHECKING:
    import keras

# It has no weights, and acts in training alone.
_FREE = frozenset({"dropout"})


def found(entry: ModelEntry, weights: str) -> WeightsCard:
    """Return the card of a model's weights, by what they were trained on or by their whole name.

    Raises:
        UnknownWeightsError: there are none, or they are another model's.
        ModelFileError: the card is damaged.
    """
    if not isinstance(weights, str):
        raise ModelOptionError(
            f"model {entry.name!r} got weights={weights!r}; allowed: a name such as 'mnist'"
        )
    name = weights if ":" in weights else f"{entry.name}:{weights}"
    own = list_weights(entry.name)
    if name not in own:
        raise unknown(name, own or None)
    return weights_card(name)


def agreed(
    entry: ModelEntry,
    card: WeightsCard,
    shape: tuple[int | None, ...],
    classes: int,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the options that weights are built with.

    Args:
        entry: of the model.
        card: of the weights.
        shape: of one example, as it was given, and
        classes: likewise, and
        given: the options.

    Raises:
        ModelOptionError: they do not agree with the weights'.
    """
    # An option that the weights' release did not know has a default that changes nothing.
    own = {name: option.default for name, option in entry.options.items()}
    for name, value in card.options.items():
        if name not in own:
            raise ModelFileError(
                f"weights {card.name!r} have the option {name!r}, which model {entry.name!r} does "
                "not know; install the release that they came with"
            )
        own[name] = entry.options[name].check(value, f"weights {card.name!r}")
    for name, value in given.items():
        if value != own[name] and name not in _FREE:
            raise ModelOptionError(
                f"weights {card.name!r} were trained with {name}={own[name]!r}, not {value!r}; "
                f"leave {name} out, or leave weights out"
            )
    axes = axes_of(entry, len(shape))
    same = len(shape) == len(card.input_shape) and all(
        mine == theirs or axis == "time"
        for axis, mine, theirs in zip(axes, shape, card.input_shape, strict=True)
    )
    if not same:
        raise ModelOptionError(
            f"weights {card.name!r} take inputs of shape {card.input_shape}, not {shape}; leave "
            "input_shape out, or bring the data to that shape"
        )
    if classes != card.num_classes and card.task != "classification":
        raise ModelOptionError(
            f"weights {card.name!r} have num_classes={card.num_classes}, not {classes}; leave "
            "num_classes out: only a classifier's last layer can be a new one"
        )
    return {**own, **given}


def put_weights(model: keras.Model, card: WeightsCard, classes: int | None = None) -> None:
    """Put trained weights into a model of the kind that they are of.

    Args:
        model: as `zoo.create_model` builds it with the weights' options.
        card: of the weights.
        classes: how many the model has; if they are not as many as the weights', its last layer
            stays as it is. None means as many.

    Raises:
        ModelFileError: they are damaged, or the model has other variables.
    """
    arrays, variables = read_arrays(card), named_weights(model)
    last = layer_of(list(variables)[-1])
    new = set() if classes in (None, card.num_classes) else {last}
    other = [
        name
        for name in {**variables, **arrays}
        if name not in variables
        or name not in arrays
        or tuple(variables[name].shape) != arrays[name].shape
    ]
    if set(map(layer_of, other)) != new or set(variables) != set(arrays):
        raise ModelFileError(
            f"weights {card.name!r} do not fit: {(other or [last])[0]} is not as model "
            f"{model.name!r} has it; install the release that they came with"
        )
    if new:
        drawn = sum(math.prod(variables[name].shape) for name in other)
        warnings.warn(
            f"weights {card.name!r} have {card.num_classes} classes, not {classes}: the {drawn:,} "
            f"weights of the last layer, {last!r}, are new and untrained",
            UserWarning,
            stacklevel=3,
        )
    for name, variable in variables.items():
        if layer_of(name) not in new:
            variable.assign(arrays[name])
