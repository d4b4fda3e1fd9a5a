"""The parser of `trainers.run`: its options in their groups, a recipe as their defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jsonargparse import ArgumentParser

import configs
import datasets
import zoo
from trainers.cli import parser
from trainers.cli.chosen_recipe import SWITCHES, ChosenRecipe
from trainers.cli.options import GROUPS, Argument, arguments
from trainers.cli.typed_arguments import Read, Reader
from trainers.objectives.losses import LOSSES
from trainers.optimizers.catalogue import OPTIMIZERS

_SHELLS = ("bash", "zsh", "tcsh")
# Completion is for a word; `alias zoo-train='python -m trainers.run'` makes one of the command.
_COMPLETED = "zoo-train"


def parser_for(
    peek: Mapping[str, Any], recipe: ChosenRecipe
) -> tuple[list[Argument], ArgumentParser]:
    """Return the options of a command line, and their parser with its recipe as defaults."""
    model = peek.get("model.name", recipe.values.get("model.name", "mlp"))
    optimizer = peek.get("optimizer.name", recipe.values.get("optimizer.name", "adam"))
    entries = arguments(model, optimizer)
    run_parser = _parser(entries)
    run_parser.set_defaults(_read(entries, recipe.values))
    run_parser.set_defaults({"model.name": Read(model), "optimizer.name": Read(optimizer)})
    return entries, run_parser


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
                    type=Reader(entry.type, marks=True),
                    default=entry.default,
                    help=entry.help + lists.get(entry.key, ""),
                    metavar=entry.metavar,
                )
                action.typed_flag = entry.short_flag
    run_parser.add_argument(
        "--config",
        type=str,
        metavar="FILE",
        help="a file over the model's recipe, configs/<model>.yaml; may be one line",
    )
    run_parser.add_argument(
        "--run-dir", type=str, metavar="FOLDER", help="run folder (default: runs/<model>-<time>)"
    )
    run_parser.add_argument(
        "--seeds",
        type=str,
        metavar="LIST",
        help="train once for each seed, as in 0-4 or 0,3,7; tells means and their intervals",
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
    sets = [*datasets.list_datasets(), "or a fitting name of TensorFlow Datasets or Gymnasium"]
    named = {
        "model.name": zoo.list_models(),
        "dataset.name": sets,
        "loss.name": ["auto", *LOSSES],
        "optimizer.name": list(OPTIMIZERS),
    }
    return {key: f": {', '.join(words)}" for key, words in named.items()}


def _read(entries: Collection[Argument], flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's values in the types of their settings."""
    known = {entry.key: entry for entry in entries}
    for key, value in flat.items():
        if key not in known:
            hint = configs.nearest(key, known) or ";"
            raise configs.ConfigError(
                f"recipe key {key!r} is not known{hint} --help lists them all"
            )
        try:
            flat = {**flat, key: Read(configs.typed(known[key].type, value))}
        except ValueError:
            raise configs.wrong_type(key, value, known[key].type) from None
    return dict(flat)


def completion(model: str, optimizer: str, shell: str) -> str:
    """Return the script that completes the command's options in a shell.

    Raises:
        ConfigError: the package shtab is missing.
    """
    run_parser = _parser(arguments(model, optimizer))
    run_parser.prog = _COMPLETED
    for action in run_parser._actions:
        if isinstance(action.type, Reader) and action.type.choices:
            action.choices = action.type.choices
        if action.dest.endswith(".name"):
            action.option_strings = [action.typed_flag]  # type: ignore[attr-defined]
    try:
        return run_parser.get_completion_script(f"shtab-{shell}")
    except ValueError as error:
        raise configs.ConfigError(f"{error} Install the versions in requirements.txt") from error
