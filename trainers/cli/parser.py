"""The parser of every command: its help, its errors in one line, and what all commands have."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Collection, Sequence
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser, Namespace

import configs
from trainers.cli import extensions
from trainers.cli.suggestions import suggestion
from trainers.cli.typed_arguments import Reader, in_one_line
from trainers.version import __version__
from zoo.catalogue.extensions import FLAG

_WIDEST = 80


class HelpFormatter(argparse.HelpFormatter):
    """Options as they are typed, in at most 80 columns, each with its default.

    An option's action may have `shown_default`, the text that stands for its default.
    """

    def __init__(self, prog: str) -> None:
        width = min(_WIDEST, shutil.get_terminal_size().columns)
        # One column is left free, where a terminal would break the line.
        super().__init__(prog, max_help_position=30, width=width - 1)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        # The last spelling is the short one.
        flags = action.option_strings if action.nargs == 0 else action.option_strings[-1:]
        value = "" if action.nargs == 0 else f" {action.metavar or 'VALUE'}"
        flags = [getattr(action, "typed_flag", flag) for flag in flags]
        return ", ".join(flags) + value

    def _get_help_string(self, action: argparse.Action) -> str:
        text = (action.help or "").replace("%", "%%")
        default = getattr(action, "shown_default", None)
        return text if default is None else f"{text} (default: {default.replace('%', '%%')})"


class _Parser(ArgumentParser):
    """Reads each argument's words by the rule that reads recipes, in its groups too."""

    def add_argument(self, *names: Any, **about: Any) -> argparse.Action:
        if "type" in about and not isinstance(about["type"], Reader):
            about["type"] = Reader(about["type"])
        return super().add_argument(*names, **about)


def make_parser(prog: str, description: str, **options: Any) -> ArgumentParser:
    """Return a parser with what every command has: --help, --version, --debug, --import."""
    parser = _Parser(
        exit_on_error=False,
        allow_abbrev=False,
        prog=prog,
        description=description,
        formatter_class=HelpFormatter,
        version=__version__,
        **options,
    )
    next(a for a in parser._actions if a.dest == "version").help = "show the version and exit"
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument(
        FLAG,
        type=str,
        metavar="MODULE",
        help="import a module or a .py file that registers models, datasets, ... of your own; may "
        "be given several times",
    )
    return parser


def command_parser(name: str, description: str) -> ArgumentParser:
    """Return a parser for `python -m trainers.NAME`; add the command's own arguments to it."""
    return make_parser(f"python -m trainers.{name}", description)


def add_places(parser: ArgumentParser, *, unread: bool = False) -> None:
    """Add the flags that tell where a run's data are now, if they were moved.

    Args:
        parser: of a command that is given a run's folder.
        unread: whether the command reads no data: it takes the flags, so that one line of them
            serves every command of a run.
    """
    note = "; no data are read here, the run's folder is enough" if unread else ""
    for flag, metavar, text in (
        ("--data-dir", "FOLDER", "where the run's prepared TFDS data are now"),
        ("--data-path", "PATH", "where the run's own data are now"),
    ):
        parser.add_argument(flag, type=str, metavar=metavar, help=text + note)


def places(arguments: Namespace) -> dict[str, str]:
    """Return what the flags of `add_places` were given, by the configuration's dotted key."""
    given = {"data_dir": arguments.data_dir, "data_path": arguments.data_path}
    return {f"dataset.{name}": value for name, value in given.items() if value is not None}


def parse_command(parser: ArgumentParser, argv: Sequence[str]) -> Namespace | None:
    """Return the parsed arguments, or None after printing the help that `argv` asked for.

    What `--import` names is imported first, and is `imports` among the arguments.

    Raises:
        ConfigError: an argument is unknown or has a wrong value.
    """
    if {"--help", "-h"} & set(argv):
        show_help(parser)
        return None
    rest, names = extensions.brought(argv)
    parsed = parse(parser, [hyphenated(argument) for argument in rest])
    parsed["imports"] = names
    return parsed


def show_help(parser: ArgumentParser) -> None:
    """Print the help, each option with the default that its parser has."""
    for action in parser._actions:
        plain = action.nargs == 0 or action.default in (None, argparse.SUPPRESS)
        if not plain and not hasattr(action, "shown_default"):
            shown = str(action.default)
            # A line's end would show as nothing.
            action.shown_default = shown if shown.strip() else repr(shown)  # type: ignore[attr-defined]
    print(parser.format_help())


def hyphenated(argument: str) -> str:
    """Spell a flag with hyphens, which argparse takes as they are; leave values alone."""
    if not re.match(r"--[A-Za-z]", argument):
        return argument
    flag, equals, value = argument.partition("=")
    return f"{flag.replace('_', '-')}{equals}{value}"


def parse(parser: ArgumentParser, argv: Sequence[str]) -> Namespace:
    """Parse arguments that `hyphenated` has spelt.

    Raises:
        ConfigError: an argument is unknown or has a wrong value.
    """
    flags = {flag for action in parser._actions for flag in action.option_strings}
    for argument in argv:
        flag = argument.partition("=")[0]
        if re.match(r"--[A-Za-z]", flag) and flag not in flags:
            raise configs.ConfigError(unknown_option(flag, flags))
    try:
        return parser.parse_args(_flags_first(parser, argv))
    except ArgumentError as error:
        raise in_one_line(error) from error


def _flags_first(parser: ArgumentParser, argv: Sequence[str]) -> list[str]:
    """Return the flags, each with its value, before all else.

    argparse takes inputs only where they stand in one piece: RUN --top 1 FILE has two.
    """
    if not any(action.nargs == "*" and not action.option_strings for action in parser._actions):
        return list(argv)
    valued = {
        flag for action in parser._actions if action.nargs != 0 for flag in action.option_strings
    }
    flags: list[str] = []
    others: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*flags, word, *others, *words]
        if word in valued:
            flags += [word, *(value for value in [next(words, None)] if value is not None)]
        else:
            (flags if re.match(r"-[A-Za-z-]", word) else others).append(word)
    return flags + others


def unknown_option(flag: str, flags: Collection[str]) -> str:
    """Return the message about a flag that a command does not have."""
    shown = {each.removesuffix(".name") for each in flags}
    return f"unknown option {flag}{suggestion(flag, shown) or ';'} --help lists them all"
