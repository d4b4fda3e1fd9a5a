"""Weights to begin with, as arrays by name; nothing in a file is executed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import configs
import zoo
from trainers.errors import CheckpointError
from zoo.errors import did_you_mean, reason_of
from zoo.process.shell import shown
from zoo.weights.arrays import read_arrays
from zoo.weights.names import is_name

if TYPE_CHECKING:
    import numpy as np

_KINDS = "a run's folder, a .keras or a .safetensors file, or trained weights such as cnn:mnist"


class Source(NamedTuple):
    """Where weights come from.

    path, sha256: the file that was read; of trained weights of the zoo their name.
    arrays: by name, in the order of its model.
    positional: whether names are places, as a checkpoint's "model/0003", and not paths.
    """

    path: Path | str
    sha256: str
    arrays: dict[str, np.ndarray]
    positional: bool = False


def require_source(given: str) -> None:
    """Raise an error if there is nothing of this path or name that weights are read from.

    Raises:
        ConfigError, zoo.UnknownWeightsError: there is not.
    """
    path = Path(given)
    if is_name(given):
        zoo.weights_card(given)
    elif path.is_dir():
        if not (path / "model.keras").is_file() and not (path / "checkpoints").is_dir():
            raise configs.ConfigError(
                f"--init-from {shown(path)} has neither model.keras nor checkpoints; give {_KINDS}"
            )
    elif not path.is_file():
        near = did_you_mean(path.name, zoo.list_weights())
        raise configs.ConfigError(f"--init-from {shown(path)} is not there; {near}give {_KINDS}")
    elif path.suffix not in (".keras", ".safetensors"):
        raise configs.ConfigError(
            f"--init-from {shown(path)} is of another kind; give {_KINDS}: keras.Model.save writes "
            "name.keras"
        )


def read_source(given: str) -> Source:
    """Read a run's best weights, a file's, or those that come with the zoo.

    A run that has ended has them in `model.keras`, with the running average if it kept one; of one
    that has not, the best checkpoint is read.

    Raises:
        ConfigError: there is nothing of that kind.
        CheckpointError, zoo.ModelFileError: it is damaged, or refused.
    """
    require_source(given)
    if is_name(given):
        card = zoo.weights_card(given)
        return Source(card.name, card.sha256, read_arrays(card))
    path = Path(given)
    if path.is_dir():
        model = path / "model.keras"
        return _of_model(model) if model.is_file() else _of_checkpoint(path / "checkpoints")
    return _of_model(path) if path.suffix == ".keras" else _of_arrays(path)


def _of_model(path: Path) -> Source:
    from zoo.weights.variable_names import named_weights

    weights = named_weights(zoo.trained_model(zoo.load_model(path)))
    arrays = {name: variable.numpy() for name, variable in weights.items()}
    return Source(path, _sha256(path), arrays)


def _of_checkpoint(folder: Path) -> Source:
    from trainers.runs.opened import chosen_checkpoint

    checkpoint = chosen_checkpoint(folder, "best")
    path = folder / f"step-{checkpoint.step:09d}" / "state.safetensors"
    arrays = {k: v for k, v in sorted(checkpoint.arrays.items()) if k.startswith("model/")}
    return Source(path, _sha256(path), arrays, positional=True)


def _of_arrays(path: Path) -> Source:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
        arrays = load(content)
    except (OSError, ValueError, LookupError, TypeError, RecursionError, SafetensorError) as error:
        raise CheckpointError(
            f"{shown(path)} cannot be read as safetensors ({reason_of(error)}); give {_KINDS}"
        ) from error
    if any(name.startswith("interval/") for name in arrays):
        raise CheckpointError(
            f"{shown(path)} is part of a checkpoint, whose arrays have no names; give the run's "
            "folder"
        )
    return Source(path, hashlib.sha256(content).hexdigest(), arrays)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
