"""Which examples of the user's own data are in which split: splits.json of a run's folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import configs

if TYPE_CHECKING:
    import datasets


def rows_text(config: configs.Config, dataset: datasets.Dataset) -> str | None:
    """Return what splits.json holds, one split on a line, or None where a builder's own decide.

    Row numbers count from 0, in the file's order, of the split's own array where a split has one.
    """
    if not dataset.rows:
        return None
    about: dict[str, Any] = {
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "split_seed": config.dataset.split_seed,
        "validation_fraction": config.dataset.validation_fraction,
    }
    if config.dataset.held_out != "drawn":
        about["held_out"] = config.dataset.held_out
    lines = [f'  "{name}": {json.dumps(value)}' for name, value in about.items()]
    rows = [
        f'    "{split}": {json.dumps(numbers.tolist(), separators=(",", ":"))}'
        for split, numbers in dataset.rows.items()
    ]
    lines.append('  "rows": {\n' + ",\n".join(rows) + "\n  }")
    return "{\n" + ",\n".join(lines) + "\n}\n"
