"""Experiments run, drawn and stored: one row of results for each, and a table of all."""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

from trainers.experiments.experiment import Check, Outcome, Recipe, verdict
from trainers.output.files import replace_file


def finished(output: Path, recipe: Recipe) -> dict[str, Any] | None:
    """Return an experiment's stored result, if it is of the same settings and ranges."""
    row = _rows(output).get(recipe.name)
    expected = json.loads(json.dumps(recipe.expected))
    if row and row["settings"] == recipe.settings and row["expected"] == expected:
        return row
    return None


def _rows(output: Path) -> dict[str, Any]:
    path = output / "results.json"
    return json.loads(path.read_text()) if path.exists() else {}


def run(output: Path, recipe: Recipe) -> dict[str, Any]:
    """Run an experiment, draw it, store what it found under `output`, and return that."""
    from trainers.cli.quiet import tf  # isort: skip  (first, so that the import is quiet)
    from trainers.runs import provenance

    # Building one loop after another looks to TensorFlow like a forgotten retracing.
    tf.get_logger().setLevel("ERROR")
    module = importlib.import_module(recipe.module)
    print(f"running {recipe.name}", file=sys.stderr)
    started = time.perf_counter()
    outcome: Outcome = module.run(
        recipe.settings, lambda line: print(f"  {line}", file=sys.stderr, flush=True)
    )
    checks: list[Check] = verdict(recipe, outcome)
    folder = output / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    _draw(module, outcome, folder / "plot.png")
    row = {
        "claim": recipe.claim,
        "source": recipe.source,
        "settings": recipe.settings,
        "expected": recipe.expected,
        "held": all(check.held for check in checks),
        "checks": [
            {
                "figure": check.figure,
                "value": check.value,
                "deviation": check.deviation,
                "text": str(check),
            }
            for check in checks
        ],
        "samples": outcome.samples,
        "seconds": time.perf_counter() - started,
        "hardware": provenance.hardware_line(),
        "git_revision": provenance.git_revision(),
    }
    details = {**row, "curves": outcome.curves}
    replace_file(folder / "outcome.json", (json.dumps(details, indent=1) + "\n").encode())
    # One row at a time, so that an interrupted `all` goes on where it stopped.
    rows = {**_rows(output), recipe.name: row}
    replace_file(output / "results.json", (json.dumps(rows, indent=1) + "\n").encode())
    return row


def _draw(module: Any, outcome: Outcome, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(layout="constrained", figsize=(9, 3.8))
    module.draw(outcome, figure)
    content = io.BytesIO()
    figure.savefig(content, dpi=110, format=path.suffix[1:])
    plt.close(figure)
    replace_file(path, content.getvalue())


def write_table(output: Path) -> None:
    """Write `results.md`, a row for every experiment that has a result."""
    lines = ["| experiment | claim | verdict | figures | time |", "|---|---|---|---|---:|"]
    for name, row in sorted(_rows(output).items()):
        figures = "; ".join(check["text"].split("  ", 1)[1] for check in row["checks"])
        verdict = "holds" if row["held"] else "**fails**"
        lines.append(
            f"| `{name}` | {row['claim']} | {verdict} | {figures} | {row['seconds']:.0f} s |"
        )
    replace_file(output / "results.md", ("\n".join(lines) + "\n").encode())
