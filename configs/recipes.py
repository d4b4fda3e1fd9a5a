"""Recipes: one YAML file per model, read without executing or expanding anything.

YAML's conveniences are attack surface or traps in a settings file, so anchors, aliases and tags
are refused, nesting and size are bounded, and a key given twice is an error. What a plain word
means is `configs.values`: YAML 1.2's core schema, in which `1e-3` is a number and `on` is a word.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from configs.checks import ConfigError, check, instead
from configs.merging import flattened, merged, nested
from configs.schema import Config, from_dict
from configs.values import core, shown

_FOLDER = Path(__file__).parent
_MAX_BYTES = 64 * 1024
_MAX_DEPTH = 8


def recipes() -> list[str]:
    """Return the names of the recipes that come with the project."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def recipe_path(name: str) -> Path:
    """Return the path of the recipe called `name`; it need not exist."""
    return _FOLDER / f"{name}.yaml"


def is_shipped(path: Path) -> bool:
    """Return whether a recipe is one that comes with the project."""
    return path.resolve().parent == _FOLDER.resolve()


def recipe(name: str, **changes: Any) -> Config:
    """Return a shipped recipe as a configuration, with changes.

    Args:
        name: one of `recipes()`, such as a model's name.
        **changes: values by their name in a recipe; a section's as a dictionary, as in
            `recipe("mlp", steps=3, model={"hidden_units": (30,)}, optimizer={"momentum": 0.5})`.

    Raises:
        ConfigError: there is no such recipe, or a value is outside its bounds.
    """
    if name not in recipes():
        raise ConfigError(f"unknown recipe {name!r}{instead(name, recipes())}")
    values = merged(flattened(load_recipe(recipe_path(name))), flattened(changes))
    config = from_dict(nested(values))
    check(config)
    return config


def load_recipe(path: Path | str) -> dict[str, Any]:
    """Read a recipe as plain nested dictionaries.

    Args:
        path: a YAML file of at most 64 KiB.

    Raises:
        ConfigError: the file is missing, not YAML, not a mapping, or uses what recipes may not.
    """
    path = Path(path)
    named = shlex.quote(str(path))  # a space in it would run into the words around it
    try:
        if path.is_fifo() and path.resolve().exists():  # that of `<(...)` has no name of its own
            raise ConfigError(
                f"recipe {named} is a pipe, and nobody may write to it; give --config a file"
            )
        with path.open("rb") as file:
            # Read no more than allowed: a device has no size to ask for, and no end.
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ConfigError(
                f"{named} is larger than {_MAX_BYTES} bytes; a recipe is a short file"
            )
        text = content.decode("utf-8")
    except OSError as error:
        shipped = f", or --model {path}" if str(path) in recipes() else ""
        raise ConfigError(
            f"recipe {named} cannot be read ({error.strerror}); give --config an existing YAML "
            f"file{shipped}"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"recipe {named} is not UTF-8 text (byte {error.start})") from error
    try:
        values = _Reader(named).read(text)
    except YAMLError as error:
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"recipe {named}{where} is not valid YAML: {reason}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"recipe {named} holds {shown(values)} alone; write `key: value` lines")
    return values


def parsed(text: str) -> Any:
    """Return what a text of the command line means as a recipe's value: a list, a number, a word.

    Raises:
        ConfigError: it is not YAML, or uses what recipes may not.
    """
    try:
        return _Reader("value").read(text)
    except YAMLError as error:
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigError(f"it is not valid YAML: {reason}") from error


class _Reader:
    """Values of a parser's events, so that nothing is built of what is not allowed."""

    def __init__(self, named: str) -> None:
        self._named = named
        self._depth = 0
        self._events: Iterator[Event] = iter(())

    def read(self, text: str) -> Any:
        self._events = YAML(typ="safe", pure=True).parse(text)
        value, documents = None, 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, "is not valid YAML: a recipe is one document")
                value = self._value(next(self._events))
        return value

    def _value(self, event: Event) -> Any:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise self._refusal(event, "anchors and aliases are not allowed")
        # The parser marks untagged plain values itself; only a written tag has this text.
        if getattr(event, "tag", None):
            raise self._refusal(event, "tags are not allowed")
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._refusal(event, f"nested deeper than {_MAX_DEPTH} levels")
        value = self._mapping() if isinstance(event, MappingStartEvent) else self._sequence()
        self._depth -= 1
        return value

    def _scalar(self, event: ScalarEvent) -> Any:
        if event.style:  # quoted, or a block of lines
            return event.value
        try:
            return core(event.value)
        except ValueError as error:
            raise self._refusal(event, str(error)) from error

    def _sequence(self) -> list[Any]:
        items = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event))
        return items

    def _mapping(self) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._value(event)
            if not isinstance(key, str) or not key:
                raise self._refusal(event, f"the key {shown(key)} is not a word")
            if key in values:
                raise self._refusal(event, f"the key {shown(key)} is given twice")
            values[key] = self._value(next(self._events))
        return values

    def _refusal(self, event: Event, reason: str) -> ConfigError:
        where = f"recipe {self._named}, line {event.start_mark.line + 1}"
        return ConfigError(f"{where} {reason}" if reason.startswith("is") else f"{where}: {reason}")
