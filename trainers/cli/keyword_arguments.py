"""From keyword arguments to a configuration, by the rules of the command line.

A setting is called as its flag is, with underscores: `learning_rate=0.1`. A section may be given
whole, as in `optimizer={"name": "momentum", "nesterov": True}`, and an option of the model, its
learning problem or the optimizer by its own name where no other setting is called so: `units=8`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import configs
from trainers.cli import chosen_recipe, suggestions
from trainers.cli.chosen_recipe import ChosenRecipe
from trainers.cli.options import Argument, arguments
from trainers.cli.run_arguments import Invocation, checked_config, with_absolute_paths
from trainers.cli.run_parser import parser_for
from zoo.catalogue.extensions import bring, resolved
from zoo.process.shell import typed_path

_SECTIONS = (*configs.NAMED_SECTIONS, "augmentation", "problem")
# What else a caller may give, and is not a setting.
OTHERS = ("config", "imports", "run_dir")


def read(
    settings: Mapping[str, Any],
    saved: Any = chosen_recipe.config_yaml,
    resumed: Path | None = None,
    others: Collection[str] = (),
) -> Invocation:
    """Read keyword arguments as `trainers.run` reads its command line.

    Args:
        settings: by name; None in the place of a value stands for null.
        saved: as `run_arguments.parse` takes it.
        resumed: the folder of the run that goes on, whose configuration stands for a recipe.
        others: names that the caller takes beside these, for the message about an unknown one.

    Raises:
        ConfigError: an unknown name, with the nearest; a wrong type, or a value out of bounds.
    """
    rest = {_spelt(name): value for name, value in settings.items()}
    imports = _imported(rest.pop("imports", ()))
    config_file, run_dir = rest.pop("config", None), rest.pop("run_dir", None)
    known = {each.short_flag: each.key for each in arguments("mlp", "adam") if _is_schema(each)}
    flat, own = _dotted(rest, known)
    peek: dict[str, Any] = {key.replace("_", "-"): value for key, value in flat.items()}
    if config_file is not None:
        peek["config"] = os.fspath(config_file)
    if resumed is not None:
        peek |= {"run-dir": str(resumed), "resume": True}
    recipe = chosen_recipe.read(peek, saved, imports)
    entries, run_parser = parser_for(peek, recipe)
    flat |= _own_options(own, entries, [*known, *others, *OTHERS])
    by_key = {entry.key: entry for entry in entries}
    typed = {key: _value(key, value, by_key) for key, value in flat.items()}
    defaults = configs.flattened(run_parser.get_defaults().as_dict())
    given = frozenset(typed)
    config = checked_config(configs.nested({**defaults, **typed}), given, entries)
    config = with_absolute_paths(config, given if resumed else None)
    return _invocation(config, given, recipe, imports, run_dir, resumed)


def _invocation(
    config: configs.Config,
    given: frozenset[str],
    recipe: ChosenRecipe,
    imports: list[str],
    run_dir: str | os.PathLike[str] | None,
    resumed: Path | None,
) -> Invocation:
    folder = resumed if run_dir is None else typed_path(run_dir, "run_dir")
    return Invocation(
        config=replace(config, imports=tuple(imports)),
        typed=None if resumed else given | recipe.own,
        notes=recipe.notes,
        run_dir=folder,
        resume=resumed is not None,
        print_config=False,
        dry_run=False,
        shell=None,
    )


def _spelt(name: str) -> str:
    return name.replace("-", "_")


def _imported(modules: str | os.PathLike[str] | Collection[str]) -> list[str]:
    given = [modules] if isinstance(modules, str | os.PathLike) else list(modules)
    names = [os.fspath(each) for each in given]
    bring(names)
    return [resolved(name) for name in names]


def _is_schema(argument: Argument) -> bool:
    """Return whether every run has a setting, whatever its model and optimizer are."""
    return (
        argument.key.endswith(".name")
        or not argument.key.startswith(("model.", "optimizer.", "problem."))
        or argument.is_short
    )


def _dotted(
    settings: Mapping[str, Any], known: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings by dotted key, and those whose names only a model's options may have."""
    flat: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in settings.items():
        key = known.get(f"--{name.replace('_', '-')}")
        if name in _SECTIONS and isinstance(value, Mapping):
            found = {f"{name}.{_spelt(str(each))}": item for each, item in value.items()}
        elif key is not None:
            found = {key: value}
        else:
            own[name] = value
            continue
        for each in found.keys() & flat.keys():
            raise configs.ConfigError(f"{each} is given twice; leave one out")
        flat |= found
    return flat, own


def _own_options(
    own: Mapping[str, Any], entries: Collection[Argument], names: Collection[str]
) -> dict[str, Any]:
    """Return options of the model, problem or optimizer that were given by their own names.

    Raises:
        ConfigError: a name is unknown, or several have it.
    """
    flat: dict[str, Any] = {}
    for name, value in own.items():
        keys = [entry.key for entry in entries if entry.key.rpartition(".")[2] == name]
        if len(keys) > 1:
            ways = [f"{key.partition('.')[0]}={{{name!r}: ...}}" for key in keys]
            raise configs.ConfigError(f"{name} may be several settings; give {' or '.join(ways)}")
        if not keys:
            flags = {entry.short_flag for entry in entries}
            flags |= {f"--{each.lstrip('-').replace('_', '-')}" for each in names}
            hint = suggestions.suggestion(f"--{name.replace('_', '-')}", flags)
            raise configs.ConfigError(
                f"unknown setting {name!r}{_as_keywords(hint) or ';'} settings are called as the "
                "flags of `python -m trainers.run --help`, with underscores"
            )
        flat[keys[0]] = value
    return flat


def _as_keywords(hint: str) -> str:
    """Return a hint about flags with names as keyword arguments have them."""
    words = [
        word.replace("'--", "'").replace("-", "_") if word.startswith("'--") else word
        for word in hint.split(" ")
    ]
    return " ".join(words)


def _value(key: str, value: Any, entries: Mapping[str, Argument]) -> Any:
    """Return a value in its setting's type; text is read as on the command line.

    Raises:
        ConfigError: there is no such setting, or it does not take the value.
    """
    if key not in entries:
        section, _, name = key.partition(".")
        allowed = [each.partition(".")[2] for each in entries if each.startswith(f"{section}.")]
        raise configs.ConfigError(
            f"{section} has no setting {name!r}{configs.instead(name, allowed)}"
        )
    hint = entries[key].type
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if hint == str | None and isinstance(value, Mapping):
        value = "{" + ", ".join(f"{name}: {item}" for name, item in value.items()) + "}"
    if hint == str | None and isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    try:
        if isinstance(value, str):
            return configs.from_text(hint, value)
        return configs.typed(hint, value)
    except ValueError:
        raise configs.wrong_type(key, value, hint) from None
