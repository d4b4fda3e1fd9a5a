"""`python -m trainers.cards`: train every recipe and write what was measured where it is shown.

Three places show the same figures and are written here, never by hand: `zoo/measured.json` (the
registry's cards), the `# measured:` line of each recipe, and the README's model table.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import configs
import zoo
from trainers.assembly.resolve import resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.distribution.signals import StopSignals
from trainers.reports import cards, published_weights, weights_table
from zoo.process.shell import typed_path


def main(argv: list[str]) -> None:
    """Measure the recipes whose names match `--models`, keeping the figures of the others.

    A recipe called like a model is the model's own and fills its card; of any other one only
    the header is written.
    """
    parser = command_parser(
        "cards",
        "Train every recipe and record its figures in the registry and the README.",
    )
    parser.add_argument("--models", type=str, default="*", help="pattern of recipe names")
    parser.add_argument("--data-dir", type=str, help="folder of prepared TFDS data")
    parser.add_argument(
        "--recount",
        action="store_true",
        help="only count parameters and operations again, of models already measured",
    )
    parser.add_argument(
        "--weights",
        type=str,
        metavar="PATTERN",
        help="instead, train and publish the weights whose names match, as in cnn:mnist or *:mnist",
    )
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    given = arguments.data_dir
    data_dir = None if given is None else str(typed_path(given, "--data-dir"))
    if arguments.weights is not None:
        for each in published_weights.matching(arguments.weights):
            publish(each, data_dir)
        return
    names = fnmatch.filter(configs.recipes(), arguments.models)
    if not names:
        raise configs.ConfigError(
            f"no recipe matches {arguments.models!r}; allowed: {', '.join(configs.recipes())}"
        )
    measured = cards.read_measured()
    if arguments.recount:
        for name in filter(measured.__contains__, names):
            measured[name] |= counted(configs.recipe(name))
            cards.write_measured(measured)
        names = []
    for name in names:
        figures = train_recipe(name, data_dir)
        cards.write_recipe_line(configs.recipe_path(name), figures)
        if zoo.is_model(name):
            measured[name] = figures
            cards.write_measured(measured)
    cards.write_table(measured)


def publish(row: published_weights.Publishable, data_dir: str | None) -> None:
    """Train weights by their recipe, unless their run has ended already, and write them."""
    import trainers.cli.quiet  # noqa: F401
    from trainers.reports import weights
    from trainers.train import train

    run_dir = Path("runs") / "weights" / row.name.replace(":", "-")
    if (run_dir / "config.yaml").is_file():
        published_weights.require_run_of(row, run_dir)
    if not (run_dir / "summary.json").is_file():
        print(f"training {row.name} in {run_dir}", file=sys.stderr)
        plan = resolve(row.config(data_dir))
        with StopSignals() as stop:
            train(plan, run_dir, stop, resume=(run_dir / "config.yaml").is_file())
    card = weights.write(row.name, run_dir, row.recipe, row.command)
    print(f"{card.name}: {card.test.name} {card.test.value:.4g}")
    weights_table.write()


def train_recipe(name: str, data_dir: str | None) -> dict[str, Any]:
    """Run a recipe as `python -m trainers.run` does, and return its card's figures."""
    import trainers.cli.quiet  # noqa: F401
    from trainers.runs import provenance
    from trainers.train import train

    chosen = f"--model {name}" if zoo.is_model(name) else f"--config configs/{name}.yaml"
    plan = resolve(configs.recipe(name, dataset={"data_dir": data_dir} if data_dir else {}))
    print(f"measuring {name}", file=sys.stderr)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, StopSignals() as stop:
        summary = train(plan, Path(folder) / "run", stop)
    seconds = time.perf_counter() - started
    headline = plan.problem.headline
    metric = "loss above the oracle's" if headline == "excess_ratio" else headline
    return {
        **counted(plan.config),
        "metric": metric,
        "value": summary["best"]["test"][headline],
        "command": f"python -m trainers.run {chosen}",
        "hardware": provenance.hardware_line(),
        "seconds": seconds,
    }


def counted(config: configs.Config) -> dict[str, Any]:
    """Return the recipe's options of a model, and its sizes with them and with the builder's."""
    import trainers.cli.quiet  # noqa: F401
    from trainers.assembly.assemble import assemble
    from trainers.assembly.data import load_data
    from zoo.catalogue.flops import flops_per_example

    figures: dict[str, Any] = {}
    plain = dataclasses.replace(config, model=configs.ModelConfig(config.model.name))
    for prefix, each in (("", config), ("default_", plain)):
        dataset, plan, _ = load_data(resolve(each))
        model = assemble(plan, dataset).step.model
        figures.setdefault("options", plan.config.model.options)
        figures[f"{prefix}parameters"] = model.count_params()
        figures[f"{prefix}flops_per_example"] = flops_per_example(model)
    return figures


if __name__ == "__main__":
    run_main(main)
