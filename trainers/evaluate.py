"""`python -m trainers.evaluate RUN_DIR [--split test]`: measure a run's saved weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from trainers.assembly.resolve import resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.cli.run_arguments import saved_config
from trainers.runs.folder import read_saved_config, require_run


def main(argv: list[str]) -> None:
    """Print the figures of one split as `name value` lines, or as JSON with `--json`."""
    parser = command_parser(
        "evaluate",
        "Measure a run's saved weights on one split.",
    )
    parser.add_argument("run_dir", type=str, help="a folder written by trainers.run")
    parser.add_argument(
        "--split",
        type=Literal["train", "validation", "test"],
        default="test",
        help="what is measured on",
    )
    parser.add_argument(
        "--checkpoint",
        type=Literal["best", "newest"],
        default="best",
        help="the weights: best on validation, or newest",
    )
    parser.add_argument("--data-dir", type=str, help="folder of prepared TFDS data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run_dir = Path(arguments.run_dir)
    require_run(run_dir)
    moved = {"dataset.data_dir": arguments.data_dir} if arguments.data_dir else {}
    config = saved_config(run_dir, moved, arguments.imports, read_saved_config)

    import trainers.cli.quiet  # noqa: F401
    from trainers.runs.opened import opened

    run = opened(run_dir, resolve(config), checkpoint=arguments.checkpoint)
    values = run.parts.evaluation.measure(run.parts.dataset.splits[arguments.split])
    if arguments.json:
        print(json.dumps({"split": arguments.split, "step": run.step, **values}))
        return
    print(f"{config.model.name} on {config.dataset.name}, {arguments.split}, step {run.step}")
    for name, value in values.items():
        print(f"{name:28}{value:.6f}")


if __name__ == "__main__":
    run_main(main)
