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

SWITCHES = {
    "resume": "continue the run in --run-dir from its newest intact checkpoint",
    "print-config": "print the resolved configuration and stop",
    "dry-run": "build, train two steps, evaluate, write nothing",
}


@dataclass(frozen=True)
class ChosenRecipe:
    """Flat values, whether the user wrote them, and what was left out of them."""

    values: dict[str, Any]
    is_own: bool
    notes: list[str]


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
            f"{run_dir} holds no {path.name}, so there is no run to resume; "
            "check --run-dir, or leave --resume out to start one there"
        )
    return configs.load_recipe(path)


def read(
    peek: Mapping[str, Any], saved: Callable[[Path], dict[str, Any]], imports: Sequence[str]
) -> ChosenRecipe:
    """Return the recipe that a command line means, for the model and optimizer that it names."""
    values, is_own, where = _file(peek, saved)
    needed = values.pop("imports", None) or []
    extensions.require_brought([str(name) for name in needed], imports, where)
    flat = configs.flattened(values)
    given = {key.replace("-", "_"): value for key, value in peek.items()}
    flat, notes = carried_over(flat, given)
    return ChosenRecipe(flat, is_own, notes)


def _file(
    peek: Mapping[str, Any], saved: Callable[[Path], dict[str, Any]]
) -> tuple[dict[str, Any], bool, str]:
    """Return a recipe's values, whether the user wrote them, and what to call it."""
    if peek.get("resume"):
        if peek.get("config"):
            raise configs.ConfigError(
                "--resume continues the run's own configuration, so --config does not apply; "
                "leave one of them out"
            )
        if not peek.get("run-dir"):
            raise configs.ConfigError("--resume needs --run-dir RUN_DIR: the run to continue")
        return saved(Path(peek["run-dir"])), True, f"the run in {peek['run-dir']}"
    if peek.get("config"):
        path = Path(peek["config"])
        is_own = not configs.is_shipped(path)
        return configs.load_recipe(path), is_own, f"the recipe {path}"
    name = peek.get("model.name") or "mlp"
    card = zoo.model_card(name)  # raises the registry's own error, with the nearest match
    path = configs.recipe_path(name)
    if path.is_file():
        return configs.load_recipe(path), False, f"the recipe {path}"
    values: dict[str, Any] = {"model": name}
    if card.default_dataset:
        values["dataset"] = card.default_dataset
    return values, False, f"model {name!r}"
