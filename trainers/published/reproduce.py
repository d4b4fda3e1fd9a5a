"""One row from its recipe to its record: trained, read, drawn and told."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import configs
import datasets
from trainers.claims.sealed import measured_when
from trainers.published import findings, pictures, records, runs, table
from trainers.published.reading import SETS, load, names
from trainers.published.row import Row
from trainers.published.words import counts_text, number


def members(name: str) -> list[str]:
    """Return the rows that a name stands for: of a set, or the one; none of an unknown name."""
    if name not in SETS:
        return [name] if name in names() else []
    return [each for each in names() if name in ("published", load(each).speed)]


def reproduce(
    row: Row, output: Path, places: Mapping[str, str], *, again: bool = False
) -> dict[str, Any]:
    """Train the runs of a row that are not there yet, and return its record.

    Args:
        row: whole or shortened.
        output: the folder of results; the runs lie in one of the row's name.
        places: where data lie, by dotted key.
        again: whether runs that are there are made anew.

    Raises:
        ConfigError, DataError: the row cannot run.
        PreemptedError: it was asked to stop, and is saved.
    """
    asked = runs.asked(row, output, places)
    try:
        plans = runs.plans(asked)
    except (configs.ConfigError, datasets.DataError) as error:
        if not row.needs:
            raise
        raise type(error)(f"{error}; this row needs {row.needs}") from error
    ended = list(runs.carried_out(asked, plans, again=again))
    variants = [each.variant for each in asked]
    of_variant = findings.chosen(row, list(zip(variants, ended, strict=True)))
    found = records.record(row, of_variant, ended)
    folder = asked[0].run.path.parent
    pictures.draw(row, of_variant, folder / "plot.png")
    records.write(folder / "record.json", found)
    return found


def require_recordable(*, short: bool) -> None:
    """Raise `ConfigError` if no record is kept: rows are shortened, or this is no clone."""
    if short:
        raise configs.ConfigError("a shortened row shows no figure; leave --short or --record out")
    if not table.PICTURES.parent.is_dir():
        raise configs.ConfigError(
            f"{records.FOLDER} is of an installation; --record writes into a clone of the project"
        )


def keep(row: Row, output: Path, found: dict[str, Any]) -> Path:
    """Put a row's record and picture into the repository, write the table, return where it is.

    Raises:
        ConfigError: the row is shortened, or this is no clone.
    """
    require_recordable(short=row.is_short)
    path = records.FOLDER / f"{row.name}.json"
    path.parent.mkdir(exist_ok=True)
    records.write(path, found)
    picture = output / row.name / "plot.png"
    if row.picture is not None:
        table.PICTURES.mkdir(exist_ok=True)
        shutil.copyfile(picture, table.PICTURES / f"{row.name}.png")
    table.write_table()
    return path


def told(row: Row, found: Mapping[str, Any]) -> list[str]:
    """Return the lines that tell a row's record."""
    link = f", {row.link}" if row.link else ""
    runs_text = f"{found['runs']} runs" if found["runs"] > 1 else "1 run"
    lines = [f"{row.name}: {row.source}{link}"]
    if not row.is_short:
        lines.append(f"  {found['verdict']}")
    for figure, each in zip(row.figures.values(), found["figures"], strict=True):
        of = "shortened" if row.is_short else each["verdict"] or "shown"
        printed = f"printed {number(figure.printed, figure.unit)}, "
        printed = "" if figure.printed is None else printed
        counts = counts_text(figure.counts, figure.unit)
        lines.append(f"  {of}: {figure.name}: {printed}found {each['text']}; {counts}")
        lines.append(f"    that is {figure.means}")
    for variant, each in found["honest"].items():
        point = found["chosen"][variant]
        of = "" if len(found["honest"]) == 1 else f"{point}, "
        lines.append(f"  honest: {of}{each['text']}")
    if found["diverged"]:
        lines.append(f"  {found['diverged']} of {runs_text} diverged")
    lines.append(
        f"  {found['seconds']:.0f} s for {runs_text} on {found['hardware']}, {measured_when(found)}"
    )
    lines += [f"  {text}" for text in (row.remark, *row.tried) if text]
    return lines
