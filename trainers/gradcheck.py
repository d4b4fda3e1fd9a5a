"""`python -m trainers.gradcheck --model NAME [--loss NAME] [--all]`: are the gradients right?"""

from __future__ import annotations

import sys
import typing
from typing import TYPE_CHECKING, Any

import configs
import zoo
from trainers import problems
from trainers.command import command_parser, parse_command
from trainers.errors import UserError, run_main

if TYPE_CHECKING:
    import datasets
    from trainers.finite_differences import Comparison

BATCH_SIZE = 4
# Added to the weights, so that biases are not 0 and no two scores are equal.
_NOISE = 0.1


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
        f"default options and {BATCH_SIZE} random examples of its default dataset's shape. The "
        "relative error of a difference n and a gradient a of the loss L is "
        "|n - a| / max(|n|, |a|, 1e-4 max(1, |L|)).",
    )
    parser.add_argument("--model", type=str, help="a registered model; `python -m zoo` lists them")
    parser.add_argument("--loss", type=loss_names(), default="auto", help="auto: the model's usual")
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
    if arguments.coordinates < 1 or arguments.seed < 0:
        raise configs.ConfigError(
            f"--coordinates {arguments.coordinates} and --seed {arguments.seed}; allowed: at least "
            "1 and at least 0"
        )
    models = [arguments.model] if arguments.model else zoo.list_models()
    chosen = {name: fitting_losses(name, arguments.loss, arguments.all) for name in models}
    if not any(chosen.values()):
        raise configs.ConfigError(f"no model takes --loss {arguments.loss}; choose another loss")

    import trainers.quiet  # noqa: F401

    found: dict[str, list[Comparison] | None] = {
        name: check(name, losses, arguments.coordinates, arguments.seed)
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


def loss_names() -> Any:
    """The names that `--loss` takes, as a `Literal`."""
    return typing.get_type_hints(configs.LossConfig)["name"]


def fitting_losses(model: str, loss: str, every: bool) -> list[str]:
    """Return the losses to check a model under, by name; none where `every` finds none to fit.

    Raises:
        ConfigError, zoo.UnknownModelError: no such model, or a single loss that does not fit it.
    """
    from trainers import losses

    task, activation = zoo.model_card(model).task, _output_activation(model)
    if not problems.of_model(model).supervised:
        if every:
            return []
        raise configs.ConfigError(
            f"model {model!r} is not supervised, so there is no loss to differentiate; choose a "
            "supervised model, `python -m zoo` lists them"
        )
    if not every:
        return [losses.resolve(loss, task, activation)]
    names = [name for name in typing.get_args(loss_names()) if name != "auto"]
    fitting = []
    for name in names if loss == "auto" else [loss]:
        try:
            fitting.append(losses.resolve(name, task, activation))
        except configs.ConfigError:
            continue
    return fitting


def _output_activation(model: str) -> str:
    options = zoo.model_options(model)
    return options["output_activation"].default if "output_activation" in options else "linear"


def check(
    model: str, loss_names: list[str], coordinates: int, seed: int
) -> list[Comparison] | None:
    """Build a model in float64 and compare its gradients; None for a straight-through gradient.

    Raises:
        ConfigError: the model has no default dataset to take its shapes from.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    import datasets
    from trainers import finite_differences, losses

    card = zoo.model_card(model)
    if card.default_dataset is None:
        raise configs.ConfigError(f"model {model!r} has no default dataset, so no known shape")
    data = datasets.load(card.default_dataset, scratch=True)
    # The remapper fuses no 64-bit operations, and warns of every one it meets.
    tf.config.optimizer.set_experimental_options({"remapping": False})
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        keras.utils.set_random_seed(seed)
        built = zoo.create_model(model, num_classes=data.num_classes, input_shape=data.input_shape)
        if finite_differences.straight_through(built):
            return None
        random = np.random.default_rng(seed)
        for variable in built.trainable_variables:
            variable.assign(variable + _NOISE * random.normal(size=variable.shape))
        activation = _output_activation(model)
        functions = {
            name: losses.make(
                configs.LossConfig(typing.cast(Any, name)), card.task, data.num_classes, activation
            )
            for name in loss_names
        }
        inputs, targets = _examples(data, random)
        return finite_differences.compare(
            built, functions, inputs, targets, coordinates=coordinates, seed=seed
        )
    finally:
        keras.config.set_dtype_policy(policy)
        tf.config.optimizer.set_experimental_options({"remapping": True})


def _examples(data: datasets.Dataset, random: Any) -> tuple[Any, Any]:
    """Random inputs and targets: numbers of deviation 1, symbols and classes all as likely."""
    split = data.splits["train"]

    def draw(array: Any) -> Any:
        shape = (BATCH_SIZE, *array.shape[1:])
        if array.dtype.kind == "f":
            return random.normal(size=shape)
        return random.integers(0, data.num_classes, shape, dtype=array.dtype)

    return draw(split.inputs), draw(split.targets)


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
