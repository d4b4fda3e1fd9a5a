"""`python -m trainers.bench NAME`: what one of the benchmarks measures, as a table and as JSON.

A benchmark is a module of `trainers.benchmarks` with `measure(arguments)`, which returns what goes
into the JSON file, and `table(result)`, its text. It may have `save(result, output)`, which writes
more files beside the JSON file and returns their paths, and `check(result)`, which raises
`UserError`, after all is written, for a result that may not be.
"""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import Any

import configs
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import StorageError
from trainers.output.files import replace_file, require_writable
from zoo.process.shell import shown, typed_path

BENCHMARKS = {
    "fit": "epochs of our loop against those of keras.Model.fit",
    "scale": "one device against several replicas and workers",
    "images": "reading a folder of pictures against Keras's reader",
    "loading": "the second start against the first, memory, streams",
    "peers": "our loop against fit, PyTorch and JAX",
    "guard": "ratios that must stay, against a file",
    "runs": "default runs from the command to the prompt",
}
_ABOVE_0 = ("repeats", "most_updates", "updates", "seconds", "turn_seconds", "pictures")


def main(argv: list[str]) -> None:
    """Measure, print tables, and write JSON."""
    parser = command_parser(
        "bench", " ".join(f"{name}: {about}." for name, about in BENCHMARKS.items())
    )
    *names, last = BENCHMARKS
    parser.add_argument("benchmark", type=str, help=f"{', '.join(names)} or {last}")
    parser.add_argument("--models", type=str, default="*", help="fit, runs: pattern of model names")
    parser.add_argument(
        "--batch-sizes", type=str, default="1,10,128,full", help="fit: comma-separated"
    )
    parser.add_argument(
        "--repeats", type=int, default=5, help="fit, images, loading, peers, runs: turns of each"
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
    parser.add_argument("--dataset", type=str, default="mnist", help="loading: of TFDS, embedded")
    parser.add_argument("--data-dir", type=str, help="loading: where it is prepared")
    parser.add_argument("--rows", type=str, default="*", help="peers: pattern of their names")
    parser.add_argument(
        "--peers", type=str, default="fit,torch,jax", help="peers: whom to compare with"
    )
    parser.add_argument(
        "--turn-seconds", type=float, default=0.2, help="peers: how long a turn of ours takes"
    )
    parser.add_argument(
        "--update-baseline", action="store_true", help="guard: write the ratios into its file"
    )
    parser.add_argument("--output", type=str, help="JSON file (default: runs/bench-NAME.json)")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if arguments.benchmark not in BENCHMARKS:
        raise configs.ConfigError(
            f"unknown benchmark {arguments.benchmark!r}"
            f"{configs.instead(arguments.benchmark, BENCHMARKS)}"
        )
    for name in _ABOVE_0:
        if not 0 < arguments[name] < math.inf:
            flag = name.replace("_", "-")
            raise configs.ConfigError(
                f"--{flag} is {arguments[name]}; give a finite number above 0"
            )
    given = arguments.output
    usual = Path(f"runs/bench-{arguments.benchmark}.json")
    output = usual if given is None else typed_path(given, "--output")
    if arguments.data_dir is not None:
        arguments.data_dir = str(typed_path(arguments.data_dir, "--data-dir"))
    _require_room_for(output)
    benchmark: Any = importlib.import_module(f"{__package__}.benchmarks.{arguments.benchmark}")
    result = benchmark.measure(arguments)
    print(benchmark.table(result))
    result = {**result, **_surroundings()}
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(output, (json.dumps(result, indent=2) + "\n").encode())
    print(f"written: {shown(output)}")
    for path in benchmark.save(result, output) if hasattr(benchmark, "save") else ():
        print(f"written: {shown(path)}")
    if hasattr(benchmark, "check"):
        benchmark.check(result)


def _require_room_for(output: Path) -> None:
    """Raise an error now for a file that could not be written when all is measured."""
    if output.suffix != ".json" or output.is_dir():
        raise configs.ConfigError(
            f"--output {shown(output)} is {'a folder' if output.is_dir() else 'no JSON file'}; "
            "give a file whose name ends in .json"
        )
    folder = next(each for each in output.absolute().parents if each.exists())
    try:
        require_writable(folder)
    except OSError as error:
        raise StorageError(
            f"cannot write to {shown(folder)} ({error.strerror}); give a writable --output"
        ) from error


def _surroundings() -> dict[str, Any]:
    import trainers.cli.quiet  # noqa: F401  isort: skip  (first, so that the import is quiet)
    from trainers.runs import provenance

    print(f"hardware: {provenance.hardware_line()}")
    return {
        "hardware": provenance.hardware(),
        "versions": provenance.versions(),
        "git_revision": provenance.git_revision(),
    }


if __name__ == "__main__":
    run_main(main)
