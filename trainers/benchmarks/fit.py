"""Our loop against `keras.Model.fit` on the same model, examples, loss, metric and optimizer.

Contenders: ours; `fit` as it comes; `fit` with every combination of `jit_compile` on or off and
50 or all steps per execution, of which the fastest counts as its best. XLA convolutions are left
out on a CPU, where they are some 20 times slower and compile for minutes. Every contender first
does an unmeasured turn, which compiles; then all take turns, so that a drift of the machine's
speed hits them alike, and each ratio is taken within one turn.
"""

from __future__ import annotations

from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)

import dataclasses
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from jsonargparse import Namespace
from rich.table import Table

import configs
import datasets
import zoo
from trainers.assembly.assemble import Assembly, assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.benchmarks.first_examples import first_examples
from trainers.benchmarks.plain_text import plain_text
from trainers.engine.compiling import convolutional
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop
from trainers.problems import catalogue as problems
from trainers.problems.plan import Plan

_FEWEST_UPDATES = 200
_FEWEST_EXAMPLES = 100_000


@dataclass(frozen=True)
class Case:
    """One row: a model with its data, at one batch size."""

    name: str
    plan: Plan
    dataset: datasets.Dataset
    batch_size: int
    full: bool


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return a row for every model and batch size.

    Args:
        arguments: of the command; `models` is a pattern of names, `batch_sizes` comma-separated.

    Raises:
        ConfigError: no supervised model fits the pattern, or a batch size is none.
    """
    # Keras's fit has one loss and one optimizer: only supervised models have it for a peer.
    allowed = [name for name in zoo.list_models() if problems.of_model(name).supervised]
    models = [name for name in zoo.list_models(arguments.models) if name in allowed]
    if not models:
        raise configs.ConfigError(
            f"no supervised model matches {arguments.models!r}; allowed: {', '.join(allowed)}"
        )
    sizes = [_batch_size(text) for text in arguments.batch_sizes.split(",")]
    # Building the same loop for every row looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    rows = []
    for case in cases(models, sizes, arguments.most_updates):
        print(f"measuring {case.name}, batch {case.batch_size}", file=sys.stderr)
        rows.append(time_case(case, arguments.repeats))
    return {"rows": rows}


def _batch_size(text: str) -> int | None:
    if text.strip() == "full":
        return None
    if not text.strip().isdigit() or int(text) < 1:
        raise configs.ConfigError(f"batch size {text!r}; allowed: a number of at least 1, or full")
    return int(text)


def cases(models: list[str], batch_sizes: list[int | None], most_updates: int) -> Iterator[Case]:
    """Yield every model on its recipe at every batch size, then `mlp` at the size of MNIST.

    Args:
        models: registered names.
        batch_sizes: None stands for the whole training set.
        most_updates: `fit` does a few hundred to a thousand updates a second, so epochs of more
            updates than this are measured on the first examples only.
    """
    for model in models:
        dataset, plan, _ = load_data(resolve(configs.recipe(model)))
        yield from _cases(model, plan, dataset, batch_sizes, most_updates)
    if "mlp" in models:
        plain = {"hidden_units": [30], "activation": "sigmoid", "dropout": 0.0}
        plan = resolve(configs.recipe("mlp", optimizer="sgd", model=plain))
        yield from _cases("mlp 784-30-10", plan, _mnist_sized(), batch_sizes, most_updates)


def _cases(
    name: str,
    plan: Plan,
    dataset: datasets.Dataset,
    batch_sizes: list[int | None],
    most_updates: int,
) -> Iterator[Case]:
    for wanted in batch_sizes:
        size = dataset.splits["train"].size
        batch_size = wanted or size
        if batch_size > size:
            continue
        few = -(-size // batch_size) <= most_updates
        dataset_used = dataset if few else first_examples(dataset, most_updates * batch_size)
        exact = dataclasses.replace(plan.config, batch_size=batch_size)
        exact_plan = dataclasses.replace(plan, config=exact)
        yield Case(name, exact_plan, dataset_used, batch_size, wanted is None)


def _mnist_sized() -> datasets.Dataset:
    """Return 60,000 random images of MNIST's shape: the same work, whatever the pixels."""
    random = np.random.default_rng(0)
    train = datasets.Split(
        inputs=random.random((60_000, 28, 28, 1), np.float32),
        targets=random.integers(0, 10, 60_000, np.int32),
        weights=np.ones(60_000, np.float32),
        masks={},
        resident=True,
    )
    digits = datasets.load("digits")
    return dataclasses.replace(
        digits, name="random", input_shape=(28, 28, 1), splits={"train": train}, oracle_loss={}
    )


def time_case(case: Case, repeats: int) -> dict[str, Any]:
    """Return seconds per epoch of every contender, and the ratios of each turn."""
    epochs = _epochs(case)
    contenders = _contenders(case, epochs)
    for run_turn in contenders.values():
        run_turn()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run_turn in contenders.items():
            started = time.perf_counter()
            run_turn()
            seconds[name].append((time.perf_counter() - started) / epochs)
    best = min((name for name in seconds if name != "ours"), key=lambda n: _median(seconds[n]))
    size = case.dataset.splits["train"].size
    updates = -(-size // case.batch_size)
    return {
        "model": case.name,
        "batch_size": "full" if case.full else case.batch_size,
        "examples": size,
        "seconds": seconds,
        "best_fit": best,
        "updates_per_second": updates / _median(seconds["ours"]),
        "over_default_fit": _ratios(seconds["fit default"], seconds["ours"]),
        "over_best_fit": _ratios(seconds[best], seconds["ours"]),
    }


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _ratios(theirs: list[float], ours: list[float]) -> dict[str, float]:
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    return {"median": _median(ratios), "min": min(ratios), "max": max(ratios)}


def _epochs(case: Case) -> int:
    """Return how many epochs a turn has.

    They are enough to spread what one call of `fit` costs by itself over some hundred updates, as
    whoever calls it for a real run does.
    """
    size = case.dataset.splits["train"].size
    updates = -(-size // case.batch_size)
    return max(1, min(_FEWEST_UPDATES // updates, _FEWEST_EXAMPLES // size))


def _contenders(case: Case, epochs: int) -> dict[str, Callable[[], object]]:
    parts = assemble(case.plan, case.dataset)
    contenders: dict[str, Callable[[], object]] = {"ours": _ours(case, parts, epochs)}
    contenders["fit default"] = _fit(case, epochs, {})
    updates = -(-case.dataset.splits["train"].size // case.batch_size)
    for jit in (False, True):
        if jit and convolutional(parts.step.model):
            continue
        for steps in sorted({min(50, updates), updates}):
            options = {"jit_compile": jit, "steps_per_execution": steps}
            contenders[f"fit jit={jit} steps={steps}"] = _fit(case, epochs, options)
    return contenders


def _ours(case: Case, parts: Assembly, epochs: int) -> Callable[[], object]:
    feed = Feed(case.dataset.splits["train"], case.batch_size, seed=0)
    loop = Loop(parts.step, parts.mode)
    position = 0

    def run_turn() -> object:
        nonlocal position
        end = position + epochs * feed.steps_per_epoch
        totals = loop.train(feed, position, end)
        position = end
        return totals

    return run_turn


def _fit(case: Case, epochs: int, options: dict[str, Any]) -> Callable[[], object]:
    parts = assemble(case.plan, case.dataset)
    step = parts.supervised
    model = step.model
    model.compile(
        optimizer=step.weights.optimizer,
        loss=step.risk.loss,
        weighted_metrics=[keras.metrics.MeanMetricWrapper(step.risk.metric, name=step.names[1])],
        **options,
    )
    train = case.dataset.splits["train"]
    # Only sequences need weights; elsewhere `fit` is not slowed down by them.
    weights = train.weights if train.weights.ndim > 1 else None
    return lambda: model.fit(
        train.inputs,
        train.targets,
        sample_weight=weights,
        batch_size=case.batch_size,
        epochs=epochs,
        shuffle=True,
        verbose=0,
    )


def table(result: dict[str, Any]) -> str:
    """Return the ratios as text: median (lowest to highest of the turns); above 1 we are faster."""
    shown = Table(title="seconds of fit / seconds of our loop")
    for heading in ("model", "batch", "examples", "updates/s", "over default fit", "over best fit"):
        shown.add_column(heading, justify="left" if heading == "model" else "right")
    shown.add_column("best fit")
    for row in result["rows"]:
        shown.add_row(
            row["model"],
            str(row["batch_size"]),
            f"{row['examples']:,}",
            f"{row['updates_per_second']:,.0f}",
            *(_shown(row[key]) for key in ("over_default_fit", "over_best_fit")),
            row["best_fit"].removeprefix("fit "),
        )
    return plain_text(shown, 120)


def _shown(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f}x ({ratio['min']:.2f}-{ratio['max']:.2f})"
