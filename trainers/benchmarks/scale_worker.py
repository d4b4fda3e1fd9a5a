"""One process of `trainers.bench scale`: trains the cases where it is placed, and says how.

Every case trains on 257 examples in batches of 64, so that each epoch ends in a batch of one
example, of which all replicas but one have an empty share; text is read in 7 streams.
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import configs
from trainers.assembly.resolve import resolve
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.distribution.signals import StopSignals
from trainers.output.files import replace_file

_EXAMPLES, _BATCH, _STREAMS = 257, 64, 7


def main(argv: list[str]) -> None:
    """Write figures and final weights of every case into `--output`; the chief alone writes."""
    parser = command_parser("benchmarks.scale_worker", "One process of `trainers.bench scale`.")
    parser.add_argument("--cases", type=str, help="JSON: name to arguments of configs.recipe")
    parser.add_argument("--timed", type=str, help="JSON: name to arguments of configs.recipe")
    parser.add_argument("--replicas", type=int, default=1, help="parts of this process's CPU")
    parser.add_argument("--updates", type=int, default=50, help="updates of every case")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each speed is timed")
    parser.add_argument("--output", type=str, help="folder for figures.json and weights")
    arguments = parse_command(parser, argv)
    if arguments is None:
        return

    import trainers.cli.quiet  # noqa: F401
    from trainers.distribution.place import place

    replicas = arguments.replicas if arguments.replicas > 1 else None
    config = configs.Config(epochs=1, replicas=replicas)
    with StopSignals() as stop:
        placement = place(config, stop)
    output = Path(arguments.output)
    with placement.scope():
        losses = {
            name: _train(name, case, arguments.updates, output if placement.is_chief else None)
            for name, case in json.loads(arguments.cases).items()
        }
        speeds = {
            name: _time(case, arguments.seconds, placement)
            for name, case in json.loads(arguments.timed).items()
        }
    if placement.is_chief:
        text = json.dumps({"losses": losses, "updates_per_second": speeds})
        replace_file(output / "figures.json", text.encode())


def _assembled(case: dict[str, Any], examples: int | None) -> tuple[Any, Any]:
    from trainers.assembly.assemble import assemble
    from trainers.assembly.data import load_data
    from trainers.benchmarks.first_examples import first_examples
    from trainers.distribution.replicas import separate_seeds
    from trainers.engine.feed import Feed

    dataset, plan, _ = load_data(resolve(configs.recipe(**case)))
    if examples:
        streams = _STREAMS if dataset.contiguous else _BATCH
        plan = dataclasses.replace(
            plan, config=dataclasses.replace(plan.config, batch_size=streams)
        )
        dataset = first_examples(dataset, examples)
    parts = assemble(plan, dataset)
    separate_seeds(parts.step.model)
    return parts, Feed.of(dataset, parts.batch_size, plan.config.seed, by_length=parts.buckets)


def _train(name: str, case: dict[str, Any], updates: int, output: Path | None) -> list[float]:
    import numpy as np

    from trainers.engine.loop import Loop

    parts, feed = _assembled(case, _EXAMPLES)
    loop, done, losses = Loop(parts.step, parts.mode), 0, []
    while done < updates:
        call = loop.advance(feed, done, updates - done)
        done += call.updates
        losses.append(float(call.sums[0]) / float(call.weight))
    weights = {v.path: np.asarray(v.numpy()) for v in parts.step.model.trainable_variables}
    if output is not None:
        np.savez(output / f"{name}.npz", allow_pickle=False, **weights)
    return losses


def _time(case: dict[str, Any], seconds: float, placement: Any) -> float:
    """Return updates per second of compiled calls, the compiling ones left out."""
    from trainers.engine.loop import Loop

    parts, feed = _assembled(case, None)
    loop = Loop(parts.step, parts.mode)
    data, order, size, first, _ = feed.stretch(0, 1)
    most = feed.full_batches
    loop.run(data, order, size, first, 1)
    started, done = time.perf_counter(), 0
    count = min(most, 8)
    while True:
        loop.run(data, order, size, first, count)
        done += count
        # All workers must agree on when to end; the chief's clock decides.
        if placement.from_chief(time.perf_counter() - started) >= seconds:
            return done / (time.perf_counter() - started)
        count = min(most, 2 * count)


if __name__ == "__main__":
    run_main(main)
