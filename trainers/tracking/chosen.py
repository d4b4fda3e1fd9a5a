"""The trackers that `--track` names, e.g. mlflow,wandb."""

from __future__ import annotations

import configs
from trainers.engine.callbacks import Callback
from trainers.tracking.tracker import require

TRACKERS = ("mlflow", "wandb")
"""Which there are; each is the name of its package."""


def tracked(config: configs.Config) -> tuple[Callback, ...]:
    """Return the callbacks of a configuration's trackers, none where it names none.

    Raises:
        ConfigError: one is unknown, with the nearest, or its package is missing.
    """
    names = names_of(config)
    callbacks: list[Callback] = []
    if "mlflow" in names:
        from trainers.tracking.mlflow_callback import MLflowCallback

        callbacks.append(MLflowCallback())
    if "wandb" in names:
        from trainers.tracking.wandb_callback import WandbCallback

        callbacks.append(WandbCallback())
    return tuple(callbacks)


def names_of(config: configs.Config) -> list[str]:
    """Return the names of a configuration's trackers, once each; nothing is imported.

    Raises:
        ConfigError: one is unknown, with the nearest, or its package is missing.
    """
    names = [] if config.track is None else [word.strip() for word in config.track.split(",")]
    for name in names:
        if name not in TRACKERS:
            raise configs.ConfigError(
                f"--track cannot be {config.track!r}{configs.instead(name, TRACKERS)}, or several, "
                "as in mlflow,wandb"
            )
        require(name, f"--track {name}")
    return list(dict.fromkeys(names))
