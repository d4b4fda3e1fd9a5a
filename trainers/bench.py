"""`python -m trainers.bench fit | scale | images`: what was measured, as tables and as JSON.

fit: this project's speed as ratios against a peer in the same run. scale: the same training on one
device, several replicas and several workers, whether it ends alike, and how fast each is. images:
seconds to read a folder of pictures, against Keras's own reader.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

import configs
import zoo
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import UserError
from trainers.output.files import replace_file
from trainers.problems import catalogue as problems
from zoo.process.shell import shown, typed_path

_TOLERANCE = 1e-5


def main(argv: list[str]) -> None:
    """Measure, print tables, and write JSON."""
    parser = command_parser(
        "bench",
        "fit: epochs of our loop against those of keras.Model.fit. "
        "scale: one device against several replicas and workers. "
        "images: reading a folder of pictures against Keras's reader.",
    )
    parser.add_argument("benchmark", type=str, help="fit, scale or images")
    parser.add_argument("--models", type=str, default="*", help="fit: pattern of model names")
    parser.add_argument(
        "--batch-sizes", type=str, default="1,10,128,full", help="fit: comma-separated"
    )
    parser.add_argument(
        "--repeats", type=int, default=5, help="fit, images: measured turns of each"
    )
    parser.add_argument(
        "--most-updates", type=int, default=6000, help="fit: measured epochs are cut to this length"
    )
    parser.add_argument("--updates", type=int, default=50, help="scale: updates that must agree")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="scale: how long a speed is timed"
    )
    parser.add_argument(
        "--pictures", type=int, default=10_000, help="images: how many are made and read"
    )
    parser.add_argument("--output", type=str, help="JSON file (default: runs/bench-NAME.json)")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    benchmarks = {"fit": _fit, "scale": _scale, "images": _images}
    if arguments.benchmark not in benchmarks:
        raise configs.ConfigError(
            f"unknown benchmark {arguments.benchmark!r}"
            f"{configs.instead(arguments.benchmark, benchmarks)}"
        )
    for name in ("repeats", "most_updates", "updates", "seconds", "pictures"):
        if not 0 < arguments[name] < math.inf:
            flag = name.replace("_", "-")
            raise configs.ConfigError(
                f"--{flag} is {arguments[name]}; give a finite number above 0"
            )
    result = benchmarks[arguments.benchmark](arguments)
    given = arguments.output
    usual = Path(f"runs/bench-{arguments.benchmark}.json")
    output = usual if given is None else typed_path(given, "--output")
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(output, (json.dumps(result, indent=2) + "\n").encode())
    print(f"written: {shown(output)}")
    if result.get("largest_difference", 0) > _TOLERANCE:
        raise UserError(
            f"placements differ by up to {result['largest_difference']:.1e}, allowed is "
            f"{_TOLERANCE:g}; see {output}"
        )


def _fit(arguments: Namespace) -> dict[str, Any]:
    # Keras's fit has one loss and one optimizer: only supervised models have it for a peer.
    allowed = [name for name in zoo.list_models() if problems.of_model(name).supervised]
    models = [name for name in zoo.list_models(arguments.models) if name in allowed]
    if not models:
        raise configs.ConfigError(
            f"no supervised model matches {arguments.models!r}; allowed: {', '.join(allowed)}"
        )
    sizes = [_batch_size(text) for text in arguments.batch_sizes.split(",")]

    from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)
    from trainers.benchmarks.fit import cases, table, time_case

    # Building the same loop for every row looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    rows = []
    for case in cases(models, sizes, arguments.most_updates):
        print(f"measuring {case.name}, batch {case.batch_size}", file=sys.stderr)
        rows.append(time_case(case, arguments.repeats))
    print(table(rows))
    return {"rows": rows, **_surroundings()}


def _scale(arguments: Namespace) -> dict[str, Any]:
    from trainers.benchmarks import scale

    results = scale.train_everywhere(arguments.updates, arguments.seconds)
    import trainers.cli.quiet  # noqa: F401

    print(scale.tables(results))
    largest = scale.largest(results)
    print(f"\nlargest difference {largest:.1e}, allowed {_TOLERANCE:g}")
    return {"placements": results, "largest_difference": largest, **_surroundings()}


def _images(arguments: Namespace) -> dict[str, Any]:
    import trainers.cli.quiet  # noqa: F401  isort: skip  (first, so that the import is quiet)
    from trainers.benchmarks import images

    rows = images.measure(arguments.pictures, arguments.repeats)
    print(images.table(rows))
    return {"rows": rows, **_surroundings()}


def _surroundings() -> dict[str, Any]:
    from trainers.runs import provenance

    print(f"hardware: {provenance.hardware_line()}")
    return {
        "hardware": provenance.hardware(),
        "versions": provenance.versions(),
        "git_revision": provenance.git_revision(),
    }


def _batch_size(text: str) -> int | None:
    if text.strip() == "full":
        return None
    if not text.strip().isdigit() or int(text) < 1:
        raise configs.ConfigError(f"batch size {text!r}; allowed: a number of at least 1, or full")
    return int(text)


if __name__ == "__main__":
    run_main(main)
