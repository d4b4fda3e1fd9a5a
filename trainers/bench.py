"""`python -m trainers.bench fit`: this project's speed as ratios against a peer in the same run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import configs
import zoo
from trainers import problems
from trainers.command import command_parser, parse_command
from trainers.errors import run_main
from trainers.run_folder import replace_file


def main(argv: list[str]) -> None:
    """Measure, print a table, and write JSON."""
    parser = command_parser(
        "bench",
        "fit: one epoch of our loop against the same epoch of keras.Model.fit.",
    )
    parser.add_argument("benchmark", type=str, help="fit")
    parser.add_argument("--models", type=str, default="*", help="pattern of model names")
    parser.add_argument("--batch-sizes", type=str, default="1,10,128,full", help="comma-separated")
    parser.add_argument("--repeats", type=int, default=5, help="measured epochs of each contender")
    parser.add_argument(
        "--most-updates", type=int, default=6000, help="measured epochs are cut to this length"
    )
    parser.add_argument("--output", type=str, default="runs/bench-fit.json", help="JSON file")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if arguments.benchmark != "fit":
        raise configs.ConfigError(f"unknown benchmark {arguments.benchmark!r}; allowed: fit")
    for name in ("repeats", "most_updates"):
        if arguments[name] < 1:
            flag = name.replace("_", "-")
            raise configs.ConfigError(f"--{flag} is {arguments[name]}; give at least 1")
    # Keras's fit has one loss and one optimizer: only supervised models have it for a peer.
    allowed = [name for name in zoo.list_models() if problems.of_model(name).supervised]
    models = [name for name in zoo.list_models(arguments.models) if name in allowed]
    if not models:
        raise configs.ConfigError(
            f"no supervised model matches {arguments.models!r}; allowed: {', '.join(allowed)}"
        )
    sizes = [_batch_size(text) for text in arguments.batch_sizes.split(",")]

    from trainers.quiet import tf  # isort: skip  (first, so that the import is quiet)
    from trainers import environment
    from trainers.bench_fit import cases, measure, table

    # Building the same loop for every row looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    rows = []
    for case in cases(models, sizes, arguments.most_updates):
        print(f"measuring {case.name}, batch {case.batch_size}", file=sys.stderr)
        rows.append(measure(case, arguments.repeats))
    print(table(rows))
    print(f"hardware: {environment.hardware_line()}")
    result = {
        "rows": rows,
        "hardware": environment.hardware(),
        "versions": environment.versions(),
        "git_revision": environment.git_revision(),
    }
    output = Path(arguments.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(output, (json.dumps(result, indent=2) + "\n").encode())
    print(f"written: {output}")


def _batch_size(text: str) -> int | None:
    if text.strip() == "full":
        return None
    if not text.strip().isdigit() or int(text) < 1:
        raise configs.ConfigError(f"batch size {text!r}; allowed: a number of at least 1, or full")
    return int(text)


if __name__ == "__main__":
    run_main(main)
