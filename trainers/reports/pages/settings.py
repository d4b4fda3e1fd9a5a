"""A run's settings, and which of them are not its model's recipe's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import configs
from trainers.assembly.resolve import resolve

# Of a place, or of what is only shown.
_OF_NO_WEIGHT = {"dataset.data_dir", "dataset.data_path", "imports", "report", "histograms"}


def differences(values: dict[str, Any]) -> list[tuple[str, str, str]] | None:
    """Return (setting, the recipe's value, the run's), None where the model has no recipe.

    Args:
        values: the run's configuration, by dotted key.
    """
    name = str(values["model.name"])
    if not configs.recipe_path(name).is_file():
        return None
    usual = configs.flattened(configs.to_dict(resolve(configs.recipe(name)).config))
    return unlike(usual, values)


def unlike(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (setting, first value, second value) of all settings that differ."""
    return [
        (key, shown_value(first.get(key)), shown_value(second.get(key)))
        for key in sorted(first.keys() | second.keys())
        if key not in _OF_NO_WEIGHT
        and configs.plain(first.get(key)) != configs.plain(second.get(key))
    ]


def shown_value(value: Any) -> str:
    """Return a setting's value for people."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def config_text(folder: Path) -> str:
    """Return config.yaml as it is, empty where it cannot be read."""
    try:
        return (folder / "config.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
