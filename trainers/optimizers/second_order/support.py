"""What a second-order method can run with, known before any data are loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import configs
from trainers.objectives import losses


def require_supported(config: configs.Config, allowed: Collection[str]) -> None:
    """Raise `ConfigError` for a resolved configuration that a second-order method cannot run.

    Args:
        config: resolved.
        allowed: the losses of the model's learning problem, for the message.
    """
    name = config.optimizer.name
    if config.precision.startswith("mixed"):
        raise configs.ConfigError(
            f"optimizer {name!r} with precision {config.precision!r} is not supported: curvature "
            "of 16-bit arithmetic is mostly rounding; use --precision float32"
        )
    if config.optimizer.clip_norm is not None:
        raise configs.ConfigError(
            f"optimizer {name!r} does not clip its gradient, which would change the direction it "
            "solves for; leave --clip-norm out and raise --optimizer.damping instead"
        )
    _require_one_objective(name, config.model.options)
    known = config.loss.name != losses.CUSTOM
    if not known or not losses.find(config.loss.name).curved:
        curved = [loss for loss in allowed if losses.find(loss).curved]
        raise configs.ConfigError(
            f"optimizer {name!r} needs a loss with curvature, {config.loss.name!r} has none; "
            f"use --loss {', '.join(curved)}"
        )
    if config.model.output_activation == "step":
        raise configs.ConfigError(
            f"optimizer {name!r} needs outputs with a derivative, the model's are steps; "
            "use a first-order one, e.g. --optimizer sgd"
        )


def _require_one_objective(name: str, options: Mapping[str, Any]) -> None:
    # Found by the options' names, before there is a model; what else changes a pass is found by
    # the method itself, in the model's variables.
    for option in ("dropout", "input_dropout"):
        if options.get(option):
            raise configs.ConfigError(
                f"optimizer {name!r} compares one objective at several points, but {option} "
                f"{options[option]} makes another of every pass; "
                f"use --model.{option.replace('_', '-')} 0"
            )
    if options.get("max_norm") is not None:
        raise configs.ConfigError(
            f"optimizer {name!r} chooses how far it goes, and max_norm {options['max_norm']} would "
            "end its steps elsewhere; use --model.max-norm null, or a first-order one"
        )
    if options.get("normalization") == "batch":
        raise configs.ConfigError(
            f"optimizer {name!r} compares one objective at several points, but batch normalization "
            "changes with every pass; use --normalization layer, weight or none"
        )
    if options.get("cell") == "memory_blocks" and options.get("truncated"):
        raise configs.ConfigError(
            f"optimizer {name!r} solves for the gradient of the loss, which truncated memory "
            "blocks leave a part out of; use --model.truncated false, or a first-order one"
        )
