"""The parser that the smaller commands share: `--help`, `--debug`, one-line errors."""

from __future__ import annotations

from jsonargparse import ArgumentError, ArgumentParser, Namespace

import configs
from trainers.command_line import one_line


def command_parser(name: str, description: str) -> ArgumentParser:
    """Return a parser for `python -m trainers.NAME`; add the command's own arguments to it."""
    parser = ArgumentParser(
        exit_on_error=False,
        allow_abbrev=False,
        prog=f"python -m trainers.{name}",
        description=description,
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def parse_command(parser: ArgumentParser, argv: list[str]) -> Namespace | None:
    """Return the parsed arguments, or None after printing the help that `argv` asked for.

    Raises:
        ConfigError: an argument is unknown or has a wrong value.
    """
    if "--help" in argv or "-h" in argv:
        print(parser.format_help())
        return None
    try:
        return parser.parse_args([_hyphenated(argument) for argument in argv])
    except ArgumentError as error:
        raise configs.ConfigError(one_line(str(error))) from error


def _hyphenated(argument: str) -> str:
    flag, equals, value = argument.partition("=")
    return f"{flag.replace('_', '-')}{equals}{value}" if flag.startswith("--") else argument
