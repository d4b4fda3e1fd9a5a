"""An optimizer as a user of Keras gives it: a name, settings, or an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import configs
from trainers.optimizers.catalogue import OPTIMIZERS

# Keras's arguments that have a setting of another name here, or none where they are as they come.
_AS_THEY_COME = {
    "name": None,
    "clipnorm": None,
    "clipvalue": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
    "ema_overwrite_frequency": None,
    "amsgrad": False,
}
_INSTEAD = {
    "clipnorm": "clip_norm=..., of the whole gradient",
    "clipvalue": "clip_norm=...",
    "gradient_accumulation_steps": "micro_batch_size=...",
}


def optimizer_settings(optimizer: Any) -> Any:
    """Return what `optimizer=` means as a name, or as a section of settings.

    Raises:
        ConfigError: an object that no row of `trainers.optimizers.catalogue` stands for.
    """
    if optimizer is None or isinstance(optimizer, str | Mapping):
        return optimizer
    import keras

    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise configs.ConfigError(
            f"optimizer is {configs.shown(optimizer)}; give a name ({', '.join(OPTIMIZERS)}), its "
            'settings as in {"name": "momentum", "momentum": 0.9}, or an object of keras.optimizers'
        )
    if int(optimizer.iterations):
        raise configs.ConfigError(
            "the optimizer has trained before, and a run begins with a new one; give a new object"
        )
    return _of_keras(type(optimizer).__name__, optimizer.get_config())


def _of_keras(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(given)
    rate = rest.pop("learning_rate")
    if not isinstance(rate, int | float | np.number):
        raise configs.ConfigError(
            'the optimizer has a schedule of its own; give a number, and schedule="cosine", '
            '"linear" or "exponential" beside it'
        )
    settings: dict[str, Any] = {"name": _row(kind, rest), "learning_rate": _short(rate)}
    decay, norm = rest.pop("weight_decay", None), rest.pop("global_clipnorm", None)
    settings |= {"weight_decay": _short(decay)} if decay else {}
    settings |= {"clip_norm": _short(norm)} if norm else {}
    if rest.pop("use_ema", False):
        settings["ema_momentum"] = _short(rest["ema_momentum"])
    rest.pop("ema_momentum", None)
    for name, usual in _AS_THEY_COME.items():
        value = rest.pop(name, usual)
        if name != "name" and value not in (usual, None):
            raise configs.ConfigError(
                f"the optimizer has {name}={value!r}, which a run does not do; "
                f"{'give ' + _INSTEAD[name] if name in _INSTEAD else 'leave it out'}"
            )
    row = OPTIMIZERS[settings["name"]]
    for name, value in rest.items():
        option = row.option(name)
        if option is not None:
            settings[name] = _short(value) if isinstance(value, float) else value
        elif value:
            raise configs.ConfigError(
                f"the optimizer has {name}={value!r}, which {settings['name']!r} does not take; "
                "leave it out"
            )
    return settings


def _row(kind: str, given: Mapping[str, Any]) -> str:
    if kind == "SGD":
        return "momentum" if given.get("momentum") or given.get("nesterov") else "sgd"
    rows = {row.keras_class.rpartition(".")[2]: name for name, row in OPTIMIZERS.items()}
    if kind in rows:
        return rows[kind]
    more = '; AdamW is optimizer="adam" with weight_decay=...' if kind == "AdamW" else ""
    raise configs.ConfigError(
        f"the optimizer is {kind}, and a run has {', '.join(OPTIMIZERS)}{more}; choose one, or add "
        "yours with trainers.register_optimizer"
    )


def _short(value: Any) -> float:
    """Return a number as it was typed, of which Keras keeps 32 bits."""
    return float(np.format_float_positional(np.float32(value), unique=True))
