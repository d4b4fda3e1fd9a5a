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
_OVERVIEW = ("| row | source | verdict | set | minutes |", "|---|---|---|---|---|")
_DATED = re.compile(r"[^(]*?\b(?:18|19|20)\d\d\b")  # authors and year
_FIGURES = ("| figure | printed | what counts | found |", "|---|---|---|---|")


def table() -> str:
    """Return every row's verdict in a table, and under it a section of each row's figures."""
    lines, sections, seconds = list(_OVERVIEW), [], dict.fromkeys(("fast", "slow"), 0.0)
    for name in names():
        row, values = load(name), records.committed(name)
        seconds[row.speed] += values["seconds"] if values else 0
        minutes = f"{values['seconds'] / 60:.1f}" if values else ""
        dated = _DATED.match(row.source)
        source = _cell(dated[0] if dated else row.source.split(",")[0])
        cells = (f"[`{name}`](#{name})", source, _verdict(row, values), row.speed, minutes)
        lines.append(f"| {' | '.join(cells)} |")
        sections += ["", *_section(row, values)]
    took = " and ".join(f"the {name} set {each / 60:.0f}" for name, each in seconds.items())
    lines += ["", f"As recorded, {took} minutes; where and how, each section says."]
    return "\n".join(lines + sections) + "\n"


def _verdict(row: Row, values: dict[str, Any] | None) -> str:
    if values is None:
        return "not run yet"
    stale = " (of other settings than now's)" if records.is_stale(values, row) else ""
    return f"**{values['verdict']}**{stale}"


def _section(row: Row, values: dict[str, Any] | None) -> list[str]:
    source = f"[{_cell(row.source)}]({row.link})" if row.link else _cell(row.source)
    lines = [f"### `{row.name}`", "", f"{source}: {_verdict(row, values)}.", "", *_FIGURES]
    found = [each["text"] for each in values["figures"]] if values else [""] * len(row.figures)
    for figure, text in zip(row.figures.values(), found, strict=True):
        printed = "" if figure.printed is None else number(figure.printed, figure.unit)
        counts = counts_text(figure.counts, figure.unit).removeprefix("counts ")
        cells = (f"{figure.name}: {figure.means}", printed, counts, text)
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    lines.append("")
    if row.remark:
        lines.append(f"- {_sentence(row.remark)}")
    if values is not None:
        lines += [f"- Honest figure: {line}" for line in _honest(values)]
        if values["verdict"] == MISSED:
            lines += [f"- Tried: {_cell(each)}" for each in row.tried]
        runs = f"{values['runs']} runs" if values["runs"] > 1 else "1 run"
        lines.append(
            f"- Measured {values['measured']}: {values['seconds']:.0f} s for {runs} on "
            f"{values['hardware']}, {shown_revision(values['git_revision'])}"
        )
    if (PICTURES / f"{row.name}.png").is_file():
        lines += ["", f"![{row.name}](../../.github/images/published/{row.name}.png)"]
    return lines


def _honest(values: dict[str, Any]) -> list[str]:
    honest = values["honest"]
    if len(honest) == 1:
        return [_cell(next(iter(honest.values()))["text"])]
    return [_cell(f"{variant}: {each['text']}") for variant, each in honest.items()]


def _sentence(text: str) -> str:
    return _cell(text[:1].upper() + text[1:])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def in_page(text: str) -> str:
    """Return a page with the table as it is now between its markers."""
    return _BETWEEN.sub(lambda match: f"{match[1]}{table()}{match[2]}", text)


def write_table() -> None:
    """Write the table into the room's page."""
    replace_file(PAGE, in_page(PAGE.read_text(encoding="utf-8")).encode())
