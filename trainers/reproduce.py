"""`python -m trainers.reproduce NAME`: run an experiment or a published row, and judge it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import configs
import datasets
from trainers.claims.sealed import measured_when
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import UserError
from trainers.experiments import results
from trainers.experiments.experiment import load, names
from trainers.published import reading
from trainers.published import reproduce as published
from trainers.published.findings import MISSED
from zoo.process.shell import typed_path

_EXPERIMENTS_ALONE = "all"


class ClaimFailed(UserError):
    """What was run does not show what is claimed, or misses what was printed."""

    exit_code = 1


def main(argv: list[str]) -> None:
    """Run what is named; what has a result of the same settings is not run again."""
    parser = command_parser(
        "reproduce",
        "Test a claim, or see a published figure again: run it, plot it, and compare with what is "
        "expected. Exit code 1: a claim does not hold, or a figure is missed.",
    )
    parser.add_argument(
        "name",
        type=str,
        nargs="?",
        help="an experiment or a published row; all: the experiments; fast, slow, published: the "
        "rows of a set, or all rows",
    )
    parser.add_argument("--list", action="store_true", help="print every claim and printed figure")
    parser.add_argument("--short", action="store_true", help="the shortened form that tests run")
    parser.add_argument("--again", action="store_true", help="measure anew what has a result")
    parser.add_argument("--output", type=str, default="runs/reproduce", help="results folder")
    parser.add_argument(
        "--data-dir", type=str, metavar="FOLDER", help="prepared TFDS data, for rows that need some"
    )
    parser.add_argument(
        "--data-path", type=str, metavar="PATH", help="a file of data, for rows that need one"
    )
    parser.add_argument(
        "--record", action="store_true", help="put a row's record into this clone, for the table"
    )
    parser.add_argument("--table", action="store_true", help="write the table of rows anew")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if arguments.list:
        _list()
    if arguments.table:
        from trainers.published.table import PAGE, write_table

        write_table()
        print(f"table: {PAGE}")
    if arguments.list or arguments.table:
        return
    chosen, rows = _chosen(arguments.name)
    output = typed_path(arguments.output, "--output")
    if chosen:
        for flag in ("data_dir", "data_path", "record"):
            if arguments[flag]:
                raise configs.ConfigError(
                    f"--{flag.replace('_', '-')} is for published rows, and {arguments.name!r} is "
                    "an experiment; leave it out"
                )
        _experiments(chosen, output, arguments)
    if rows:
        _rows(rows, output, arguments)


def _list() -> None:
    width = 2 + max(map(len, (*names(), *reading.names())))
    for name in names():
        print(f"{name:{width}}{load(name).claim}")
    for name in reading.names():
        row = reading.load(name)
        print(f"{name:{width}}{row.speed} set: {row.source}")


def _chosen(name: str | None) -> tuple[list[str], list[str]]:
    """Return the experiments and the rows that a name stands for.

    Raises:
        ConfigError: none.
    """
    known = [*names(), *reading.names()]
    groups = [_EXPERIMENTS_ALONE, *reading.SETS]
    if not name:
        raise configs.ConfigError(f"name one: {', '.join([*groups, *known])}")
    if name == _EXPERIMENTS_ALONE:
        return names(), []
    if name in names():
        return [name], []
    rows = published.members(name)
    if not rows:
        raise configs.ConfigError(
            f"unknown experiment or row {name!r}{configs.instead(name, [*groups, *known])}"
        )
    return [], rows


def _experiments(chosen: Sequence[str], output: Path, arguments: Any) -> None:
    failed = []
    for recipe in map(load, chosen):
        if arguments.short:
            recipe = recipe.shortened()
        row = None if arguments.again else results.finished(output, recipe)
        when = "not measured again: the result of the same code and settings from "
        if row is None:
            row, when = results.run(output, recipe), "measured "
        print(f"{recipe.name}: {recipe.claim} ({recipe.source})")
        form = ", shortened: each seed by itself" if recipe.is_short else ""
        print(f"  {when}{measured_when(row)}{form}")
        for check in row["checks"]:
            basis = recipe.ranges.get(check["figure"])
            print(f"  {check['text']}" + (f", a range {basis}" if basis else ""))
        if recipe.remark:
            print(f"  {recipe.remark}")
        if not row["held"]:
            failed.append(recipe.name)
    results.write_table(output)
    print(f"results: {output / 'results.md'}")
    if failed:
        raise ClaimFailed(f"the claim does not hold in: {', '.join(failed)}")


def _rows(chosen: Sequence[str], output: Path, arguments: Any) -> None:
    """Reproduce rows one after the other; of several, one that cannot run stops no other."""
    given = {"data_dir": arguments.data_dir, "data_path": arguments.data_path}
    flags = {"data_dir": "--data-dir", "data_path": "--data-path"}
    places = {
        f"dataset.{key}": str(typed_path(path, flags[key]))
        for key, path in given.items()
        if path is not None
    }
    if output.exists() and not output.is_dir():
        raise configs.ConfigError(f"--output {output} is no folder; give one, or a new name")
    if arguments.record:
        published.require_recordable(short=arguments.short)  # before hours of work
    missed, left_out = [], []
    for name in chosen:
        row = reading.load(name)
        if arguments.short:
            row = row.shortened()
        print(f"row {name}", file=sys.stderr, flush=True)
        try:
            found = published.reproduce(row, output, places, again=arguments.again)
        except (configs.ConfigError, datasets.DataError) as error:
            if len(chosen) == 1:
                raise
            print(f"{name}: not run: {error}")
            left_out.append(name)
            continue
        print("\n".join(published.told(row, found)), flush=True)
        if arguments.record:
            print(f"  record: {published.keep(row, output, found)}")
        if found["verdict"] == MISSED:
            missed.append(name)
    problems = [f"missed: {', '.join(missed)}"] * bool(missed)
    problems += [f"not run: {', '.join(left_out)}"] * bool(left_out)
    if problems:
        raise ClaimFailed("; ".join(problems))


if __name__ == "__main__":
    run_main(main)
