"""`python -m trainers.generate RUN_DIR --prompt "ROMEO:"`: let a trained model write text."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import configs
from trainers.cli.exit import run_main
from trainers.cli.parser import add_places, command_parser, parse_command
from trainers.errors import CheckpointError
from trainers.pretrained.weights import HELP, typed_run
from trainers.problems.text import vocabulary
from trainers.runs.folder import require_run
from zoo import WeightsCard, list_weights
from zoo.process.shell import command_line, shown


def main(argv: list[str]) -> None:
    """Print the prompt and what follows it, character by character, as it is drawn."""
    parser = command_parser("generate", "Continue a prompt with a trained model of text.")
    parser.add_argument("run_dir", type=str, help=HELP)
    parser.add_argument(
        "--prompt", type=str, help="the text to continue (default: a line break, if there are any)"
    )
    parser.add_argument(
        "--temperature", type=float, default=1.0, help="below 1: likelier text; 0: the likeliest"
    )
    parser.add_argument("--length", type=int, default=500, help="characters to draw")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another text")
    add_places(parser, unread=True)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run = typed_run(arguments.run_dir)
    if isinstance(run, Path):
        require_run(run)
    _check(arguments.prompt, arguments.temperature, arguments.length, arguments.seed)
    characters = _characters(run)
    prompt = vocabulary.beginning(characters) if arguments.prompt is None else arguments.prompt
    # Before TensorFlow is waited for.
    vocabulary.numbers(prompt, characters)
    path = run / "model.keras" if isinstance(run, Path) else run.name
    if isinstance(run, Path) and not Path(path).is_file():
        raise configs.ConfigError(
            f"{shown(run)} has no model.keras: the run is not finished; continue it with "
            f"`{command_line('python -m trainers.run', '--run-dir', run, '--resume')}`"
        )

    import trainers.cli.quiet  # noqa: F401
    import zoo
    from trainers.problems.text.sampling import Sampler

    try:
        model = zoo.trained_model(zoo.load_model(path))
    except zoo.ModelFileError as error:
        if not isinstance(run, Path):
            raise
        raise CheckpointError(
            f"{error} (or continue the run with --resume, which writes the file anew)"
        ) from error
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


def _check(prompt: str | None, temperature: float, length: int, seed: int) -> None:
    if prompt == "":
        raise configs.ConfigError("--prompt is empty; give at least one character, e.g. a space")
    if not (0 <= temperature < math.inf):
        raise configs.ConfigError(
            f"--temperature is {temperature}; give a finite number of at least 0"
        )
    if length < 1:
        raise configs.ConfigError(f"--length is {length}; give at least 1")
    if not 0 <= seed < 2**31:
        raise configs.ConfigError(f"--seed is {seed}; give a number from 0 to 2147483647")


if __name__ == "__main__":
    run_main(main)
