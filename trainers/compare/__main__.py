"""`python -m trainers.compare RUN RUN ...`: which is better, by how much, and what was set."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_file
from trainers.cli.parser import command_parser, parse_command
from zoo.process.shell import shown, typed_path


def main(argv: list[str]) -> None:
    """Print a table of the runs, and write a page."""
    parser = command_parser(
        "compare",
        "Compare runs: a table, their curves over each other, the settings that differ, and how "
        "far they are apart on the same test examples. Several seeds of one setting are one row.",
    )
    parser.add_argument("runs", nargs="*", type=str, help="run folders, or folders of runs")
    parser.add_argument(
        "--figure", type=str, help="which decides (default: what stands for the model)"
    )
    parser.add_argument(
        "--output", type=str, help="page (default: compare.html in the folder that has all runs)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON in the table's place")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if not arguments.runs:
        raise configs.ConfigError("no runs are given; name two or more, or a folder of them")
    paths = [typed_path(text, "RUNS") for text in arguments.runs]
    given = arguments.output
    output = None if given is None else output_file(given)
    if output is not None and output.suffix not in (".html", ".htm"):
        raise configs.ConfigError(f"--output is {shown(output)}; give a .html file")
    from trainers.compare.collected import found, grouped
    from trainers.compare.page import print_table, write_comparison
    from trainers.compare.rows import compared

    runs = found(paths)
    known = {name for run in runs for name in run.figures("validation")}
    if arguments.figure is not None and arguments.figure not in known:
        raise configs.ConfigError(
            f"--figure cannot be {arguments.figure!r}{configs.instead(arguments.figure, known)}"
        )
    comparison = compared(grouped(runs), arguments.figure)
    page = output or _page(paths, [run.path for run in runs])
    write_comparison(comparison, page)
    if arguments.json:
        print(json.dumps(_as_json(comparison)))
        return
    print_table(comparison)
    print(f"page: {shown(page)}")


def _page(paths: list[Path], runs: list[Path]) -> Path:
    """Return where the page goes if nobody says: the folder that was given, or that has all."""
    if len(paths) == 1:
        return paths[0] / "compare.html"
    return Path(os.path.commonpath([run.resolve().parent for run in runs])) / "compare.html"


def _as_json(comparison: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from trainers.compare.collected import differing

    keys = differing([row.group for row in comparison.rows])
    return {
        "figure": comparison.figure,
        "rows": [
            {
                "run": row.group.label,
                "folders": [str(run.path) for run in row.group.runs],
                "settings": {key: row.group.settings.get(key) for key in keys},
                "validation": {name: _plain(each) for name, each in row.validation.items()},
                "test": {name: _plain(each) for name, each in row.test.items()},
                "seconds": row.seconds,
                "beside": row.beside if isinstance(row.beside, str | None) else asdict(row.beside),
            }
            for row in comparison.rows
        ],
    }


def _plain(value: Any) -> dict[str, Any]:
    ends = [value.low, value.high] if value.has_interval else None
    return {"mean": value.mean, "interval": ends}


if __name__ == "__main__":
    run_main(main)
