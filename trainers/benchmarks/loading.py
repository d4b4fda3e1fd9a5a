"""Loading and feeding: the second start against the first, memory against arrays, streams.

Each figure is of fresh processes. First and second start: seconds of `datasets.load`, with an empty
cache and with what the first has kept. Memory: the most that training took with all examples
resident, less what it took on a hundredth of them, over the bytes of the arrays. Streamed: examples
per second of whole epochs, with a budget of half the arrays, over those of resident ones; both end
with the same weights.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

from jsonargparse import Namespace
from rich.table import Table

import configs
from datasets.cache.entries import VARIABLE
from trainers.benchmarks.plain_text import plain_text
from trainers.errors import UserError

_EPOCHS = 4
_BATCH_SIZES = (32, 128)


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return figures of the dataset `--dataset`, which is prepared, or embedded.

    Args:
        arguments: of the command; so many turns as `repeats`.
    """
    data = {"name": arguments.dataset, "data_dir": arguments.data_dir}
    rows: dict[str, list[Any]] = {"first": [], "second": [], "resident": [], "streamed": []}
    small = []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory(prefix="keras-zoo-bench-") as cache:
            for start in ("first", "second"):
                rows[start].append(_worker(cache, data, _BATCH_SIZES[0]))
            gib = rows["first"][0]["array_bytes"] / 2**31
            for size in _BATCH_SIZES:
                rows["resident"].append(_worker(cache, data, size, "--epochs", str(_EPOCHS)))
                streamed = {**data, "max_resident_gib": gib}
                rows["streamed"].append(_worker(cache, streamed, size, "--epochs", str(_EPOCHS)))
            tiny = {**data, "max_resident_gib": 1e-6}
            few = ("--epochs", "1", "--examples", str(_BATCH_SIZES[0] * 4))
            small.append(_worker(cache, tiny, _BATCH_SIZES[0], *few)["peak_bytes"])
    arrays, base = rows["first"][0]["array_bytes"], statistics.median(small)
    return {
        "dataset": arguments.dataset,
        "array_bytes": arrays,
        "budget_bytes": arrays / 2,
        "base_bytes": base,
        "first_seconds": [row["data_seconds"] for row in rows["first"]],
        "second_seconds": [row["data_seconds"] for row in rows["second"]],
        "resident_bytes": max(row["peak_bytes"] for row in rows["resident"]) - base,
        "streamed_bytes": max(row["peak_bytes"] for row in rows["streamed"]) - base,
        "speeds": [_speeds(rows, number, size) for number, size in enumerate(_BATCH_SIZES)],
        "weights_agree": all(
            one["weights"] == other["weights"]
            for one, other in zip(rows["resident"], rows["streamed"], strict=True)
        ),
    }


def _speeds(rows: dict[str, list[Any]], number: int, batch_size: int) -> dict[str, Any]:
    resident, streamed = (
        [statistics.median(row["examples_per_second"]) for row in rows[kind][number::2]]
        for kind in ("resident", "streamed")
    )
    ratios = [one / other for one, other in zip(streamed, resident, strict=True)]
    return {
        "batch_size": batch_size,
        "resident": resident,
        "streamed": streamed,
        "streamed_over_resident": statistics.median(ratios),
    }


def table(result: dict[str, Any]) -> str:
    """Return the figures as a table."""
    columns = Table(box=None, header_style="bold")
    columns.add_column(f"{result['dataset']}, arrays of {_mib(result['array_bytes'])}")
    columns.add_column("measured", justify="right")
    first, second = (statistics.median(result[f"{each}_seconds"]) for each in ("first", "second"))
    columns.add_row("first start, seconds of data", f"{first:.2f}")
    columns.add_row("second start", f"{second:.2f}")
    columns.add_row("memory over the base, resident", _mib(result["resident_bytes"]))
    columns.add_row("  of the arrays", f"{result['resident_bytes'] / result['array_bytes']:.2f}x")
    budget = _mib(result["budget_bytes"])
    columns.add_row(f"memory over the base, streamed in {budget}", _mib(result["streamed_bytes"]))
    for row in result["speeds"]:
        columns.add_row(
            f"streamed over resident examples/s, batch {row['batch_size']}",
            f"{row['streamed_over_resident']:.2f}x",
        )
    return plain_text(columns, 100).rstrip()


def check(result: dict[str, Any]) -> None:
    """Raise `UserError` if streamed training ended otherwise than resident training."""
    if not result["weights_agree"]:
        raise UserError("streamed and resident training end with other weights; report this")


def _mib(nbytes: float) -> str:
    return f"{nbytes / 2**20:,.0f} MiB"


def _worker(cache: str, data: dict[str, Any], batch_size: int, *flags: str) -> dict[str, Any]:
    recipe = {"name": "mlp", "batch_size": batch_size, "dataset": data}
    name = __name__.rpartition(".")[0] + ".loading_worker"
    done = subprocess.run(
        [sys.executable, "-m", name, "--recipe", json.dumps(recipe), *flags],
        env={**os.environ, VARIABLE: cache},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        reason = lines[-1].removeprefix("error: ")
        raise configs.ConfigError(f"a process of the benchmark failed: {reason}")
    return json.loads(done.stdout.strip().splitlines()[-1])
