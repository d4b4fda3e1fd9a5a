"""`python -m trainers.gradcheck --model NAME [--loss NAME] [--all]`: are the gradients right?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import configs
import zoo
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import UserError
from trainers.objectives.losses import LOSSES, find
from trainers.problems import catalogue as problems

if TYPE_CHECKING:
    from trainers.inspection.finite_differences import Comparison

EXAMPLES = 4


class GradientError(UserError):
    """A gradient that differs from the finite differences."""


def main(argv: list[str]) -> None:
    """Print the comparison of every chosen model and loss.

    Raises:
        GradientError: a gradient is wrong, or none of a variable's coordinates could be checked.
    """
    parser = command_parser(
        "gradcheck",
        "Compare gradients to central finite differences in float64, at a model's "
        f"default options and {EXAMPLES} random examples of its default dataset's shape. The "
        "relative error of a difference n and a gradient a of the loss L is "
        "|n - a| / max(|n|, |a|, 1e-4 max(1, |L|)).",
    )
    parser.add_argument("--model", type=str, help="a registered model; `python -m zoo` lists them")
    parser.add_argument("--loss", type=str, default="auto", help="auto: the model's usual")
    parser.add_argument(
        "--all",
        action="store_true",
        help="every loss that fits, of every model unless one is named",
    )
    parser.add_argument("--coordinates", type=int, default=40, help="at most so many per variable")
    parser.add_argument("--seed", type=int, default=0, help="draws weights, examples, coordinates")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    if not arguments.model and not arguments.all:
        raise configs.ConfigError("nothing to check; give --model NAME, or --all for every model")
    if arguments.coordinates < 1 or not 0 <= arguments.seed < 2**31:
        raise configs.ConfigError(
            f"--coordinates {arguments.coordinates} and --seed {arguments.seed}; allowed: at least "
            "1, and 0 to 2147483647"
        )
    if arguments.loss != "auto":
        find(arguments.loss)
    models = [arguments.model] if arguments.model else zoo.list_models()
    chosen = {name: fitting_losses(name, arguments.loss, arguments.all) for name in models}
    if not any(chosen.values()):
        raise configs.ConfigError(f"no model takes --loss {arguments.loss}; choose another loss")

    import trainers.cli.quiet  # noqa: F401
    from trainers.inspection.gradcheck import compared

    found: dict[str, list[Comparison] | None] = {
        name: compared(
            name,
            problems.of_model(name).predicts or "classes",
            losses,
            output_activation=_output_activation(name),
            examples=EXAMPLES,
            coordinates=arguments.coordinates,
            seed=arguments.seed,
        )
        for name, losses in chosen.items()
        if losses
    }
    _print(found)
    wrong = [row for rows in found.values() for row in rows or () if not row.passed]
    if wrong:
        raise GradientError(
            f"{len(wrong)} gradients differ from the finite differences or could not be checked, "
            f"first {wrong[0].variable} under {wrong[0].loss}; look at the layer and the loss"
        )


def fitting_losses(model: str, loss: str, every: bool) -> list[str]:
    """Return the losses to check a model under, by name; none where `every` finds none to fit.

    Raises:
        ConfigError, zoo.UnknownModelError: no such model, or a single loss that does not fit it.
    """
    task, problem = zoo.model_card(model).task, problems.of_model(model)
    activation = _output_activation(model)
    if not problem.supervised:
        if every:
            return []
        raise configs.ConfigError(
            f"model {model!r} is not supervised, so there is no loss to differentiate; choose a "
            "supervised model, `python -m zoo` lists them"
        )
    if not every:
        return [problem.loss(loss, task, activation)]
    fitting = []
    for name in LOSSES if loss == "auto" else [loss]:
        try:
            fitting.append(problem.loss(name, task, activation))
        except configs.ConfigError:
            continue
    return fitting


def _output_activation(model: str) -> str:
    options = zoo.model_options(model)
    return options["output_activation"].default if "output_activation" in options else "linear"


def _print(found: dict[str, list[Comparison] | None]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in ("model", "loss", "variable"):
        table.add_column(column)
    for column in ("worst relative error", "coordinates", "left out at kinks"):
        table.add_column(column, justify="right")
    for model, rows in found.items():
        if rows is None:
            table.add_row(model, "-", "-", "straight-through", "0", "0")
        for row in rows or ():
            verdict = "" if row.passed else "  WRONG"
            table.add_row(
                model,
                row.loss,
                row.variable,
                f"{row.worst:.1e}{verdict}",
                str(row.coordinates),
                str(row.kinks),
            )
        table.add_section()
    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, highlight=False, markup=False)
    console.print(table)
    if None in found.values():
        console.print(
            "straight-through: not checked, since the step's gradient is chosen to be 1 and is "
            "not its derivative",
            soft_wrap=True,
        )


if __name__ == "__main__":
    run_main(main)
