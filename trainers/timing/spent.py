"""A run's seconds by part, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is less is not worth a word.
_SHOWN_SECONDS = 0.05


def time_line(seconds: Mapping[str, float]) -> str:
    """Return e.g. "12.3 s: import 3.1, data 0.4, compile 2.9, train 4.0"."""
    shown = [f"{name} {each:.1f}" for name, each in seconds.items() if each >= _SHOWN_SECONDS]
    parts = f": {', '.join(shown)}" if shown else ""
    return f"{sum(seconds.values()):.1f} s{parts}"


def speed_line(summary: Mapping[str, Any]) -> str:
    """Return e.g. "45,522 examples/s over 2,720 steps (xla), the first update after 5.4 s"."""
    speed, first = summary["examples_per_second"], summary.get("first_update_seconds")
    measured = "not measured" if speed is None else f"{speed:,.0f} examples/s"
    after = "" if first is None else f", the first update after {first:.1f} s"
    steps = f"{summary['steps']:,} step{'' if summary['steps'] == 1 else 's'}"
    return f"{measured} over {steps} ({summary['compile']}){after}"


def table(seconds: Mapping[str, float]) -> str:
    """Return the seconds and their shares as a Markdown table."""
    whole = sum(seconds.values())
    rows = [
        f"| {name} | {each:.2f} | {each / max(whole, 1e-9):.0%} |" for name, each in seconds.items()
    ]
    return "\n".join(
        ["| part | seconds | share |", "|---|---:|---:|", *rows, f"| whole | {whole:.2f} | |"]
    )
