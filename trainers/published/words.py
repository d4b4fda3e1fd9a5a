"""Findings in words: numbers with their units, as the command and the table show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trainers.published.statistics.over_runs import WAYS, ends

if TYPE_CHECKING:
    from trainers.published.findings import Found, Honest


def number(value: float | str | None, unit: str = "") -> str:
    """Return a number with its unit; what is none says so."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never" if value > 0 else "-infinity"
    after = unit if unit == "%" else f" {unit}" if unit else ""
    shown = (
        f"{value:.2f}" if unit == "%" else f"{value:,.0f}" if _is_count(value) else f"{value:.4g}"
    )
    return f"{shown} {after}".rstrip() if unit == "%" else f"{shown}{after}"


def _is_count(value: float) -> bool:
    return abs(value) >= 1000 or float(value).is_integer()


def counts_text(counts: tuple[float | None, float | None] | None, unit: str) -> str:
    """Return what counts as reproduced."""
    if counts is None:
        return "only shown"
    low, high = ends(counts)
    if math.isinf(high):
        return f"counts from {number(low, unit)}"
    if math.isinf(low):
        return f"counts up to {number(high, unit)}"
    return f"counts from {number(low, unit)} to {number(high, unit)}"


def found_text(found: Found) -> str:
    """Return what was found of a figure: how it is read over seeds, and of which they are."""
    figure, parts = found.figure, []
    if found.value is not None:
        values = [value for value in found.values if not math.isnan(value)]
        unit = "" if figure.over else figure.unit
        spread = ""
        if len(values) > 1 and not (figure.minus or figure.over):
            way = WAYS[figure.reading.over_seeds].format(f"{len(found.values)} runs")
            of_runs = "" if figure.reading.over_seeds == "share" else unit
            spread = f" ({way}: {number(min(values), of_runs)} to {number(max(values), of_runs)})"
        parts.append(f"{number(found.value, unit)}{spread}")
    if figure.better_setting is not None and found.better_value is not None:
        better = number(found.better_value, figure.unit)
        parts.append(f"{better} with {figure.better_setting.why}")
    return "; ".join(parts)


def honest_text(honest: Honest) -> str:
    """Return an honest figure with its interval."""
    mean = number(honest.mean, honest.unit)
    values = [value for value in honest.values if not math.isnan(value)]
    if len(values) < 2:
        return f"{honest.figure} {mean}, of one run and so without an interval"
    low, high = (number(end, honest.unit) for end in honest.interval)
    return f"{honest.figure} {mean}, interval {low} to {high} over {len(values)} seeds"
