"""Where measured figures are shown: the registry's cards, the recipes' headers, the README."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import zoo
from trainers.output.files import replace_file

_ROOT = Path(zoo.__file__).parents[1]
_MEASURED = _ROOT / "zoo" / "measured.json"
_README = _ROOT / "README.md"
_TABLE = re.compile(r"(<!-- models:[^\n]*-->\n).*?(<!-- /models -->)", re.DOTALL)


def read_measured() -> dict[str, Any]:
    """Return the figures of every model that has been measured, by name."""
    return json.loads(_MEASURED.read_text(encoding="utf-8")) if _MEASURED.exists() else {}


def write_measured(measured: dict[str, Any]) -> None:
    """Write the figures that the registry's cards show."""
    text = json.dumps(dict(sorted(measured.items())), indent=2) + "\n"
    replace_file(_MEASURED, text.encode())


def shown(figures: dict[str, Any]) -> str:
    """Return a metric for people: "accuracy 0.961", "loss above the oracle's 0.13%"."""
    if "oracle" in figures["metric"]:
        return f"{figures['metric']} {figures['value']:.2%}"
    return f"{figures['metric'].replace('_', ' ')} {figures['value']:.4g}"


def write_recipe_line(path: Path, figures: dict[str, Any]) -> None:
    """Write the `# measured:` line of a recipe."""
    line = (
        f"# measured: test {shown(figures)}, {figures['seconds']:.0f} s with data and evaluation, "
        f"on {figures['hardware']}"
    )
    text = re.sub(
        r"^# measured:.*$", lambda _: line, path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    replace_file(path, text.encode())


def write_table(measured: dict[str, Any]) -> None:
    """Write the README's table of models."""
    rows = ["| model | task | dataset | parameters | FLOPs per example | test figure | time |"]
    rows += ["|---|---|---|---:|---:|---|---:|"]
    for name in zoo.list_models():
        if name in measured:
            card, figures = zoo.model_card(name), measured[name]
            rows.append(
                f"| `{name}` | {card.task.replace('_', ' ')} | {card.default_dataset} "
                f"| {figures['parameters']:,} | {figures['flops_per_example']:,} "
                f"| {shown(figures)} | {figures['seconds']:.0f} s |"
            )
    text = _README.read_text(encoding="utf-8")
    table = "\n".join(rows)
    replace_file(_README, _TABLE.sub(lambda m: f"{m[1]}{table}\n{m[2]}", text).encode())
