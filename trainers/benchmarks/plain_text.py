"""Tables of `rich` as the text that a command prints."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def plain_text(table: Table, width: int) -> str:
    """Return a table as lines of at most `width` columns, each with its end."""
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    return captured.get()
