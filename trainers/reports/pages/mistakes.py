"""The worst test examples, with their pictures where they are some."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from trainers.output.page import inline_bytes
from trainers.predictions.example_record import ExampleRecord

_SMALL_SIDE = 120


def mistakes_section(record: ExampleRecord) -> dict[str, Any] | None:
    """Return what a page shows of the worst examples; None where there are none."""
    if record.worst is None or not len(record.worst):
        return None
    rows = [_row(record, number, int(place)) for number, place in enumerate(record.worst)]
    kind = record.about["kind"]
    title, told = "Worst examples", "the test examples of the highest loss, worst first"
    if kind == "classes":
        title, told = "Worst mistakes", "wrong answers that lose most, worst first"
    if "mean_return" in record.figures:
        title, told = "Worst episodes", "the lowest returns first"
    return {"title": title, "told": told, "rows": rows, "pictures": record.pictures is not None}


def _row(record: ExampleRecord, number: int, place: int) -> dict[str, Any]:
    about, answers, targets = record.about, record.answers, record.targets
    row: dict[str, Any] = {"label": record.label(place), "lines": []}
    if record.pictures is not None:
        row["picture"] = picture(record.pictures[number])
    if about["kind"] == "classes" and answers is not None and targets is not None:
        names = about["names"]
        sure = "" if record.confidence is None else f" ({record.confidence[place]:.2f})"
        row["lines"] = [f"says {names[answers[place]]}{sure}", f"is {names[targets[place]]}"]
    elif about["kind"] == "numbers" and answers is not None and targets is not None:
        for name, said, true in zip(about["names"], answers[place], targets[place], strict=True):
            row["lines"].append(f"{name}: says {said:.5g}, is {true:.5g}")
    elif "mean_return" in record.figures:
        row["lines"] = [f"return {record.figures['mean_return'][place]:g}"]
    if "loss" in record.figures:
        row["lines"].append(f"loss {record.figures['loss'][place]:.3g}")
    return row


def picture(pixels: np.ndarray) -> str:
    """Return uint8 `[rows, columns, 1 or 3]` as an address, a small picture larger."""
    from PIL import Image

    factor = max(1, _SMALL_SIDE // max(pixels.shape[:2]))
    larger = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    file = io.BytesIO()
    Image.fromarray(larger[..., 0] if larger.shape[-1] == 1 else larger).save(file, "PNG")
    return inline_bytes(file.getvalue(), ".png")
