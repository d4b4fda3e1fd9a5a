"""Every argument of a run, as one flat list: the schema's fields, then the chosen model's and
optimizer's own options. Read without importing TensorFlow."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from typing import Any, Literal, Optional

import configs
import zoo
from trainers import optimizers, problems

# Short spellings of the keys used most; every other key is reached by its dotted path.
ALIASES = {
    "model": "model.name",
    "dataset": "dataset.name",
    "optimizer": "optimizer.name",
    "loss": "loss.name",
    "data-dir": "dataset.data-dir",
    "data-path": "dataset.data-path",
    "window-steps": "dataset.window-steps",
    "validation-fraction": "dataset.validation-fraction",
    "max-resident-gib": "dataset.max-resident-gib",
    "learning-rate": "optimizer.learning-rate",
    "clip-norm": "optimizer.clip-norm",
    "huber-delta": "loss.huber-delta",
    "l2": "loss.l2",
    "schedule": "optimizer.schedule",
    "warmup-steps": "optimizer.warmup-steps",
    "weight-decay": "optimizer.weight-decay",
    "ema-momentum": "optimizer.ema-momentum",
    "activation": "model.activation",
    "initializer": "model.initializer",
    "normalization": "model.normalization",
}


@dataclass(frozen=True)
class Argument:
    """One key of the configuration: `key` is its dotted path, e.g. "optimizer.learning_rate"."""

    key: str
    type: Any
    default: Any
    help: str | None

    @property
    def flag(self) -> str:
        """The option as it is typed, e.g. "--optimizer.learning-rate"."""
        return "--" + self.key.replace("_", "-")

    @property
    def is_sequence(self) -> bool:
        """Whether the value is a sequence of numbers, typed as `100,50`."""
        return "tuple[" in str(self.type)


def arguments(model: str, optimizer: str) -> list[Argument]:
    """Return the arguments of a run of `model` with `optimizer`.

    Raises:
        ConfigError, zoo.UnknownModelError: an unknown name, with the nearest match.
    """
    row = optimizers.find(optimizer)
    result = _fields(configs.Config, "")
    result += [
        Argument(f"model.{name}", _type(option), option.default, f"{model}: {option.allowed}")
        for name, option in zoo.model_options(model).items()
    ]
    result += [
        Argument(
            f"optimizer.{name}",
            Literal[row.choices[name]] if name in row.choices else type(default),
            default,
            f"{optimizer}: {' or '.join(row.choices.get(name, (type(default).__name__,)))}",
        )
        for name, default in row.options.items()
    ]
    result += [
        Argument(f"problem.{name}", _type(option), option.default, f"{model}: {option.allowed}")
        for name, option in problems.of_model(model).options.items()
    ]
    names = {"model.name": model, "optimizer.name": optimizer}
    return [
        dataclasses.replace(argument, default=names.get(argument.key, argument.default))
        for argument in result
    ]


def _fields(cls: type, prefix: str) -> list[Argument]:
    hints = typing.get_type_hints(cls)
    result: list[Argument] = []
    for entry in dataclasses.fields(cls):
        hint = hints[entry.name]
        if dataclasses.is_dataclass(hint):
            result += _fields(typing.cast(type, hint), f"{prefix}{entry.name}.")
        elif entry.name != "options":
            result.append(
                Argument(f"{prefix}{entry.name}", hint, entry.default, entry.metadata["help"])
            )
    return result


def _type(option: zoo.ModelOption) -> Any:
    kinds: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}
    kinds["tuple[int, ...]"] = tuple[int, ...]
    base = Literal[option.choices] if option.choices else kinds[option.type.removesuffix(" | None")]
    return Optional[base] if option.type.endswith(" | None") else base  # noqa: UP045
