"""`python -m trainers.export RUN_DIR --format onnx`: a trained model for another runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_path
from trainers.cli.parser import add_places, command_parser, parse_command, places
from trainers.exporting.formats import FORMATS, Format, find
from trainers.pretrained.weights import HELP, typed_run
from trainers.runs.folder import require_run
from zoo.process.shell import shown

if TYPE_CHECKING:
    from trainers.exporting.export import Exported


def main(argv: list[str]) -> None:
    """Write the model, and say what it takes, what it gives and how it compares."""
    parser = command_parser("export", "Write a finished run's model for another runtime.")
    parser.add_argument("run_dir", type=str, help=HELP)
    parser.add_argument("--format", type=str, help=f"{', '.join(FORMATS)}")
    parser.add_argument(
        "--output",
        type=str,
        metavar="PATH",
        help="where to write (default: in the run's folder; of weights, here)",
    )
    parser.add_argument(
        "--quantize",
        type=str,
        metavar="int8",
        help="8-bit weights, and for pictures activations (onnx, litert)",
    )
    add_places(parser)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if arguments.format is None:
        raise configs.ConfigError(f"give --format: one of {', '.join(FORMATS)}")
    row = find(arguments.format, arguments.quantize)
    run_dir = typed_run(arguments.run_dir)
    if isinstance(run_dir, Path):
        require_run(run_dir)
    output = None if arguments.output is None else output_path(arguments.output)
    _check_output(row, output)

    import trainers.cli.quiet  # noqa: F401
    from trainers.exporting.export import data_of, export

    data = data_of(run_dir, places(arguments), arguments.imports)
    exported = export(run_dir, row, data, output, arguments.quantize)
    print("\n".join(_lines(row, exported)))


def _check_output(row: Format, output: Path | None) -> None:
    suffix = Path(row.name).suffix
    if output is not None and suffix and output.suffix != suffix:
        raise configs.ConfigError(
            f"--output {shown(output)} does not end in {suffix}, by which others know the format; "
            f"give {shown(output.with_suffix(suffix))}"
        )
    if output is not None and output.is_dir() != (not suffix) and output.exists():
        kind = "a folder" if output.is_dir() else "a file"
        raise configs.ConfigError(f"--output {shown(output)} is {kind}; give another path")


def _lines(row: Format, exported: Exported) -> list[str]:
    what = exported.what
    lines = [
        f"written   {shown(exported.path)}, {exported.nbytes / 1000:,.1f} kB, "
        f"{exported.seconds:.1f} s with reading it back",
    ]
    for each, spec in zip(what.model.inputs, what.specs, strict=True):
        axes = ", ".join("any" if size is None else str(size) for size in spec.shape)
        name = each.name if row.any_name else spec.name
        lines.append(f"takes     {name} {spec.dtype.name} [{axes}]")
    if what.symbols:
        lines.append(
            f"note      {row.name} holds no text: symbols go in as numbers from 0 on, in the order "
            'of "symbols" in its description'
        )
    lines.append(f"compared  largest difference {exported.difference:.1e} on {exported.examples}")
    if exported.scores:
        name, before, after = exported.scores
        lines.append(
            f"int8      {name} {after:.4f} on the test split, where the original has {before:.4f}"
        )
    command = row.next.format(path=repr(str(exported.path)))
    return [*lines, f'try       python -c "{command}"']


if __name__ == "__main__":
    run_main(main)
