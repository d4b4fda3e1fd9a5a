"""Tables of details for people: aligned columns that pipe as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from trainers.predictions.details import ClassDetails, NumberDetails

_SHOWN_CLASSES = 20
# A matrix of more classes is wider than a terminal.
_MATRIX_CLASSES = 10
_SHOWN_MISTAKES = 10


def aligned(columns: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Return lines of columns, the first `words` of them to the left and the others to the right.

    Args:
        columns: the headings.
        rows: a text for each column.
        words: how many columns hold words.
    """
    from rich.cells import cell_len

    lines = [[printable(cell) for cell in row] for row in (columns, *rows)]
    # Rich's own table would cut long names off, and takes minutes for many rows.
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    shown = []
    for line in lines:
        cells = []
        for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
            gap = " " * (width - cell_len(cell))
            cells.append(cell + gap if number < words else gap + cell)
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def table(found: ClassDetails | NumberDetails, *, all_classes: bool = False) -> str:
    """Return the details as text; of many classes the worst, unless all are asked for."""
    if isinstance(found, NumberDetails):
        return _numbers(found)
    return "\n\n".join(part for part in _classes(found, all_classes) if part)


def _numbers(found: NumberDetails) -> str:
    figures = found.figures
    columns = (figures.mean_absolute_error, figures.root_mean_squared_error, figures.r2)
    rows = [
        (name, *(f"{column[number]:.6g}" for column in columns))
        for number, name in enumerate(found.names)
    ]
    return aligned(("target", "MAE", "RMSE", "R^2"), rows)


def _classes(found: ClassDetails, all_classes: bool) -> Iterable[str]:
    figures, names = found.figures, found.names
    seen = np.flatnonzero((figures.support > 0) | (figures.predicted > 0))
    shown = seen
    if len(seen) > _SHOWN_CLASSES and not all_classes:
        worst = seen[np.argsort(figures.f1[seen], kind="stable")]
        shown = worst[:_SHOWN_CLASSES]
    rows: list[tuple[str, ...]] = [
        (
            names[number],
            f"{figures.precision[number]:.4f}",
            f"{figures.recall[number]:.4f}",
            f"{figures.f1[number]:.4f}",
            f"{figures.support[number]:.10g}",
        )
        for number in shown
    ]
    means = figures.means()
    rows.append(("mean", *(f"{value:.4f}" for value in means.values()), ""))
    yield aligned(("class", "precision", "recall", "F1", "support"), rows)
    yield "\n".join(_notes(found, len(seen), len(shown)))
    yield _mistakes(found, seen)


def _notes(found: ClassDetails, seen: int, shown: int) -> Iterable[str]:
    figures = found.figures
    if shown < seen:
        yield f"the worst {shown} of {seen} classes, lowest F1 first; --all-classes shows all"
    if seen < len(found.names):
        yield f"{len(found.names) - seen} of {len(found.names)} classes: no example, no prediction"
    for count, what in (
        (np.sum((figures.support > 0) & (figures.predicted == 0)), "never predicted: precision"),
        (np.sum((figures.support == 0) & (figures.predicted > 0)), "without an example: recall"),
    ):
        if count:
            yield f"{count} of {len(found.names)} classes {what} 0/0 counts as 0"


def _mistakes(found: ClassDetails, seen: np.ndarray) -> str:
    """Return the matrix of few classes, of many the commonest mistakes."""
    names, pairs = found.names, found.confusion
    if len(seen) <= _MATRIX_CLASSES:
        counts = {
            (int(true), int(predicted)): count
            for true, predicted, count in zip(
                pairs.true, pairs.predicted, pairs.counts, strict=True
            )
        }
        rows = [
            (names[true], *(f"{counts.get((true, other), 0):.10g}" for other in seen.tolist()))
            for true in seen.tolist()
        ]
        return aligned(("true \\ predicted", *(names[number] for number in seen)), rows)
    mistakes = pairs.mistakes()
    rows = [
        (names[true], names[predicted], f"{count:.10g}")
        for true, predicted, count in mistakes[:_SHOWN_MISTAKES]
    ]
    return aligned(("true", "predicted as", "examples"), rows, words=2) if rows else ""


def printable(text: str) -> str:
    """Return a word that keeps to its place in a line: what moves a cursor is written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
