"""Records: what a row's runs gave, sealed, as JSON beside the runs and in this repository."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trainers.claims.sealed import is_whole, sealed
from trainers.output.files import replace_file
from trainers.published import findings
from trainers.published.findings import Found, Honest, Runs
from trainers.published.row import Row
from trainers.published.statistics.measured_run import DIVERGED, MeasuredRun
from trainers.published.words import found_text, honest_text
from trainers.runs import provenance

FOLDER = Path(__file__).parent / "records"
# What decides neither a run nor a verdict.
_PROSE = (
    *("source", "link", "speed", "given", "chosen", "remark", "tried", "short", "is_short"),
    *("picture", "needs"),
)


def asked(row: Row) -> dict[str, Any]:
    """Return all of a row that decides its runs, its figures and its verdict, as it is stored."""
    values = {key: each for key, each in dataclasses.asdict(row).items() if key not in _PROSE}
    # Rows without it were recorded before there was such a key.
    if not row.splits_by_seed:
        del values["splits_by_seed"]
    return json.loads(json.dumps(values))


def record(row: Row, runs: Runs, everything: Sequence[MeasuredRun]) -> dict[str, Any]:
    """Return a row's record.

    Args:
        row: which.
        runs: by variant, chosen ones of a grid.
        everything: all runs, for the time that they took.
    """
    figures, worth = findings.found(row, runs), findings.honest(row, runs)
    summaries = [run.summary for run in everything if run.summary]
    revisions = sorted({each["git_revision"] or "" for each in summaries})
    values = {
        "name": row.name,
        "asked": asked(row),
        "is_short": row.is_short,
        "verdict": None if row.is_short else findings.verdict(figures),
        "figures": [_figure(row, each) for each in figures],
        "honest": {variant: _honest(each) for variant, each in worth.items()},
        "chosen": {variant: each[0].variant for variant, each in runs.items()},
        "runs": len(everything),
        "diverged": sum(run.diverged for run in everything),
        "seconds": math.fsum(sum(each["seconds"].values()) for each in summaries),
        "hardware": ", ".join(
            sorted({provenance.hardware_line(each["hardware"]) for each in summaries})
        ),
        "versions": summaries[-1]["versions"] if summaries else {},
        "measured": _ended(everything).strftime("%Y-%m-%d %H:%M UTC"),
        "git_revision": " and ".join(revisions) or None,
    }
    return sealed(_finite(values))


def _ended(runs: Sequence[MeasuredRun]) -> datetime:
    """Return when the last of several runs ended."""
    files = [path for run in runs for path in (run.path / "summary.json", run.path / DIVERGED)]
    last = max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)
    return datetime.fromtimestamp(last, UTC)


def _figure(row: Row, each: Found) -> dict[str, Any]:
    return {
        "figure": each.figure.name,
        "printed": each.figure.printed,
        "unit": each.figure.unit,
        "value": each.value,
        "values": list(each.values),
        "better_value": each.better_value,
        "verdict": None if row.is_short else each.verdict,
        "text": found_text(each),
    }


def _honest(each: Honest) -> dict[str, Any]:
    low, high = each.interval
    return {
        "figure": each.figure,
        "unit": each.unit,
        "mean": each.mean,
        "low": low,
        "high": high,
        "values": list(each.values),
        "text": honest_text(each),
    }


def _finite(value: Any) -> Any:
    """Return a value as JSON has it: numbers that are none become None."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(path: Path, values: dict[str, Any]) -> None:
    """Write a record whole or not at all."""
    replace_file(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())


def read(path: Path) -> dict[str, Any] | None:
    """Return a record; None where there is none, or it was edited by hand."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) and is_whole(values) else None


def committed(name: str) -> dict[str, Any] | None:
    """Return the record of a row that comes with the project, None where there is none."""
    return read(FOLDER / f"{name}.json")


def is_stale(values: dict[str, Any], row: Row) -> bool:
    """Return whether a record is of other settings, figures or ranges than a row's now."""
    return _deciding(values["asked"]) != _deciding(asked(row))


def _deciding(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked without the words that say of a figure what it means."""
    figures = {
        name: {
            **{key: value for key, value in each.items() if key != "means"},
            "better_setting": (each["better_setting"] or {}).get("of"),
        }
        for name, each in values["figures"].items()
    }
    return {**values, "figures": figures}
