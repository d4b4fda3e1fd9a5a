"""What several seeds have reached: of each figure the mean, its interval and every seed's value.

The interval is that of 95 % by Student's t, mean +- t s / sqrt(n), see `trainers.claims.verdict`.
One seed has none: its ends are null in the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trainers.claims.verdict import interval
from trainers.objectives.metrics import is_detail
from trainers.output.files import replace_file
from trainers.seeds.folder import Sweep
from zoo.process.shell import command_line, shown

_SPLITS = ("validation", "test")


def summary(
    sweep: Sweep, ended: Mapping[int, Mapping[str, Any]], diverged: Mapping[int, str]
) -> dict[str, Any]:
    """Return what is written to summary.json.

    Args:
        sweep: what was trained.
        ended: by seed the summary of its run.
        diverged: by seed why it has none.
    """
    first = next(iter(ended.values()), {})
    return {
        "kind": "seeds",
        "model": sweep.config["model"]["name"],
        "dataset": first.get("dataset", sweep.config["dataset"]["name"]),
        "seeds": list(sweep.seeds),
        "ended": list(ended),
        "diverged": {str(seed): reason for seed, reason in diverged.items()},
        "figures": {split: _figures(ended, split) for split in _SPLITS},
        "final_weights_sha256": {
            str(seed): values["final_weights_sha256"] for seed, values in ended.items()
        },
        "seconds": sum(sum(values["seconds"].values()) for values in ended.values()),
    }


def _figures(ended: Mapping[int, Mapping[str, Any]], split: str) -> dict[str, Any]:
    """Return by figure what it is over the seeds, with each seed's best weights on validation."""
    names = dict.fromkeys(name for values in ended.values() for name in values["best"][split])
    result: dict[str, Any] = {}
    for name in names:
        by_seed = {
            str(seed): float(values["best"][split][name])
            for seed, values in ended.items()
            if name in values["best"][split]
        }
        values = list(by_seed.values())
        low, high = interval(values)
        result[name] = {
            "mean": _number(float(np.mean(values))),
            "low": _number(low),
            "high": _number(high),
            "deviation": _number(float(np.std(values, ddof=1))) if len(values) > 1 else None,
            "seeds": {seed: _number(value) for seed, value in by_seed.items()},
        }
    return result


def _number(value: float) -> float | None:
    """Return a number as JSON has one: null where it is not finite."""
    return value if math.isfinite(value) else None


def write(folder: Path, values: Mapping[str, Any]) -> None:
    """Write summary.json."""
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    replace_file(folder / "summary.json", text.encode())


def summary_text(values: Mapping[str, Any], folder: Path) -> str:
    """Return the table and the lines that end a sweep."""
    from rich.console import Console
    from rich.table import Table

    count = len(values["ended"])
    table = Table(title=f"{values['model']} on {values['dataset']}, {_counted(count)}")
    table.add_column("figure")
    for column in ("mean", "95 % interval", "least", "most"):
        table.add_column(column, justify="right")
    for split in reversed(_SPLITS):
        for name, found in values["figures"][split].items():
            if not is_detail(name) and found["mean"] is not None:
                table.add_row(f"{split} {name}", *_cells(found))
        table.add_section()
    console = Console(width=100, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    runs = [f"seed-{seed:04d}" for seed in values["ended"][:1]]
    lines = [captured.get().rstrip("\n")]
    lines += [f"diverged  seed {seed}: {why}" for seed, why in values["diverged"].items()]
    lines += [
        f"time      {values['seconds']:.1f} s in all",
        f"runs      {shown(folder)}: a run's folder for each seed",
        f"look      {command_line('tensorboard', '--logdir', folder)}",
        f"compare   {command_line('python -m trainers.compare', folder)}",
    ]
    lines += [
        f"evaluate  {command_line('python -m trainers.evaluate', folder / run)}" for run in runs
    ]
    return "\n".join(lines)


def _counted(count: int) -> str:
    return f"{count} seed{'' if count == 1 else 's'}"


def _cells(found: Mapping[str, Any]) -> list[str]:
    low, high = found["low"], found["high"]
    shown_interval = "-" if low is None else f"{low:.4g} to {high:.4g}"
    values = [value for value in found["seeds"].values() if value is not None]
    return [f"{found['mean']:.4g}", shown_interval, f"{min(values):.4g}", f"{max(values):.4g}"]
