"""The table of trained weights on the page of zoo/weights, written from their cards."""

from __future__ import annotations

import re

import zoo
from trainers.output.files import replace_file
from zoo.weights.names import ARRAYS, FOLDER, file_of

PAGE = FOLDER / "README.md"
_TABLE = re.compile(r"(<!-- weights:[^\n]*-->\n).*?(<!-- /weights -->)", re.DOTALL)


def write() -> None:
    """Write the table anew."""
    text = PAGE.read_text(encoding="utf-8")
    replace_file(PAGE, _TABLE.sub(lambda found: f"{found[1]}{table()}\n{found[2]}", text).encode())


def table() -> str:
    """Return the table, in Markdown."""
    lines = [
        "| weights | task | parameters | size | test figure | 95 % | latency |",
        "|---|---|---:|---:|---|---|---:|",
    ]
    for name in zoo.list_weights():
        card = zoo.weights_card(name)
        figure, size = card.test, file_of(name, ARRAYS).stat().st_size
        known = figure.low is not None and figure.high is not None
        interval = f"{figure.low:.4g} to {figure.high:.4g}" if known else "-"
        lines.append(
            f"| `{name}` | {card.task.replace('_', ' ')} | {card.parameters:,} "
            f"| {size / 1000:,.0f} kB | {figure.name.replace('_', ' ')} {figure.value:.4g} "
            f"| {interval} | {card.latency_ms:.2g} ms |"
        )
    return "\n".join(lines)
