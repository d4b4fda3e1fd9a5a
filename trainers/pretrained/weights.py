"""What a user typed where a run is asked for: a run's folder, or trained weights of the zoo."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import configs
from trainers.cli.run_arguments import saved_config
from trainers.runs.folder import read_saved_config, require_run
from zoo import WeightsCard, weights_card
from zoo.process.shell import typed_path
from zoo.weights.names import is_name

HELP = "a folder written by trainers.run, or trained weights such as cnn:mnist"


def typed_run(text: str, flag: str = "RUN_DIR") -> Path | WeightsCard:
    """Return the path that a user means, or the card of the trained weights.

    A file or folder of that very name goes first, and `./cnn:mnist` is always a path.

    Raises:
        zoo.UnknownWeightsError: it is written as the name of weights, and there are none.
        zoo.ModelFileError: their card is damaged.
        zoo.errors.PathError: it can be no path.
    """
    return weights_card(text) if is_name(text) else typed_path(text, flag)


def require_folder(run: Path | WeightsCard, lacks: str) -> Path:
    """Return a run's folder; raise `ConfigError` for weights, which have none.

    Args:
        run: as `typed_run` gives it.
        lacks: what of a folder is needed, as in "curves".
    """
    if isinstance(run, WeightsCard):
        raise lacking(run, lacks)
    require_run(run)
    return run


def lacking(card: WeightsCard, lacks: str) -> configs.ConfigError:
    """Return the error of asking trained weights for what only a run's folder has."""
    return configs.ConfigError(
        f"trained weights, as {card.name!r}, come without {lacks}; give a run's folder: "
        f"`{card.command}` trains them anew"
    )


def saved_config_of(
    run: Path | WeightsCard, changes: Mapping[str, Any] | None = None, imports: Sequence[str] = ()
) -> configs.Config:
    """Return the configuration of a run, or that trained weights were made by.

    Args:
        run: as `typed_run` gives it.
        changes: by dotted key: where the data are.
        imports: modules of the user's own.

    Raises:
        ConfigError: there is no run, or its configuration is damaged.
    """
    if isinstance(run, Path):
        require_run(run)
        return saved_config(run, changes or {}, imports, read_saved_config)
    values = copy.deepcopy(dict(run.config))
    config = saved_config(Path(run.name), changes or {}, imports, lambda _: values)
    # The arrays are the running average, where there was one.
    return replace(config, optimizer=replace(config.optimizer, ema_momentum=None))
