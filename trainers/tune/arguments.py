"""The words of `trainers.tune`: its own flags, and those of `trainers.run`, which hold for all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import configs
from trainers.cli.parser import command_parser, hyphenated, parse, show_help
from trainers.output.theme import THEMES
from zoo.process.shell import typed_path

SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("median", "hyperband", "none")
_OTHERS = ("run-dir", "seeds", "lr-find", "dry-run", "print-completion")
_TRIALS = 20


@dataclass(frozen=True)
class Wanted:
    """What was typed of a study's own; None where it was not.

    Args:
        searches: what is tried, KEY=VALUES each.
        trials: how many in all.
        study: the folder.
        resume: whether it must be there already.
        processes: how many work on it.
        sampler, pruner: by name.
        timeout_seconds: after which no trial begins.
        theme: of the pictures.
        rest: the words of `trainers.run`.
    """

    searches: list[str]
    trials: int | None
    study: Path | None
    resume: bool
    processes: int
    sampler: str | None
    pruner: str | None
    timeout_seconds: float | None
    theme: Any
    rest: list[str]


def read(argv: Sequence[str]) -> Wanted | None:
    """Return what was typed, or None after printing the help that was asked for.

    Raises:
        ConfigError: a flag of its own has a wrong value, or one of a run has no meaning here.
    """
    parser = command_parser(
        "tune",
        "Search for the settings that are best on the validation split. Every option of "
        "`python -m trainers.run --model NAME --help` is one of this command, too, and holds for "
        "all trials; --best-by says which figure decides.",
    )
    add = parser.add_argument
    add(
        "--search",
        type=str,
        metavar="KEY=VALUES",
        help="a setting to be tried, and its values: log(1e-4,1), uniform(0,0.5), int(8,64), "
        "int log(8,256), or a list such as [[30],[100,50]]; once for each setting",
    )
    add("--trials", type=int | None, metavar="N", help=f"how many, in all ({_TRIALS})")
    add("--study", type=str, metavar="FOLDER", help="folder (runs/tune-<model>-<time>)")
    add("--resume", action="store_true", help="go on with the study that is in --study")
    add("--processes", type=int, default=1, metavar="N", help="how many work on the study")
    add("--sampler", type=str, metavar="NAME", help="tpe, random or grid (tpe)")
    add("--pruner", type=str, metavar="NAME", help="median, hyperband or none (median)")
    add(
        "--timeout-seconds",
        type=float | None,
        metavar="X",
        help="begin no trial after that time",
    )
    add("--theme", type=str, default="light", help=f"of the pictures: {' or '.join(THEMES)}")
    if {"--help", "-h"} & set(argv):
        show_help(parser)
        return None
    flags = {
        flag: action.nargs != 0
        for action in parser._actions
        for flag in action.option_strings
        if flag.startswith("--") and flag not in ("--import", "--help", "--version", "--debug")
    }
    own, rest, searches = _parted([hyphenated(word) for word in argv], flags)
    _require_meaning(rest, flags)
    found = parse(parser, own)
    for name, allowed in (("sampler", SAMPLERS), ("pruner", PRUNERS), ("theme", THEMES)):
        value = found[name]
        if value is not None and value not in allowed:
            raise configs.ConfigError(
                f"--{name} cannot be {configs.shown(value)}{configs.instead(value, allowed)}"
            )
    for name in ("trials", "processes", "timeout_seconds"):
        value = found[name]
        if value is not None and not 0 < value < 1e9:
            flag = name.replace("_", "-")
            raise configs.ConfigError(f"--{flag} is {value}; give a number above 0")
    return Wanted(
        searches=searches,
        trials=found.trials,
        study=None if found.study is None else typed_path(found.study, "--study"),
        resume=found.resume,
        processes=found.processes,
        sampler=found.sampler,
        pruner=found.pruner,
        timeout_seconds=found.timeout_seconds,
        theme=found.theme,
        rest=rest,
    )


def _parted(words: Sequence[str], flags: dict[str, bool]) -> tuple[list[str], list[str], list[str]]:
    """Return the words of the own flags, all others, and the values of `--search`."""
    own: list[str] = []
    rest: list[str] = []
    searches: list[str] = []
    following = iter(words)
    for word in following:
        flag, equals, value = word.partition("=")
        if flag not in flags:
            rest.append(word)
            continue
        if flags[flag] and not equals:
            value = next(following, "")
        if flag == "--search":
            searches.append(value)
        else:
            own += [flag, value] if flags[flag] else [word]
    return own, rest, searches


def _require_meaning(rest: Sequence[str], flags: dict[str, bool]) -> None:
    for word in rest:
        flag = word.partition("=")[0]
        if flag.removeprefix("--") in _OTHERS and flag.startswith("--"):
            instead = "; --study says where a study lies" if flag == "--run-dir" else ""
            raise configs.ConfigError(
                f"{flag} is of `python -m trainers.run`, not of a study{instead}"
            )
        if re.match(r"--[a-z]", flag) and flag not in ("--import",) and _is_misspelt(flag, flags):
            raise configs.ConfigError(
                f"unknown option {flag}{configs.nearest(flag, flags)} --help lists them all"
            )


def _is_misspelt(flag: str, flags: dict[str, bool]) -> bool:
    """Return whether a flag is nearly one of the study's own, as --trial."""
    near = configs.nearest(flag, flags)
    return bool(near) and any(
        own.startswith(flag) or flag.startswith(own) for own in flags if own in near
    )
