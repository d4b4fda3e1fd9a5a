"""`python -m trainers.reproduce NAME`: run an experiment, draw it, judge its claim."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import configs
from trainers.command import command_parser, parse_command
from trainers.errors import UserError, run_main
from trainers.experiments.experiment import Check, Outcome, Recipe, judge, load, names
from trainers.run_folder import replace_file


class ClaimFailed(UserError):
    """An experiment ran, and its claim does not hold."""

    exit_code = 1


def main(argv: list[str]) -> None:
    """Run one experiment or all; finished ones with the same settings are not run again."""
    parser = command_parser(
        "reproduce",
        "Test a claim: run its experiment, plot it, and compare with what is expected.",
    )
    parser.add_argument("name", type=str, nargs="?", help="an experiment, or all")
    parser.add_argument("--list", action="store_true", help="print every experiment's claim")
    parser.add_argument("--short", action="store_true", help="the shortened form that tests run")
    parser.add_argument("--again", action="store_true", help="run even what has a result")
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
    output = Path(arguments.output)
    failed = []
    for recipe in recipes:
        if arguments.short:
            recipe = dataclasses.replace(recipe, settings={**recipe.settings, **recipe.short})
        row = None if arguments.again else _finished(output, recipe)
        row = row or _run(output, recipe)
        print(f"{recipe.name}: {recipe.claim} ({recipe.source})")
        for check in row["checks"]:
            print(f"  {check['text']}")
        if not row["held"]:
            failed.append(recipe.name)
    _write_table(output)
    print(f"results: {output / 'results.md'}")
    if failed:
        raise ClaimFailed(f"the claim does not hold in: {', '.join(failed)}")


def _finished(output: Path, recipe: Recipe) -> dict[str, Any] | None:
    row = _rows(output).get(recipe.name)
    expected = json.loads(json.dumps(recipe.expected))
    if row and row["settings"] == recipe.settings and row["expected"] == expected:
        return row
    return None


def _rows(output: Path) -> dict[str, Any]:
    path = output / "results.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _run(output: Path, recipe: Recipe) -> dict[str, Any]:

    from trainers.quiet import tf  # isort: skip  (first, so that the import is quiet)
    from trainers import environment

    # Building one loop after another looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    module = importlib.import_module(f"trainers.experiments.{recipe.name}")
    print(f"running {recipe.name}", file=sys.stderr)
    started = time.perf_counter()
    outcome: Outcome = module.run(
        recipe.settings, lambda line: print(f"  {line}", file=sys.stderr, flush=True)
    )
    checks: list[Check] = judge(recipe, outcome)
    folder = output / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    _draw(module, outcome, folder / "plot.png")
    row = {
        "claim": recipe.claim,
        "source": recipe.source,
        "settings": recipe.settings,
        "expected": recipe.expected,
        "held": all(check.held for check in checks),
        "checks": [
            {
                "figure": check.figure,
                "value": check.value,
                "deviation": check.deviation,
                "text": str(check),
            }
            for check in checks
        ],
        "samples": outcome.samples,
        "seconds": time.perf_counter() - started,
        "hardware": environment.hardware_line(),
        "git_revision": environment.git_revision(),
    }
    details = {**row, "curves": outcome.curves}
    replace_file(folder / "outcome.json", (json.dumps(details, indent=1) + "\n").encode())
    # One row at a time, so that an interrupted `all` goes on where it stopped.
    rows = {**_rows(output), recipe.name: row}
    replace_file(output / "results.json", (json.dumps(rows, indent=1) + "\n").encode())
    return row


def _draw(module: Any, outcome: Outcome, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(layout="constrained", figsize=(9, 3.8))
    module.draw(outcome, figure)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _write_table(output: Path) -> None:
    lines = ["| experiment | claim | verdict | figures | time |", "|---|---|---|---|---:|"]
    for name, row in sorted(_rows(output).items()):
        figures = "; ".join(check["text"].split("  ", 1)[1] for check in row["checks"])
        verdict = "holds" if row["held"] else "**fails**"
        lines.append(
            f"| `{name}` | {row['claim']} | {verdict} | {figures} | {row['seconds']:.0f} s |"
        )
    replace_file(output / "results.md", ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    run_main(main)
