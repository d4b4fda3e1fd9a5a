"""`python -m trainers.generate RUN_DIR`: let a trained model write text, or draw examples."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_file
from trainers.cli.parser import add_places, command_parser, parse_command
from trainers.errors import CheckpointError
from trainers.pretrained.weights import HELP, typed_run
from trainers.problems.adversarial import drawing
from trainers.problems.text import vocabulary
from trainers.runs.folder import read_saved_config, require_run
from zoo import WeightsCard, list_weights
from zoo.process.shell import command_line, shown

if TYPE_CHECKING:
    import keras

# What is drawn where nothing is said; the flags of a run's own kind are None until then.
_OF_TEXT = {"temperature": 1.0, "length": 500}
_OF_EXAMPLES = {"count": 64}


def main(argv: list[str]) -> None:
    """Print the prompt and what follows it as it is drawn; or draw examples of a generator."""
    parser = command_parser(
        "generate", "Continue a prompt with a trained model of text, or draw with a generator."
    )
    parser.add_argument("run_dir", type=str, help=HELP)
    parser.add_argument(
        "--prompt", type=str, help="the text to continue (default: a line break, if there are any)"
    )
    parser.add_argument(
        "--temperature",
        type=float,
        help="below 1: likelier text; 0: the likeliest (default: 1)",
    )
    parser.add_argument("--length", type=int, help="characters to draw (default: 500)")
    parser.add_argument(
        "--count", type=int, help="of a generator: images or points to draw (default: 64)"
    )
    parser.add_argument(
        "--output",
        type=str,
        metavar="FILE",
        help="of a generator: .png for images, .csv for points, .npy for either (default: points "
        "are printed)",
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed, another text or drawing")
    add_places(parser, unread=True)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run = typed_run(arguments.run_dir)
    output = None if arguments.output is None else output_file(arguments.output)
    if isinstance(run, Path):
        require_run(run)
    if not 0 <= arguments.seed < 2**31:
        raise configs.ConfigError(f"--seed is {arguments.seed}; give a number from 0 to 2147483647")
    if _draws(run):
        _draw(run, output, arguments)
    else:
        _write(run, arguments)


def _draws(run: Path | WeightsCard) -> bool:
    """Return whether a run's model, or that of trained weights, draws examples from noise."""
    import zoo

    if isinstance(run, WeightsCard):
        return run.task == "generation"
    name = str(read_saved_config(run).get("model", {}).get("name"))
    return zoo.is_model(name) and zoo.model_card(name).task == "generation"


def _refuse(arguments: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if getattr(arguments, name) is not None:
            raise configs.ConfigError(
                f"--{name} changes nothing: {shown(arguments.run_dir)} {what}; leave it out"
            )


def _draw(run: Path | WeightsCard, output: Path | None, arguments: argparse.Namespace) -> None:
    _refuse(arguments, ("prompt", "temperature", "length"), "draws examples, and no text")
    count = _OF_EXAMPLES["count"] if arguments.count is None else arguments.count
    if not 1 <= count <= 1_000_000:
        raise configs.ConfigError(f"--count is {count}; give a number from 1 to 1000000")
    model = _model(run)
    kind = drawing.kind_of(model)
    if output is not None:
        drawing.require_ending(output, kind)
    elif kind == "images":
        raise configs.ConfigError(
            "images are written to a file; give one, e.g. --output images.png"
        )
    examples = drawing.draw(model, count, arguments.seed)
    if output is None:
        sys.stdout.write(drawing.table(examples))
    else:
        drawing.write(examples, output)
        print(f"{count} {kind} -> {shown(output)}")


def _write(run: Path | WeightsCard, arguments: argparse.Namespace) -> None:
    characters = _characters(run)
    _refuse(arguments, ("count", "output"), "writes text, and draws no examples")
    for name, usual in _OF_TEXT.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, usual)
    _check(arguments.prompt, arguments.temperature, arguments.length)
    prompt = vocabulary.beginning(characters) if arguments.prompt is None else arguments.prompt
    # Before TensorFlow is waited for.
    vocabulary.numbers(prompt, characters)
    model = _model(run)
    from trainers.problems.text.sampling import Sampler

    sampler = Sampler(model, characters)
    pieces = sampler.stream(prompt, arguments.length, arguments.temperature, arguments.seed)
    sys.stdout.write(prompt)
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _characters(run: Path | WeightsCard) -> tuple[str, ...]:
    """Return what the symbols of a run's model or of trained weights stand for."""
    if isinstance(run, Path):
        return vocabulary.read(run)
    if run.task != "next_character":
        raise configs.ConfigError(
            f"weights {run.name!r} are of a {run.task.replace('_', ' ')}, and text is continued by "
            f"a model of text; give {' or '.join(list_weights('char_*')) or 'a run of one'}"
        )
    return tuple(run.preparation["inputs"]["symbols"])


def _model(run: Path | WeightsCard) -> keras.Model:
    path = run / "model.keras" if isinstance(run, Path) else run.name
    if isinstance(run, Path) and not Path(path).is_file():
        raise configs.ConfigError(
            f"{shown(run)} has no model.keras: the run is not finished; continue it with "
            f"`{command_line('python -m trainers.run', '--run-dir', run, '--resume')}`"
        )

    import trainers.cli.quiet  # noqa: F401
    import zoo

    try:
        return zoo.trained_model(zoo.load_model(path))
    except zoo.ModelFileError as error:
        if not isinstance(run, Path):
            raise
        raise CheckpointError(
            f"{error} (or continue the run with --resume, which writes the file anew)"
        ) from error


def _check(prompt: str | None, temperature: float, length: int) -> None:
    if prompt == "":
        raise configs.ConfigError("--prompt is empty; give at least one character, e.g. a space")
    if not (0 <= temperature < math.inf):
        raise configs.ConfigError(
            f"--temperature is {temperature}; give a finite number of at least 0"
        )
    if length < 1:
        raise configs.ConfigError(f"--length is {length}; give at least 1")


if __name__ == "__main__":
    run_main(main)
