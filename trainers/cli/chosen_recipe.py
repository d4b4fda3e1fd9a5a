"""Which recipe a command line means, and what of it holds under the model that is named.

The words are looked at before there is a parser: which options there are depends on the model and
the optimizer, and these on `--config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.cli import extensions, parser
from trainers.cli.carried import carried_over
from trainers.cli.options import arguments
from zoo.process.shell import shown, typed_path

_USUAL = {"model.name": "mlp", "optimizer.name": "adam"}
SWITCHES = {
    "resume": "continue the run in --run-dir from its newest intact checkpoint",
    "print-config": "print the resolved configuration and stop",
    "dry-run": "build, train two steps, evaluate, write nothing",
    "lr-find": "try rising learning rates on a fresh model, suggest one, train nothing",
}


@dataclass(frozen=True)
class ChosenRecipe:
    """Flat values, what was left out of them, and the keys of them that the user wrote."""

    values: dict[str, Any]
    notes: list[str]
    own: frozenset[str] = frozenset()


def full(word: str) -> str:
    """Spell a flag with hyphens, and a section's own as its name: --model is --model.name."""
    word = parser.hyphenated(word)
    flag, equals, value = word.partition("=")
    if flag.removeprefix("--") in configs.NAMED_SECTIONS and flag.startswith("--"):
        return f"{flag}.name{equals}{value}"
    return word


def peek(words: Sequence[str]) -> dict[str, Any]:
    """Return the keys present and their raw values, before any of them is known to be right."""
    short = {
        argument.short_flag: argument.flag
        for argument in arguments("mlp", "adam")
        if argument.is_short
    }
    found: dict[str, Any] = {}
    for index, word in enumerate(words):
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            following = words[index + 1] if index + 1 < len(words) else ""
            key = short.get(flag, flag).removeprefix("--")
            found[key] = value if equals else ("" if following.startswith("--") else following)
            if key in SWITCHES:
                found[key] = True
    return found


def config_yaml(run_dir: Path) -> dict[str, Any]:
    """Return the values of a run's config.yaml.

    Raises:
        ConfigError: there is none, or it is damaged.
    """
    path = run_dir / "config.yaml"
    if not path.is_file():
        raise configs.ConfigError(
            f"{shown(run_dir)} holds no {path.name}, so there is no run to resume; "
            "check --run-dir, or leave --resume out to start one there"
        )
    return configs.load_recipe(path)


def read(
    peek: Mapping[str, Any], saved: Callable[[Path], dict[str, Any]], imports: Sequence[str]
) -> ChosenRecipe:
    """Return the recipe that a command line means, for the model and optimizer that it names.

    A file of `--config` lies over its model's recipe as the command line lies over both, and may
    be one line. A run's own configuration is complete, and lies over nothing.
    """
    given = {key.replace("-", "_"): value for key, value in peek.items()}
    if peek.get("resume"):
        run_dir = _resumed(peek)
        own = _checked(saved(run_dir), imports, f"the run in {shown(run_dir)}")
        own = {**configs.OF_EARLIER_RELEASES, **own}
        own, notes = carried_over(own, given)
        return ChosenRecipe(own, notes)
    if "config" not in peek:
        return ChosenRecipe(*_recipe(given.get("model.name", _USUAL["model.name"]), given))
    path = typed_path(peek["config"], "--config")
    file = _checked(configs.load_recipe(path), imports, f"the recipe {shown(path)}")
    own, notes = carried_over(file, given)
    # An optimizer that was typed is told as its flag.
    teller = "" if "optimizer.name" in given else f"recipe {shown(path)}, "
    model = own.get("model.name", given.get("model.name", _USUAL["model.name"]))
    base, left_out = _recipe(model, {**file, **given}, teller)
    typed = frozenset() if configs.is_shipped(path) else frozenset(own)
    return ChosenRecipe(configs.merged(base, own), [*notes, *left_out], typed)


def _recipe(
    model: str, given: Mapping[str, Any], teller: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return what of a model's own recipe holds under the names that are given."""
    card = zoo.model_card(model)  # raises the registry's own error, with the nearest match
    path = configs.recipe_path(model)
    if path.is_file():
        return carried_over(configs.flattened(configs.load_recipe(path)), given, teller)
    dataset = {"dataset.name": card.default_dataset} if card.default_dataset else {}
    return {"model.name": model, **dataset}, []


def _checked(values: Mapping[str, Any], imports: Sequence[str], where: str) -> dict[str, Any]:
    """Return a file's flat values, once what it was made with is imported."""
    flat = configs.flattened(values)
    needed = flat.pop("imports", [])
    try:
        needed = configs.typed(tuple[str, ...], needed)
    except ValueError:
        raise configs.wrong_type("imports", needed, tuple[str, ...]) from None
    extensions.require_brought(needed, imports, where)
    for key in _USUAL.keys() & flat.keys():
        # These are needed before there is a parser to check them.
        if not isinstance(flat[key], str):
            section = key.removesuffix(".name")
            raise configs.ConfigError(
                f"recipe key {section!r} is {configs.shown(flat[key])}; give a name, as in "
                f"`{section}: {_USUAL[key]}`"
            )
    return flat


def _resumed(peek: Mapping[str, Any]) -> Path:
    """Return the folder of the run to be resumed."""
    if "config" in peek:
        raise configs.ConfigError(
            "--resume continues the run's own configuration, so --config does not apply; "
            "leave one of them out"
        )
    if not peek.get("run-dir"):
        raise configs.ConfigError("--resume needs --run-dir RUN_DIR: the run to continue")
    return typed_path(peek["run-dir"], "--run-dir")
