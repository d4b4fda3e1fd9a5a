"""The parser of `trainers.run`: its options in their groups, a recipe as their defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser

import configs
import datasets
import zoo
from trainers.cli import parser
from trainers.cli.chosen_recipe import SWITCHES, ChosenRecipe
from trainers.cli.options import GROUPS, Argument, arguments
from trainers.objectives.losses import LOSSES
from trainers.optimizers.catalogue import OPTIMIZERS

_SHELLS = ("bash", "zsh", "tcsh")
# Completion is for a word; `alias zoo-train='python -m trainers.run'` makes one of the command.
_COMPLETED = "zoo-train"


def parser_for(
    peek: Mapping[str, Any], recipe: ChosenRecipe
) -> tuple[list[Argument], ArgumentParser]:
    """Return the options of a command line, and their parser with its recipe as defaults."""
    model = peek.get("model.name") or _name(recipe, "model", "mlp")
    optimizer = peek.get("optimizer.name") or _name(recipe, "optimizer", "adam")
    entries = arguments(model, optimizer)
    run_parser = _parser(entries)
    _apply_recipe(run_parser, {entry.key for entry in entries}, recipe.values)
    run_parser.set_defaults({"model.name": model, "optimizer.name": optimizer})
    return entries, run_parser


def _name(recipe: ChosenRecipe, section: str, usual: str) -> str:
    name = recipe.values.get(f"{section}.name", usual)
    if not isinstance(name, str):
        raise configs.ConfigError(
            f"recipe key {section!r} is {name!r}; give a name, as in `{section}: {usual}`"
        )
    return name


def _parser(entries: Collection[Argument]) -> ArgumentParser:
    run_parser = parser.make_parser(
        "python -m trainers.run",
        "Train a registered model on its recipe, configs/<model>.yaml, or on what you choose. "
        "`--model NAME --help` shows NAME's options and what its recipe makes of them.",
        usage="python -m trainers.run [--model NAME] [options]",
    )
    lists = _lists()
    for title in GROUPS:
        group = run_parser.add_argument_group(title)
        for entry in entries:
            if entry.group == title:
                flags = dict.fromkeys((entry.flag, entry.short_flag))
                # --model itself would hide --model.units: `chosen_recipe.full` turns it into
                # --model.name.
                named = entry.key.endswith(".name")
                action = group.add_argument(
                    *([entry.flag] if named else flags),
                    type=entry.type,
                    default=entry.default,
                    help=entry.help + lists.get(entry.key, ""),
                    metavar=entry.metavar,
                )
                action.typed_flag = entry.short_flag
    run_parser.add_argument(
        "--config", type=str, metavar="FILE", help="a recipe instead of configs/<model>.yaml"
    )
    run_parser.add_argument(
        "--run-dir", type=str, metavar="FOLDER", help="run folder (default: runs/<model>-<time>)"
    )
    for name, text in SWITCHES.items():
        run_parser.add_argument(f"--{name}", action="store_true", help=text)
    run_parser.add_argument(
        "--print-completion",
        choices=_SHELLS,
        metavar="{bash,zsh,tcsh}",
        help=f"print a script that completes {_COMPLETED}, an alias of this command",
    )
    return run_parser


def _lists() -> dict[str, str]:
    """Return what there is to choose from, by key."""
    sets = [*datasets.list_datasets(), "or a fitting name of TensorFlow Datasets"]
    named = {
        "model.name": zoo.list_models(),
        "dataset.name": sets,
        "loss.name": ["auto", *LOSSES],
        "optimizer.name": list(OPTIMIZERS),
    }
    return {key: f": {', '.join(words)}" for key, words in named.items()}


def _apply_recipe(
    run_parser: ArgumentParser, allowed: Collection[str], flat: Mapping[str, Any]
) -> None:
    for key in flat:
        if key not in allowed:
            hint = configs.nearest(key, allowed) or ";"
            raise configs.ConfigError(
                f"recipe key {key!r} is not known{hint} --help lists them all"
            )
    try:
        run_parser.parse_object(configs.nested(flat), defaults=False)
        run_parser.set_defaults(dict(flat))
    except (ArgumentError, TypeError, KeyError, OverflowError) as error:
        raise configs.ConfigError(parser.one_line(str(error))) from error


def completion(model: str, optimizer: str, shell: str) -> str:
    """Return the script that completes the command's options in a shell.

    Raises:
        ConfigError: the package shtab is missing.
    """
    run_parser = _parser(arguments(model, optimizer))
    run_parser.prog = _COMPLETED
    for action in run_parser._actions:
        if action.dest.endswith(".name"):
            action.option_strings = [action.typed_flag]  # type: ignore[attr-defined]
    try:
        return run_parser.get_completion_script(f"shtab-{shell}")
    except ValueError as error:
        raise configs.ConfigError(f"{error} Install the versions in requirements.txt") from error
