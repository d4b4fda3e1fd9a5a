"""The comparison as one page and as a table of a terminal."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from trainers.compare.charts import colour_of, curves, differences
from trainers.compare.collected import differing, short
from trainers.compare.paired import Difference
from trainers.compare.rows import Comparison, Row, Value
from trainers.output.figure import svg
from trainers.output.page import write_page
from trainers.reports.pages.run_page import number
from trainers.reports.pages.settings import shown_value

_TEMPLATE = "trainers/compare/compare.html.j2"
_MOST_SETTINGS = 6


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_page(path, _TEMPLATE, **values_of(comparison))


def values_of(comparison: Comparison) -> dict[str, Any]:
    """Return what the page's template names."""
    groups = [row.group for row in comparison.rows]
    keys = differing(groups)
    names = short(keys)
    drawing = curves(comparison)
    return {
        "title": f"{len(groups)} settings of {_what(comparison)}",
        "comparison": comparison,
        "written": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "settings": [names[key] for key in keys[:_MOST_SETTINGS]],
        "rows": _rows(comparison, keys[:_MOST_SETTINGS]),
        "curves": svg(drawing, "curves", "Validation figures over updates") if drawing else None,
        "differences": differences(comparison),
        "every": [
            (names[key], [shown_value(group.settings.get(key)) for group in groups]) for key in keys
        ],
    }


def _rows(comparison: Comparison, keys: list[str]) -> list[dict[str, Any]]:
    """Return what is shown of every row, with the settings of these keys."""
    return [
        {
            "label": row.group.label,
            "colour": colour_of(place),
            "seeds": len(row.group.runs),
            "settings": [shown_value(row.group.settings.get(key)) for key in keys],
            "validation": value_text(row.validation.get(comparison.figure)),
            "test": value_text(row.test.get(comparison.figure)),
            "others": [value_text(row.test.get(name)) for name in comparison.names],
            "steps": "-" if row.steps is None else f"{row.steps:,}",
            "seconds": "-" if row.seconds is None else f"{row.seconds:.1f}",
            "beside": beside_text(row, first=place == 0),
            "runs": [run.path.as_posix() for run in row.group.runs],
        }
        for place, row in enumerate(comparison.rows)
    ]


def value_text(value: Value | None) -> str:
    """Return a mean and, where it is known, its interval."""
    if value is None:
        return "-"
    if not value.has_interval:
        return number(value.mean)
    return f"{number(value.mean)} ({number(value.low)} to {number(value.high)})"


def beside_text(row: Row, *, first: bool) -> str:
    """Return how a row differs from the first, in a few words."""
    if first:
        return "best by validation"
    found = row.beside
    if not isinstance(found, Difference):
        return str(found or "-")
    signs = "+" if found.value > 0 else ""
    text = f"{signs}{number(found.value)} ({number(found.low)} to {number(found.high)})"
    if found.gained is not None:
        text += f"; {found.gained} right here alone, {found.lost} there"
    return text


def _what(comparison: Comparison) -> str:
    runs = [run for row in comparison.rows for run in row.group.runs]
    models = list(dict.fromkeys(run.model for run in runs))
    data = list(dict.fromkeys(run.dataset for run in runs))
    return f"{_few(models)} on {_few(data)}"


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} models"


def print_table(comparison: Comparison) -> None:
    """Print the rows, the best first, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table

    values = values_of_table(comparison)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, name in enumerate(values["columns"]):
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for row in values["rows"]:
        table.add_row(*row)
    # Not narrower than it is wide where no terminal tells a width.
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    console.print(table, markup=False)


def values_of_table(comparison: Comparison) -> dict[str, Any]:
    """Return the columns' names and the cells of the terminal's table."""
    groups = [row.group for row in comparison.rows]
    keys = differing(groups)[:_MOST_SETTINGS]
    names, figure = short(keys), comparison.figure.replace("_", " ")
    columns = ["run", *(names[key].replace("_", " ") for key in keys)]
    columns += ["seeds"] if any(len(group.runs) > 1 for group in groups) else []
    columns += [f"validation {figure}", f"test {figure} (95 %)", "seconds", "beside the first"]
    rows = []
    for row in _rows(comparison, keys):
        cells = [row["label"], *row["settings"]]
        cells += [str(row["seeds"])] if "seeds" in columns else []
        rows.append([*cells, row["validation"], row["test"], row["seconds"], row["beside"]])
    return {"columns": columns, "rows": rows}
