"""`python -m trainers.reproduce NAME`: run an experiment, draw it, judge its claim."""

from __future__ import annotations

import configs
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import UserError
from trainers.experiments import results
from trainers.experiments.experiment import load, names
from zoo.process.shell import typed_path


class ClaimFailed(UserError):
    """An experiment ran, and its claim does not hold."""

    exit_code = 1


def main(argv: list[str]) -> None:
    """Run one experiment or all; a result of the same code and settings is not measured again."""
    parser = command_parser(
        "reproduce",
        "Test a claim: run its experiment, plot it, and compare with what is expected.",
    )
    parser.add_argument("name", type=str, nargs="?", help="an experiment, or all")
    parser.add_argument("--list", action="store_true", help="print every experiment's claim")
    parser.add_argument("--short", action="store_true", help="the shortened form that tests run")
    parser.add_argument("--again", action="store_true", help="measure anew what has a result")
    parser.add_argument("--output", type=str, default="runs/reproduce", help="results folder")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if arguments.list:
        for name in names():
            print(f"{name:22}{load(name).claim}")
        return
    if not arguments.name:
        raise configs.ConfigError(f"name an experiment: all, {', '.join(names())}")
    recipes = [load(name) for name in (names() if arguments.name == "all" else [arguments.name])]
    output = typed_path(arguments.output, "--output")
    failed = []
    for recipe in recipes:
        if arguments.short:
            recipe = recipe.shortened()
        row = None if arguments.again else results.finished(output, recipe)
        when = "not measured again: the result of the same code and settings from "
        if row is None:
            row, when = results.run(output, recipe), "measured "
        print(f"{recipe.name}: {recipe.claim} ({recipe.source})")
        form = ", shortened: each seed by itself" if recipe.is_short else ""
        print(f"  {when}{results.measured_when(row)}{form}")
        for check in row["checks"]:
            print(f"  {check['text']}")
        if recipe.remark:
            print(f"  {recipe.remark}")
        if not row["held"]:
            failed.append(recipe.name)
    results.write_table(output)
    print(f"results: {output / 'results.md'}")
    if failed:
        raise ClaimFailed(f"the claim does not hold in: {', '.join(failed)}")


if __name__ == "__main__":
    run_main(main)
