"""`python -m zoo` lists the models; `python -m zoo lstm` shows one model's card.

`python -m zoo cnn:mnist` shows the card of trained weights, `python -m zoo "*:mnist"` a list.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from zoo.catalogue.cards import ModelCard, model_card
from zoo.catalogue.extensions import FLAG, bring, import_flags
from zoo.catalogue.index import built_in_models
from zoo.catalogue.registry import list_models
from zoo.errors import ModelError, ModelFileError, reason_of
from zoo.process import command
from zoo.process.shell import command_line
from zoo.weights.cards import weights_card
from zoo.weights.names import list_weights, unknown
from zoo.weights.pages import page, shown


class _Parser(argparse.ArgumentParser):
    """Tells of a mistake in one line, as every command does."""

    def error(self, message: str) -> NoReturn:
        raise ModelError(f"{message}; --help shows what is allowed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table or a card and return the exit code: 0, 2 for an error, 4 for damage."""
    parser = _Parser(
        prog="python -m zoo",
        description="List the registered models, or show the card of one or of trained weights.",
    )
    parser.add_argument(
        "model",
        nargs="?",
        help="a model's name or a pattern such as '*lstm*'; of weights, cnn:mnist or '*:*'",
    )
    parser.add_argument(
        FLAG,
        dest="imports",
        action="append",
        default=[],
        metavar="MODULE",
        help="import a module or a .py file that registers models of your own",
    )
    # Rich cuts columns to 80 characters where the output is a file or a pipe.
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False, markup=False)
    try:
        parsed = parser.parse_args(arguments)
        name = parsed.model
        bring(parsed.imports)
        pattern = any(wildcard in (name or "*") for wildcard in "*?[")
        if name is not None and ":" in name:
            lines = weights_lines(name) if pattern else [page(weights_card(name))]
            console.print("\n".join(lines), soft_wrap=True)
        elif name is None or pattern:
            console.print(registry_table(name or "*"))
        else:
            print_card(console, model_card(name), parsed.imports)
    except ModelError as error:
        print(f"error: {command.one_line(str(error))}", file=sys.stderr)
        return command.DAMAGED if isinstance(error, ModelFileError) else 2
    return 0


def describe(error: Exception) -> tuple[int, str]:
    """Return the exit code and the one line that tell of an error that is none of the zoo's."""
    return 1, f"{type(error).__name__}: {reason_of(error)} (an internal error: --debug shows where)"


def registry_table(pattern: str = "*") -> Table:
    """Return the table of the models whose names match a pattern.

    Raises:
        ModelError: no name matches.
    """
    names = list_models(pattern)
    if not names:
        raise ModelError(
            f"no model matches {pattern!r}; run `python -m zoo` for the list: "
            f"{', '.join(list_models())}"
        )
    table = Table(
        caption="Parameters and FLOPs are those of the recipe's model; `python -m zoo NAME` shows "
        "the builder's too.",
        caption_justify="left",
    )
    for column in ("name", "task"):
        table.add_column(column)
    for column in ("parameters", "FLOPs per example"):
        table.add_column(column, justify="right")
    for column in ("default dataset", "measured"):
        table.add_column(column)
    for name in names:
        card = model_card(name)
        table.add_row(
            card.name,
            card.task,
            _count(card.parameters),
            _count(card.flops_per_example),
            card.default_dataset or "-",
            _metric(card),
        )
    return table


def weights_lines(pattern: str) -> list[str]:
    """Return a line for each of the weights whose names match a pattern.

    Raises:
        UnknownWeightsError: none do.
    """
    names = list_weights(pattern)
    if not names:
        raise unknown(pattern)
    width = max(map(len, names))
    return [f"{name.ljust(width)}  {shown(weights_card(name).test)}" for name in names]


def print_card(console: Console, card: ModelCard, imports: Sequence[str] = ()) -> None:
    """Print one model's card.

    Args:
        console: where to.
        card: the model's.
        imports: the modules that its command needs.
    """
    facts = Table.grid(padding=(0, 2))
    facts.add_row("task", card.task)
    facts.add_row("paper", card.paper or "-")
    facts.add_row("input", " or ".join(_shape(axes) for axes in card.input_axes) or "any")
    facts.add_row("default dataset", card.default_dataset or "-")
    facts.add_row("measured", _metric(card))
    if card.measured_with is not None:
        facts.add_row("measured with", card.measured_with)
    if card.hardware is not None:
        facts.add_row("hardware", card.hardware)
    if card.seconds is not None:
        facts.add_row("time", f"{card.seconds:,.1f} s")

    console.print(f"{card.name}: {card.summary}", soft_wrap=True)
    console.print(facts)
    console.print(_compared(card))
    words = ["--model", card.name, *import_flags(imports)]
    if card.name not in built_in_models():  # it has no recipe, which would say how long
        words += ["--epochs", "10"]
    typed = command_line("python -m trainers.run", *words)
    console.print(f"train:  {typed}", soft_wrap=True)
    if list_weights(card.name):
        console.print("trained weights:", soft_wrap=True)
        for line in weights_lines(card.name):
            console.print(f"  {line}", soft_wrap=True)
    console.print(
        f'create: zoo.create_model("{card.name}", num_classes=..., input_shape=(...))',
        soft_wrap=True,
    )


def _compared(card: ModelCard) -> Table:
    """Return what the recipe builds beside what the builder's defaults build."""
    table = Table()
    for column in ("", "recipe", "builder's default"):
        table.add_column(column)
    table.add_column("allowed", max_width=60)
    for option in card.options.values():
        chosen = (card.recipe_options or {}).get(option.name)
        table.add_row(
            option.name,
            "-" if card.recipe_options is None else _value(chosen),
            _value(option.default),
            option.allowed,
        )
    table.add_section()
    table.add_row("parameters", _count(card.parameters), _count(card.default_parameters))
    table.add_row(
        "FLOPs per example",
        _count(card.flops_per_example),
        _count(card.default_flops_per_example),
    )
    return table


def _value(value: object) -> str:
    """Return an option's value as it is typed: 100,50 and not (100, 50)."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shape(axes: str) -> str:
    return f"[batch, {axes.replace(' ', ', ')}]"


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _metric(card: ModelCard) -> str:
    if card.metric_name is None or card.metric_value is None:
        return "-"
    return f"{card.metric_name} {card.metric_value:.4g}"


if __name__ == "__main__":
    sys.exit(command.run(main, describe))
