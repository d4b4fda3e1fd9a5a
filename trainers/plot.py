"""`python -m trainers.plot RUN_DIR`: a run's learning curves as one picture."""

from __future__ import annotations

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_file
from trainers.cli.parser import add_places, command_parser, parse_command
from trainers.output.theme import THEMES
from trainers.pretrained.weights import require_folder, typed_run
from trainers.reports.curves import AXES, draw
from zoo.process.shell import shown


def main(argv: list[str]) -> None:
    """Draw `RUN_DIR/curves.png`, or `--output FILE` (PNG, SVG or PDF by its ending)."""
    parser = command_parser(
        "plot",
        "Draw a run's loss and metric over its epochs.",
    )
    parser.add_argument("run_dir", type=str, help="a folder written by trainers.run")
    parser.add_argument("--output", type=str, help="picture (default: RUN_DIR/curves.png)")
    parser.add_argument(
        "--axis",
        type=str,
        default="epoch",
        help=f"what runs to the right: {', '.join(AXES)}, which shows a run's beginning",
    )
    parser.add_argument(
        "--theme",
        type=str,
        default="light",
        help=f"{' or '.join(THEMES)}, as the slide it is for",
    )
    add_places(parser, unread=True)
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    run_dir = require_folder(typed_run(arguments.run_dir), "learning curves")
    given = arguments.output
    output = run_dir / "curves.png" if given is None else output_file(given)
    if output.suffix not in (".png", ".svg", ".pdf"):
        raise configs.ConfigError(f"--output is {shown(output)}; give a .png, .svg or .pdf file")
    if arguments.axis not in AXES:
        raise configs.ConfigError(
            f"--axis cannot be {arguments.axis!r}{configs.instead(arguments.axis, AXES)}"
        )
    if arguments.theme not in THEMES:
        raise configs.ConfigError(
            f"--theme cannot be {arguments.theme!r}{configs.instead(arguments.theme, THEMES)}"
        )
    draw(run_dir, output, arguments.axis, arguments.theme)
    print(f"written: {shown(output)}")


if __name__ == "__main__":
    run_main(main)
