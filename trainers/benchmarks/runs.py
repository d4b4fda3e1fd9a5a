"""Default runs from the command to the prompt: how long they take, and what of it is not training.

Each is a process of its own, as a user's. In every turn TensorFlow alone is imported first, which
no run on it can be without; ours may be shorter, see `zoo.process.quick_import`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

import configs
import zoo
from trainers.errors import UserError

# A command is run here, not imported.
_COMMAND = f"{__name__.partition('.')[0]}.run"
_ROOT = Path(zoo.__file__).parents[1]
# From the command on, in which the run's own seconds end before the process does.
_OF_PROCESS = ("prompt", "first_update", "rest_share", "rest_of_plain_share")


def measure(arguments: Namespace) -> dict[str, Any]:
    """Return the seconds of every model's default run.

    Args:
        arguments: of the command: `models` and `repeats`.

    Raises:
        ConfigError: no model has such a name.
        UserError: a run failed.
    """
    models = zoo.list_models(arguments.models)
    if not models:
        raise configs.ConfigError(
            f"no model matches {arguments.models!r}; allowed: {', '.join(zoo.list_models())}"
        )
    imports: list[float] = []
    turns: dict[str, list[dict[str, float]]] = {model: [] for model in models}
    for turn in range(arguments.repeats):
        imports.append(_seconds([sys.executable, "-c", "import tensorflow"]))
        for model in models:
            print(f"turn {turn + 1}: {model}", file=sys.stderr)
            turns[model].append(_run(model, imports[-1]))
    rows = [{"model": model, "turns": of} for model, of in turns.items()]
    return {"import_tensorflow_seconds": imports, "rows": rows}


def _run(model: str, import_seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        words = [_COMMAND, "--model", model, "--run-dir", str(run)]
        prompt = _seconds([sys.executable, "-m", *words])
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    return figures(prompt, import_seconds, summary)


def figures(prompt: float, import_seconds: float, summary: dict[str, Any]) -> dict[str, float]:
    """Return the figures of one run.

    Args:
        prompt: seconds from the command to the prompt.
        import_seconds: what `import tensorflow` took in this turn.
        summary: of the run.

    Returns:
        Among others two shares of what is neither training nor TensorFlow's import: `rest_share`
        with the run's own import, where that is the shorter one, and `rest_of_plain_share`.
    """
    parts = summary["seconds"]
    imported = min(parts["import"], import_seconds)
    return {
        "prompt": prompt,
        "first_update": summary["first_update_seconds"],
        "rest_share": 1 - (parts["train"] + imported) / prompt,
        "rest_of_plain_share": max(0.0, 1 - (parts["train"] + import_seconds) / prompt),
        **parts,
        "end": prompt - sum(parts.values()),
    }


def table(result: dict[str, Any]) -> str:
    """Return the medians of all turns as Markdown."""
    names = [name for name in result["rows"][0]["turns"][0] if name not in _OF_PROCESS]
    head = ["model", "to the prompt (range)", "first update", "rest", "rest, plain", *names]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for row in result["rows"]:
        of = {name: [turn[name] for turn in row["turns"]] for name in row["turns"][0]}
        prompt = of["prompt"]
        cells = [
            f"`{row['model']}`",
            f"{statistics.median(prompt):.1f} ({min(prompt):.1f}-{max(prompt):.1f})",
            f"{statistics.median(of['first_update']):.1f}",
            f"{statistics.median(of['rest_share']):.0%}",
            f"{statistics.median(of['rest_of_plain_share']):.0%}",
            *(f"{statistics.median(of[name]):.2f}" for name in names),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    imports = result["import_tensorflow_seconds"]
    return "\n".join(
        [
            "Seconds. `rest` is the share that is neither training nor the run's own import of "
            "TensorFlow; `plain` takes what `import tensorflow` needs instead.",
            "",
            *lines,
            "",
            f"`import tensorflow` alone: {statistics.median(imports):.1f} s "
            f"({min(imports):.1f}-{max(imports):.1f})",
        ]
    )


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"{' '.join(command)} ended with {done.returncode}: {reason}")
    return seconds
