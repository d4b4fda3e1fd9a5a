"""`report.html`: one file that tells a run, from its folder."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import Any

from trainers.output.figure import svg
from trainers.output.page import write_page
from trainers.reports.curves import panels_of
from trainers.reports.pages.classes import classes_section
from trainers.reports.pages.commands import next_commands
from trainers.reports.pages.facts import RunFacts
from trainers.reports.pages.mistakes import mistakes_section
from trainers.reports.pages.numbers import numbers_section
from trainers.reports.pages.samples import samples_section
from trainers.reports.pages.settings import config_text, differences
from trainers.reports.panels import figure_of_panels, moving
from trainers.runs.provenance import hardware_line

FILE = "report.html"
_TEMPLATE = "trainers/reports/pages/run.html.j2"


def write_report(folder: Path, path: Path | None = None) -> None:
    """Write the page of a run, whole or not at all.

    Args:
        folder: of the run.
        path: of the page; None is `report.html` in the folder.

    Raises:
        ConfigError: the folder holds no run.
    """
    write_page(path or folder / FILE, _TEMPLATE, **values_of(RunFacts.read(folder)))


def values_of(facts: RunFacts) -> dict[str, Any]:
    """Return what the page's template names."""
    record, summary = facts.record, facts.summary
    return {
        "title": f"{facts.model} on {facts.dataset}",
        "name": facts.path.resolve().name,
        "facts": facts,
        "summary": summary,
        "written": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "headline": _headline(facts),
        "figures": [_figure(facts, name) for name in facts.shown_figures("test")],
        "curves": _curves(facts),
        "classes": classes_section(record) if record else None,
        "numbers": numbers_section(record) if record else None,
        "mistakes": mistakes_section(record) if record else None,
        "samples": samples_section(facts.path),
        "differences": differences(facts.values),
        "config": config_text(facts.path),
        "seconds": _seconds(summary),
        "hardware": hardware_line(summary["hardware"]) if summary else None,
        "commands": next_commands(facts),
    }


def _headline(facts: RunFacts) -> dict[str, str] | None:
    name, test = facts.headline, facts.figures("test")
    if name not in test:
        return None
    text = f"{test[name]:.2%}" if name == "excess_ratio" else number(test[name])
    told = "loss above the best possible" if name == "excess_ratio" else name.replace("_", " ")
    return {"name": told, "value": text, "interval": interval_text(facts.interval(name))}


def _figure(facts: RunFacts, name: str) -> dict[str, str]:
    return {
        "name": name.replace("_", " "),
        "validation": number(facts.figures("validation").get(name)),
        "test": number(facts.figures("test").get(name)),
        "interval": interval_text(facts.interval(name)),
        "final": number(facts.figures("test", "final").get(name)),
    }


def number(value: float | None) -> str:
    """Return a figure with four digits that count, a dash for none."""
    if value is None:
        return "-"
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def interval_text(found: tuple[float, float] | None) -> str:
    """Return an interval's ends, empty where it is not known."""
    if found is None or not all(map(math.isfinite, found)):
        return ""
    return f"{number(found[0])} to {number(found[1])}"


def _curves(facts: RunFacts) -> str | None:
    oracle = facts.figures("validation", "final").get("oracle_loss")
    panels = panels_of(facts.curves, oracle)
    if not panels:
        return None
    figure = figure_of_panels(moving(panels), "", "update")
    names = ", ".join(panel.title for panel in panels)
    return svg(figure, "curves", f"Learning curves over updates: {names}")


def _seconds(summary: dict[str, Any]) -> list[dict[str, Any]]:
    seconds = summary.get("seconds", {})
    whole, most = sum(seconds.values()), max(seconds.values(), default=0.0)
    return [
        {
            "name": name,
            "text": f"{each:.1f} s, {each / whole:.0%}",
            "width": f"{100 * each / most:.1f}",
        }
        for name, each in seconds.items()
        if whole and each >= 0.05
    ]
