"""Is another framework the faster way to train these models on a CPU?

The same initial weights, examples, order and optimizer; see `turns` for how it is timed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from trainers.benchmarks.peers import tables
from trainers.benchmarks.peers.cases import find
from trainers.benchmarks.peers.processes import Processes, chosen, versions
from trainers.benchmarks.peers.turns import geometric_mean, measure_row
from trainers.errors import UserError


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return every row's seconds, ratios and losses.

    Args:
        arguments: of the command: `rows`, `peers`, `repeats` and `turn_seconds`.

    Raises:
        ConfigError: no row or no peer has such a name.
    """
    cases = find(arguments.rows)
    contenders = chosen([name.strip() for name in arguments.peers.split(",")])
    for missing in sorted({each.needs for each in contenders if not each.installed}):
        print(
            f"{missing} is not installed, so it is left out; pip install -r requirements-bench.txt",
            file=sys.stderr,
        )
    rows = []
    with Processes() as processes:
        for case in cases:
            print(f"measuring {case.name}", file=sys.stderr)
            row = measure_row(
                case, contenders, processes, arguments.repeats, arguments.turn_seconds
            )
            rows.append(row)
    means = {
        "all peers": geometric_mean(rows, lambda _: True),
        "torch": geometric_mean(rows, lambda name: name.startswith("torch")),
        "jax": geometric_mean(rows, lambda name: name.startswith("jax")),
    }
    return {"rows": rows, "geometric_means": means, "peer_versions": versions()}


def table(result: dict[str, Any]) -> str:
    """Return the rows as Markdown."""
    return tables.markdown(result)


def save(result: dict[str, Any], output: Path) -> list[Path]:
    """Write the table and its plot beside the JSON file; return where."""
    return tables.save(result, output)


def check(result: dict[str, Any]) -> None:
    """Raise `UserError` if a peer did not learn the same, so that its time says nothing."""
    unequal = [f"{row['name']}: {name}" for row in result["rows"] for name in row["unequal"]]
    if unequal:
        raise UserError(
            f"losses are further from ours than their rows allow, of {'; '.join(unequal)}; "
            'see "differences" in the JSON file'
        )
