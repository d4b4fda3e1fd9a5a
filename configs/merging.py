"""Plain nested values of a configuration: one spelling for each key, and one set over another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from configs.checks import ConfigError
from configs.values import shown

# Sections whose name may stand for them: `model: mlp` is `model: {name: mlp}`.
NAMED_SECTIONS = ("model", "dataset", "loss", "optimizer")
_SECTIONS = (*NAMED_SECTIONS, "problem", "augmentation")


def flattened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted key, as in "optimizer.learning_rate"; hyphens become underscores.

    Raises:
        ConfigError: a key is not a word, or is given twice, in two spellings.
    """
    flat: dict[str, Any] = {}
    for section, value in values.items():
        name = _spelt(section)
        if name in _SECTIONS and isinstance(value, Mapping):
            entries = {f"{name}.{_spelt(key)}": item for key, item in value.items()}
            given = len(value)
        else:
            entries = {f"{name}.name" if name in NAMED_SECTIONS else name: value}
            given = 1
        twice = sorted(entries.keys() & flat.keys())
        if twice or len(entries) < given:
            raise ConfigError(f"recipe key {(twice or [name])[0]!r} is given twice; leave one out")
        flat |= entries
    return flat


def _spelt(key: object) -> str:
    if not isinstance(key, str):
        raise ConfigError(f"recipe key {shown(key)} is not a word")
    return key.replace("-", "_")


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `flattened` was given, with every section as a mapping."""
    result: dict[str, Any] = {}
    for key, value in flat.items():
        section, dot, name = key.partition(".")
        if dot:
            result.setdefault(section, {})[name] = value
        else:
            result[key] = value
    return result


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return flat values with `changes` over `base`.

    Options of a model, its problem or an optimizer fall away where `changes` names another: there
    they would be unknown or, worse, known and meant for something else. A length in epochs
    replaces one in steps, and the reverse.
    """
    kept = dict(base)
    for section, fall in (("model", ("model.", "problem.")), ("optimizer", ("optimizer.",))):
        name = f"{section}.name"
        if name in changes and base.get(name, changes[name]) != changes[name]:
            kept = {key: value for key, value in kept.items() if not key.startswith(fall)}
    result = {**kept, **changes}
    for length, other in (("epochs", "steps"), ("steps", "epochs")):
        if changes.get(length) is not None and changes.get(other) is None:
            result[other] = None
    return result
