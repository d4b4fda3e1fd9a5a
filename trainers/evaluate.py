"""`python -m trainers.evaluate RUN_DIR [--split test]`: measure a run's saved weights."""

from __future__ import annotations

import json
from typing import Literal

from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import add_places, command_parser, parse_command, places
from trainers.cli.run_arguments import saved_config
from trainers.runs.folder import read_saved_config, require_run
from zoo.process.shell import typed_path


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
    add_places(parser)
    parser.add_argument(
        "--all-classes", action="store_true", help="show every class, not only the worst of many"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run_dir = typed_path(arguments.run_dir, "RUN_DIR")
    require_run(run_dir)
    config = saved_config(run_dir, places(arguments), arguments.imports, read_saved_config)
    plan = resolve(config)
    require_known_data(plan, saved=True)

    import trainers.cli.quiet  # noqa: F401
    from trainers.predictions.details import details
    from trainers.predictions.tables import table
    from trainers.runs.opened import opened

    run = opened(run_dir, plan, checkpoint=arguments.checkpoint)
    split = run.parts.dataset.splits[arguments.split]
    values = run.parts.evaluation.measure(split)
    found = details(run.parts, split)
    if arguments.json:
        more = found.as_json() if found else {}
        print(json.dumps({"split": arguments.split, "step": run.step, **values, **more}))
        return
    print(f"{config.model.name} on {config.dataset.name}, {arguments.split}, step {run.step}")
    for name, value in values.items():
        print(f"{name:28}{value:.6f}")
    if found:
        print(f"\n{table(found, all_classes=arguments.all_classes)}")


if __name__ == "__main__":
    run_main(main)
