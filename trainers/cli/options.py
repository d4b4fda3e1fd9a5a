"""Every option of a run, as one flat list, read without importing TensorFlow.

First come the schema's fields, then the chosen model's, its learning problem's and the optimizer's
own options.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Optional

import configs
import zoo
from trainers.optimizers import catalogue as optimizers
from trainers.problems import catalogue as problems
from zoo import Option

# The groups of `--help`, in their order; a field of the configuration names its own.
GROUPS = (
    "Model",
    "Data",
    "Augmentation",
    "Loss",
    "Optimizer",
    "Length",
    "Logging",
    "Where it runs",
)
_OWN_GROUPS = {"model": "Model", "problem": "Loss", "optimizer": "Optimizer"}
# Model options that several models have, so that they are known without the model's name.
_SHORT_OPTIONS = ("activation", "initializer", "normalization")
# An option of more choices than this is shown as a word, and its choices in its help.
_FEW_CHOICES = 6


@dataclass(frozen=True)
class Argument:
    """One key of the configuration, as the command line has it.

    Args:
        key: its dotted path, e.g. "optimizer.learning_rate".
        type: as `configs.typed` takes it.
        default: before any recipe.
        help: one line or two.
        group: of `--help`.
        metavar: what stands for the value there.
        none: what a value of null means, in words.
        is_short: whether it is also reached by its last word, e.g. --learning-rate.
    """

    key: str
    type: Any
    default: Any
    help: str
    group: str
    metavar: str
    none: str = ""
    is_short: bool = False

    @property
    def flag(self) -> str:
        """The option with its full path, e.g. "--optimizer.learning-rate"."""
        return "--" + self.key.replace("_", "-")

    @property
    def short_flag(self) -> str:
        """The option as it is usually typed, e.g. "--learning-rate", "--model" or "--epochs"."""
        section, _, name = self.key.partition(".")
        if name == "name":
            return f"--{section}"
        return "--" + name.replace("_", "-") if self.is_short else self.flag


def arguments(model: str, optimizer: str) -> list[Argument]:
    """Return the arguments of a run of `model` with `optimizer`.

    Raises:
        ConfigError, zoo.UnknownModelError: an unknown name, with the nearest match.
    """
    row, problem = optimizers.find(optimizer), problems.of_model(model)
    return [
        *_fields(configs.Config, ""),
        *_own(model, "model", zoo.model_options(model).values()),
        *_own(model, "problem", problem.options),
        *_own(model, "optimizer", row.options),
    ]


def _fields(cls: type, prefix: str) -> list[Argument]:
    hints = typing.get_type_hints(cls)
    result: list[Argument] = []
    for entry in dataclasses.fields(cls):
        hint, about = hints[entry.name], entry.metadata
        if dataclasses.is_dataclass(hint):
            result += _fields(typing.cast(type, hint), f"{prefix}{entry.name}.")
        elif "help" in about:  # what has none is set by other means
            result.append(
                Argument(
                    f"{prefix}{entry.name}",
                    hint,
                    entry.default,
                    about["help"],
                    about["group"],
                    about.get("metavar") or _metavar(hint),
                    about.get("none", ""),
                    is_short=bool(prefix),
                )
            )
    return result


def _own(model: str, section: str, options: Iterable[Option]) -> list[Argument]:
    return [
        Argument(
            f"{section}.{option.name}",
            _type(option),
            configs.plain(option.default),
            _told(option, model),
            _OWN_GROUPS[section],
            _metavar(_type(option)),
            is_short=section == "model" and option.name in _SHORT_OPTIONS,
        )
        for option in options
    ]


def _told(option: Option, model: str) -> str:
    """Return an option's help; what begins with a preposition goes on from its name."""
    text = re.sub(r",? see `[^`]*`", "", option.help)
    if re.match(r"(of|in|before|after|from) |$", text):
        text = f"{option.name.replace('_', ' ')} {text}".strip()
    if len(option.choices) > _FEW_CHOICES:
        text += f"; `python -m zoo {model}` lists {len(option.choices)}"
    # Where the text names the interval already, once is enough.
    return f"{text}; {option.interval}" if option.interval and "[" not in text else text


def _type(option: Option) -> Any:
    kinds: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}
    kinds |= {"tuple[int, ...]": tuple[int, ...], "tuple[float, ...]": tuple[float, ...]}
    kinds["int | tuple[int, ...]"] = int | tuple[int, ...]
    if 0 < len(option.choices) <= _FEW_CHOICES:
        base: Any = Literal[option.choices]
    else:
        base = kinds[option.type.removesuffix(" | None")]
    return Optional[base] if option.type.endswith(" | None") else base  # noqa: UP045


def _metavar(hint: Any) -> str:
    """Return what stands for a value of a type: N, X, NAME, {a,b}."""
    if typing.get_origin(hint) is tuple:
        return "N,N"
    words = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
    if words:
        return "{" + ",".join(map(str, words)) + "}"
    # A union: the parts beside None.
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    if parts:
        shown = [_metavar(part) for part in parts]
        return "|".join(
            word.strip("{}").replace(",", "|") if word[0] == "{" else word for word in shown
        )
    return {int: "N", float: "X", bool: "{true,false}"}.get(hint, "NAME")
