"""A model begins with the weights of another: which, is told and kept."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

import configs
from trainers.engine.step import Step
from trainers.errors import CheckpointError
from trainers.warm_start.matching import matches
from trainers.warm_start.source import Source, read_source
from zoo.process.shell import shown
from zoo.weights.variable_names import named_weights

# So many of what was not taken are named in the note; summary.json has all.
_NAMED = 6


def warm_start(step: Step, config: configs.Config) -> dict[str, Any] | None:
    """Put the weights that `config.init_from` has for a step's model into it.

    Returns:
        What summary.json says of it: "path", "sha256", "taken" names, "not_taken" names with the
        reason, "unused" names of the source; None where the configuration names no source.

    Raises:
        ConfigError: there is no such source.
        CheckpointError, zoo.ModelFileError: it is damaged, has numbers that are not finite, or
            nothing in it fits.
    """
    if config.init_from is None:
        return None
    source = read_source(config.init_from)
    weights = named_weights(step.model)
    arrays = _named(source, step, weights) if source.positional else source.arrays
    found = matches(
        {name: array.shape for name, array in arrays.items()},
        {name: tuple(variable.shape) for name, variable in weights.items()},
    )
    if not found.taken:
        name, reason = next(iter(found.not_taken.items()))
        raise CheckpointError(
            f"nothing in {shown(source.path)} fits model {step.model.name!r}: {name} is {reason}; "
            "give the weights of a model of this kind"
        )
    for other in found.taken.values():
        array = arrays[other]
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise CheckpointError(
                f"{other} in {shown(source.path)} has numbers that no weight can be; give weights "
                "that were trained to the end"
            )
    for name, other in found.taken.items():
        weights[name].assign(arrays[other].astype(weights[name].dtype))
    return {
        "path": str(source.path),
        "sha256": source.sha256,
        "taken": list(found.taken),
        "not_taken": found.not_taken,
        "unused": found.unused,
    }


def _named(source: Source, step: Step, weights: dict[str, keras.Variable]) -> dict[str, np.ndarray]:
    """Return a checkpoint's arrays by the names that this model has at their places."""
    variables = step.variables["model"]
    if len(variables) != len(source.arrays):
        raise CheckpointError(
            f"{shown(source.path)} holds {len(source.arrays)} variables without names, this model "
            f"has {len(variables)}; finish that run, whose model.keras tells which is which"
        )
    names = {id(variable): name for name, variable in weights.items()}
    pairs = zip(variables, source.arrays.values(), strict=True)
    return {names[id(variable)]: array for variable, array in pairs if id(variable) in names}


def notes(taken: dict[str, Any] | None, config: configs.Config, model: keras.Model) -> list[str]:
    """Return what to tell of a warm start, and of weights that stay as they are, a line each."""
    lines = []
    if taken is not None:
        reasons = [f"{name} {reason}" for name, reason in taken["not_taken"].items()]
        count = len(taken["taken"])
        line = f"taken from {shown(taken['path'])}: {count} of {count + len(reasons)} variables"
        if reasons:
            line += f"; not taken: {', '.join(reasons[:_NAMED])}"
        if len(reasons) > _NAMED:
            line += f" and {len(reasons) - _NAMED} more, which summary.json lists at the end"
        lines.append(line)
    if config.freeze is not None:
        names = [name for name, v in named_weights(model).items() if v.trainable]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        trained = sum(math.prod(variable.shape) for variable in model.trainable_variables)
        lines.append(
            f"of {model.count_params():,} parameters {trained:,} are trained, those of "
            f"{', '.join(names[:_NAMED])}{more}"
        )
    return lines
