"""`python -m trainers.report RUN_DIR`: the page that tells a run, written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_file
from trainers.cli.parser import add_places, command_parser, parse_command, places
from trainers.errors import CheckpointError
from trainers.predictions.example_record import FILE
from trainers.pretrained.weights import require_folder, saved_config_of, typed_run
from zoo.process import chatter
from zoo.process.shell import shown


def main(argv: list[str]) -> None:
    """Write `RUN_DIR/report.html`, or `--output FILE`."""
    parser = command_parser(
        "report",
        "Write the page that tells a run: what was trained on what, curves, figures with "
        "intervals, mistakes, samples, settings, seconds. One file, which asks for nothing else.",
    )
    parser.add_argument("run_dir", type=str, help="a folder written by trainers.run")
    parser.add_argument("--output", type=str, help="page (default: RUN_DIR/report.html)")
    parser.add_argument(
        "--measure",
        action="store_true",
        help=f"measure the test examples anew, and write {FILE}; without, the folder is enough",
    )
    add_places(parser)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run_dir = require_folder(typed_run(arguments.run_dir), "a report")
    given = arguments.output
    output = run_dir / "report.html" if given is None else output_file(given)
    if output.suffix not in (".html", ".htm"):
        raise configs.ConfigError(f"--output is {shown(output)}; give a .html file")
    if arguments.measure:
        _measure(run_dir, arguments)
    from trainers.reports.pages.run_page import write_report

    write_report(run_dir, output)
    print(f"written: {shown(output)}")
    if not (run_dir / FILE).is_file():
        print(
            f"without intervals and mistakes: the run kept no {FILE}; --measure makes it of the "
            "run's data"
        )


def _measure(run_dir: Path, arguments: Any) -> None:
    """Write what the best weights make of each test example.

    Raises:
        CheckpointError: the run kept no checkpoint that can be used.
    """
    from trainers.assembly.resolve import require_known_data, resolve

    plan = resolve(saved_config_of(run_dir, places(arguments), arguments.imports))
    require_known_data(plan, saved=True)
    chatter.expect(plan.config.precision)
    import trainers.cli.quiet  # noqa: F401  (before anything that imports TensorFlow)
    from trainers.reports.pages.at_end import record_examples
    from trainers.runs.opened import opened

    run = opened(run_dir, plan)
    if run.parts.examples is None:
        raise CheckpointError(
            f"{shown(run_dir)}: the figures of a {plan.config.model.name} are of many examples "
            "together, so there is nothing to measure one by one; leave --measure out"
        )
    record_examples(run.parts, run_dir, run.step)


if __name__ == "__main__":
    run_main(main)
