"""One process of `trainers.bench loading`: loads data once, trains on them, and says how."""

from __future__ import annotations

import json
import time
from typing import Any

import configs
from trainers.assembly.resolve import resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.errors import UserError


def main(argv: list[str]) -> None:
    """Print what was measured as one line of JSON."""
    parser = command_parser("benchmarks.loading_worker", "One process of `trainers.bench loading`.")
    parser.add_argument("--recipe", type=str, help="JSON: arguments of configs.recipe")
    parser.add_argument("--examples", type=int, help="of the training split, the first of which")
    parser.add_argument(
        "--epochs", type=int, default=0, help="measured ones, after one that is not"
    )
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    plan = resolve(configs.recipe(**json.loads(arguments.recipe)))
    import trainers.cli.quiet  # noqa: F401

    print(json.dumps(_measured(plan, arguments.examples, arguments.epochs)))


def _measured(plan: Any, examples: int | None, epochs: int) -> dict[str, Any]:
    from trainers.assembly.assemble import assemble
    from trainers.assembly.data import load_data
    from trainers.benchmarks.first_examples import first_examples
    from trainers.engine.feed import Feed
    from trainers.engine.loop import Loop

    memory_before, started = peak_bytes(), time.perf_counter()
    dataset, plan, _ = load_data(plan)
    result: dict[str, Any] = {
        "data_seconds": time.perf_counter() - started,
        "loaded_bytes": peak_bytes() - memory_before,
        "array_bytes": sum(split.nbytes for split in dataset.splits.values()),
        "fingerprint": dataset.fingerprint,
    }
    if epochs:
        if examples:
            dataset = first_examples(dataset, examples)
        parts = assemble(plan, dataset)
        feed = Feed.of(dataset, parts.batch_size, plan.config.seed)
        loop, one = Loop(parts.step, parts.mode), feed.steps_per_epoch
        loop.train(feed, 0, one)
        parts.evaluation.measure(dataset.splits["validation"])
        seconds = []
        for epoch in range(1, 1 + epochs):
            started = time.perf_counter()
            loop.train(feed, epoch * one, (epoch + 1) * one)
            seconds.append(time.perf_counter() - started)
        size = dataset.splits["train"].size
        result["examples_per_second"] = [size / each for each in seconds]
        result["weights"] = float(sum(abs(v.numpy()).sum() for v in parts.step.model.variables))
    return result | {"peak_bytes": peak_bytes()}


def peak_bytes() -> int:
    """Return the most memory that this process has had so far, in bytes."""
    import sys

    try:
        import resource
    except ImportError as error:
        raise UserError("this system does not tell how much memory a process had") from error
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


if __name__ == "__main__":
    run_main(main)
