"""Predictions as text: an aligned table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainers.predictions.tables import aligned


@dataclass(frozen=True)
class Predictions:
    """Answers to examples.

    Args:
        column: what the examples' names are: "file", "row", "text".
        examples: their names.
        kind: "classes", "symbols" or "numbers".
        names: of the classes, symbols or targets.
        answers: `[examples, names]`: probabilities, or values.
    """

    column: str
    examples: Sequence[str]
    kind: str
    names: Sequence[str]
    answers: np.ndarray

    def best(self, top: int) -> np.ndarray:
        """Return the places `[examples, top]` of the likeliest classes, likeliest first."""
        return np.argsort(-self.answers, axis=1, kind="stable")[:, :top]


def as_table(found: Predictions, top: int) -> str:
    """Return aligned columns, probabilities with four digits and values with six."""
    if found.kind == "numbers":
        rows = [
            (name, *(f"{value:.6g}" for value in values))
            for name, values in zip(found.examples, found.answers, strict=True)
        ]
        return aligned((found.column, *found.names), rows) + "\n"
    chosen = found.best(top)
    symbols = found.kind == "symbols"
    word = "next" if symbols else "class"
    columns = [found.column]
    for place in range(1, chosen.shape[1] + 1):
        columns += [word if place == 1 else f"{word} {place}", "probability"]
    rows = []
    for name, places, values in zip(found.examples, chosen, found.answers, strict=True):
        cells = [name]
        for place in places:
            # A space or a line break would not be seen.
            said = repr(found.names[place]) if symbols else found.names[place]
            cells += [said, f"{values[place]:.4f}"]
        rows.append(tuple(cells))
    return aligned(columns, rows, words=1) + "\n"


def as_csv(found: Predictions, top: int) -> str:
    """Return a header and a row for each example, numbers with all their digits."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if found.kind == "numbers":
        writer.writerow((found.column, *found.names))
        for name, values in zip(found.examples, found.answers, strict=True):
            writer.writerow((name, *map(_shortest, values)))
        return stream.getvalue()
    chosen = found.best(top)
    columns = [found.column]
    for place in range(1, chosen.shape[1] + 1):
        columns += [f"class_{place}", f"probability_{place}"]
    writer.writerow(columns)
    for name, places, values in zip(found.examples, chosen, found.answers, strict=True):
        cells: list[Any] = [name]
        for place in places:
            cells += [found.names[place], _shortest(values[place])]
        writer.writerow(cells)
    return stream.getvalue()


def as_json(found: Predictions, top: int) -> str:
    """Return a list of one object for each example."""
    rows: list[dict[str, Any]] = []
    row = found.column == "row"
    examples = [int(each) if row and each.isdigit() else each for each in found.examples]
    if found.kind == "numbers":
        for name, values in zip(examples, found.answers, strict=True):
            said = zip(found.names, map(_shortest, values), strict=True)
            rows.append({found.column: name, "values": dict(said)})
    else:
        chosen = found.best(top)
        for name, places, values in zip(examples, chosen, found.answers, strict=True):
            likeliest = [
                {"class": found.names[place], "probability": _shortest(values[place])}
                for place in places
            ]
            rows.append({found.column: name, "predictions": likeliest})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n"


FORMATS: dict[str, Callable[[Predictions, int], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}


def _shortest(value: np.floating) -> float:
    """Return the shortest decimal number that is the same float32."""
    return float(str(np.float32(value)))
