"""`python -m trainers.predict RUN_DIR INPUT...`: what a trained model says of new data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_file
from trainers.cli.parser import add_places, command_parser, parse_command
from zoo.process import chatter
from zoo.process.shell import shown, typed_path

if TYPE_CHECKING:
    from datasets.raw.examples import RawExamples
    from trainers.predictions.predictor import Predictor

_STANDARD = "-"


def main(argv: list[str]) -> None:
    """Print the answers to all inputs, in their order, or write them to a file."""
    parser = command_parser(
        "predict",
        "Predict new data with a run's model: pictures and folders of them, tables, arrays, text. "
        "Rows are counted from 0.",
    )
    parser.add_argument(
        "run_dir",
        type=str,
        help="a folder written by trainers.run, its model.keras, or trained weights such as "
        "cnn:mnist",
    )
    parser.add_argument(
        "inputs",
        type=str,
        nargs="*",
        metavar="INPUT",
        help="files or folders of the kind that the model was trained on; - is standard input",
    )
    parser.add_argument("--text", type=str, help="a text, for a model of text")
    parser.add_argument("--top", type=int, default=3, help="how many classes are told of each")
    parser.add_argument(
        "--format", type=Literal["table", "csv", "json"], default="table", help="of the answers"
    )
    parser.add_argument("--output", type=str, metavar="FILE", help="write there, whole or not")
    parser.add_argument("--batch-size", type=int, default=256, help="examples at a time")
    parser.add_argument(
        "--encoding", type=str, help="of text that is neither UTF-8 nor marked, e.g. cp1252"
    )
    add_places(parser, unread=True)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    _check(arguments)
    from trainers.predictions.predictor import load, model_file
    from trainers.pretrained.weights import typed_run
    from trainers.runs.folder import read_saved_config

    run = typed_run(arguments.run_dir)
    output = None if arguments.output is None else output_file(arguments.output)
    path = model_file(run)
    if isinstance(run, Path) and run.is_dir():
        chatter.expect(read_saved_config(run).get("precision"))
    sources: list[Path | bytes] = [
        sys.stdin.buffer.read() if each == _STANDARD else typed_path(each, "INPUT")
        for each in arguments.inputs
    ]

    import trainers.cli.quiet  # noqa: F401
    from datasets.raw.reading import read_raw

    predictor = load(path)
    examples = read_raw(
        predictor.inputs,
        sources,
        texts=[] if arguments.text is None else [arguments.text],
        encoding=arguments.encoding,
    )
    for note in examples.notes:
        print(f"note: {note}", file=sys.stderr)
    text = _predicted(predictor, examples, arguments)
    if output is None:
        sys.stdout.write(text)
        return
    from trainers.output.files import replace_file

    replace_file(output, text.encode())
    print(f"written: {shown(output)}")


def _check(arguments: Any) -> None:
    if not arguments.inputs and arguments.text is None:
        raise configs.ConfigError(
            "nothing to predict; give files or folders, - for standard input, or --text"
        )
    if arguments.inputs.count(_STANDARD) > 1:
        raise configs.ConfigError("- is given twice, and standard input is read once; give it once")
    for flag, value in (("--top", arguments.top), ("--batch-size", arguments.batch_size)):
        if value < 1:
            raise configs.ConfigError(f"{flag} is {value}; give at least 1")


def _predicted(predictor: Predictor, examples: RawExamples, arguments: Any) -> str:
    """Return all answers as text; before the first is shown, every input has been read."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from trainers.predictions.written import FORMATS, Predictions
    from trainers.runs.progress import redraws

    size = arguments.batch_size
    batches = track(
        examples.batches(size),
        description="",
        total=-(-examples.size // size),
        console=Console(stderr=True),
        transient=True,
        disable=not redraws(),
    )
    answers = np.concatenate([predictor.predict(batch) for batch in batches])
    found = Predictions(
        examples.column, examples.names, predictor.outputs["kind"], predictor.names, answers
    )
    return FORMATS[arguments.format](found, arguments.top)


if __name__ == "__main__":
    run_main(main)
