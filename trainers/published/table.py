"""The table of all published figures, generated from the records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from trainers.claims.sealed import shown_revision
from trainers.output.files import replace_file
from trainers.published import records
from trainers.published.findings import MISSED
from trainers.published.reading import load, names
from trainers.published.row import Row
from trainers.published.words import counts_text, number

PAGE = Path(__file__).parent / "README.md"
PICTURES = Path(__file__).parents[2] / ".github" / "images" / "published"
_BETWEEN = re.compile(
    r"(<!-- table:[^\n]*-->\n).*?(<!-- /table -->)", re.DOTALL
)  # what stands between is generated
_HEADER = (
    "| row | source | figure | printed | found | verdict | honest figure beside it | measured |",
    "|---|---|---|---|---|---|---|---|",
)


def table() -> str:
    """Return the table, a line for every row, and under it what missed rows have tried."""
    lines, tried, seconds = list(_HEADER), [], dict.fromkeys(("fast", "slow"), 0.0)
    for name in names():
        row, values = load(name), records.committed(name)
        lines.append(_line(row, values))
        seconds[row.speed] += values["seconds"] if values else 0
        if values is not None and values["verdict"] == MISSED:
            told = (f"`{name}` is missed.", row.remark, *row.tried)
            tried.append(f"- {' '.join(each for each in told if each)}")
    took = " and ".join(f"the {name} set {each / 60:.0f}" for name, each in seconds.items())
    lines += ["", f"As recorded, {took} minutes, while other work kept the cores busy."]
    lines += ["", *tried] if tried else []
    pictures = [each for each in names() if (PICTURES / f"{each}.png").is_file()]
    where = "../../.github/images/published"
    lines += ["", *(f"![{each}]({where}/{each}.png)" for each in pictures)] if pictures else []
    return "\n".join(lines) + "\n"


def _line(row: Row, values: dict[str, Any] | None) -> str:
    figures = list(row.figures.values())
    source = f"[{_cell(row.source)}]({row.link})" if row.link else _cell(row.source)
    what = [f"{each.name}: {each.means}" for each in figures]
    printed = [
        f"{number(each.printed, each.unit)}, {counts_text(each.counts, each.unit)}"
        if each.printed is not None
        else counts_text(each.counts, each.unit)
        for each in figures
    ]
    if values is None:
        found, verdict, honest, when = ["not run yet"], "", [], ""
    else:
        found = [each["text"] for each in values["figures"]]
        verdict = f"**{values['verdict']}**" + (f": {row.remark}" if row.remark else "")
        if records.is_stale(values, row):
            verdict += " (of other settings than now's)"
        honest = [f"{variant}: {each['text']}" for variant, each in values["honest"].items()]
        if len(honest) == 1:
            honest = [next(iter(values["honest"].values()))["text"]]
        runs = f"{values['runs']} runs" if values["runs"] > 1 else "1 run"
        when = (
            f"{values['measured']}, {values['seconds']:.0f} s for {runs} on {values['hardware']}, "
            f"{shown_revision(values['git_revision'])}"
        )
    cells = [
        f"`{row.name}`",
        source,
        *("<br>".join(map(_cell, each)) for each in (what, printed, found)),
        _cell(verdict),
        "<br>".join(map(_cell, honest)),
        _cell(when),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def in_page(text: str) -> str:
    """Return a page with the table as it is now between its markers."""
    return _BETWEEN.sub(lambda match: f"{match[1]}{table()}{match[2]}", text)


def write_table() -> None:
    """Write the table into the room's page."""
    replace_file(PAGE, in_page(PAGE.read_text(encoding="utf-8")).encode())
