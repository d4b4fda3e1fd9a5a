"""One complete history out of what is left of metrics.csv, event files and a checkpoint's copy."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path

from trainers.runs.logs.history import SPLITS, History, Recorded, Row
from trainers.runs.logs.metrics import read

# By split, then by step and name.
Scalars = Mapping[str, Mapping[tuple[int, str], float]]


def mended_rows(
    path: Path, recorded: Recorded | None, scalars: Scalars, last_step: int, steps_per_epoch: int
) -> list[Row]:
    """Return the rows of a run up to a step, and say which had to be mended, and which are lost.

    Args:
        path: the metrics.csv, which is only read.
        recorded: what the checkpoint of `last_step` knows; None where it is of a release without.
        scalars: the figures that the event files hold.
        last_step: rows of later steps are not those of the restored state.
        steps_per_epoch: updates of one epoch.
    """
    found = read(path)
    rows = [row for row in found.rows if row.step <= last_step] if found else []
    if recorded and _is(recorded, rows):
        if found and not found.has_header:
            _say(path, "its first line was damaged; written anew")
        return rows
    if recorded and _is_longer(recorded, rows, last_step):
        return rows[: recorded.rows]
    if recorded and recorded.lines is not None:
        copy = [row for line in recorded.lines if (row := Row.parsed(line))]
        lost = len(set(copy) - set(rows))
        wrong = f"{lost} of {len(copy)} rows up to step {last_step} were missing or damaged"
        if not lost:
            wrong = "rows were not in the order or number in which the run wrote them"
        _say(path, f"{wrong}; written anew from the checkpoint")
        return copy
    merged = _merged(path, rows, recorded, scalars, steps_per_epoch)
    if found is None and last_step and not merged:
        _say(path, "it is missing, and nothing else has its rows")
    return merged


def _merged(
    path: Path,
    rows: list[Row],
    recorded: Recorded | None,
    scalars: Scalars,
    steps_per_epoch: int,
) -> list[Row]:
    merged = {(row.step, row.split, row.name): row for row in rows}
    mended = 0
    for split, figures in scalars.items():
        for (step, name), value in figures.items():
            row = merged.get((step, split, name))
            if row is None or not _same(float(row.value), value):
                merged[step, split, name] = Row.of(step, step / steps_per_epoch, split, name, value)
                mended += 1
    result = sorted(merged.values(), key=lambda row: (row.step, SPLITS.index(row.split)))
    if recorded and _is(recorded, result):
        return result
    lost = max(0, recorded.rows - len(result)) if recorded else 0
    if mended or lost or len(result) < len(rows):
        _say(
            path,
            f"{mended} rows were missing or damaged; written anew from the event files"
            + (f", {lost} more are lost" if lost else ""),
        )
    return result


def _same(row: float, event: float) -> bool:
    """Return whether nine digits and a float32 say the same, or the latter cannot hold it."""
    return not math.isfinite(event) or math.isclose(row, event, rel_tol=1e-6, abs_tol=1e-37)


def _is_longer(recorded: Recorded, rows: list[Row], last_step: int) -> bool:
    """Return whether only rows of the last step follow: those of a validation that was cut off."""
    later = rows[recorded.rows :]
    return _is(recorded, rows[: recorded.rows]) and all(row.step == last_step for row in later)


def _is(recorded: Recorded, rows: list[Row]) -> bool:
    return History(rows).recorded()[:2] == recorded[:2]


def _say(path: Path, what: str) -> None:
    print(f"warning: {path}: {what}", file=sys.stderr)
