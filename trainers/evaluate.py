"""`python -m trainers.evaluate RUN_DIR [--split test]`: measure a run's saved weights."""

from __future__ import annotations

import json
from typing import Literal

from trainers import command_line, compatibility
from trainers.command import command_parser, parse_command
from trainers.errors import CheckpointError, run_main
from trainers.run import run_dir_argument


def main(argv: list[str]) -> None:
    """Print the figures of one split as `name value` lines, or as JSON with `--json`."""
    parser = command_parser(
        "evaluate",
        "Measure a run's saved weights on one split.",
    )
    parser.add_argument("run_dir", type=str, help="a folder written by trainers.run")
    parser.add_argument("--split", type=Literal["train", "validation", "test"], default="test")
    parser.add_argument("--checkpoint", type=Literal["best", "newest"], default="best")
    parser.add_argument("--data-dir", type=str, help="folder of prepared TFDS data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run_dir = run_dir_argument(arguments.run_dir)
    saved = ["--run-dir", str(run_dir), "--resume"]
    if arguments.data_dir:
        saved += ["--data-dir", arguments.data_dir]
    config = command_line.parse(saved).config

    import trainers.quiet  # noqa: F401
    from trainers import checkpoints, state
    from trainers.assembly import assemble, load_dataset
    from trainers.loop import Totals

    folder = run_dir / "checkpoints"
    checkpoint = checkpoints.load_newest(folder)
    best_step = checkpoint.metadata["best_step"]
    if arguments.checkpoint == "best" and best_step is not None:
        if best_step not in checkpoints.available(folder):
            raise CheckpointError(f"{folder} has no checkpoint of step {best_step}, the best")
        checkpoint = checkpoints.load(folder, best_step)
    dataset = load_dataset(config)
    compatibility.check(checkpoint.metadata, config, dataset.fingerprint)
    parts = assemble(config, dataset)
    state.restore(parts.step, Totals(parts.step.names), checkpoint.arrays)
    for read in parts.hooks.read:
        read(run_dir)
    for begin in parts.hooks.begin:
        begin(None)
    values = parts.evaluation.measure(dataset.splits[arguments.split])
    if arguments.json:
        print(json.dumps({"split": arguments.split, "step": checkpoint.step, **values}))
        return
    print(f"{config.model.name} on {dataset.name}, {arguments.split}, step {checkpoint.step}")
    for name, value in values.items():
        print(f"{name:28}{value:.6f}")


if __name__ == "__main__":
    run_main(main)
