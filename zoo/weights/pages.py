"""A card as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from zoo.weights.cards import Figure, WeightsCard

_WIDTH = 98


def page(card: WeightsCard) -> str:
    """Return all that a card says, in lines of at most about 100 characters."""
    splits = ", ".join(
        f"{name} {size:,}" for name, size in card.splits.items() if isinstance(size, int)
    )
    rows = [
        ("task", card.task.replace("_", " ")),
        ("test", shown(card.test)),
        ("data", f"{card.dataset}: {splits}; {card.splits.get('drawn', '')}"),
        ("recipe", f"{card.recipe}, seed {card.seed}: `{card.command}`"),
        ("trained", f"{card.date}, on {card.hardware}; the weights of update {card.best_step:,}"),
        ("size", f"{card.parameters:,} parameters, {card.flops_per_example:,} FLOPs an example"),
        ("latency", f"{card.latency_ms:.2g} ms of processor time an example, on one core of it"),
        ("SHA-256", card.sha256),
    ]
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{card.name}: trained weights of {card.model}"]
    lines += [f"{name.ljust(width)}{value}" for name, value in rows]
    more = {name: value for name, value in card.figures.items() if name != card.test.name}
    if more:
        told = ", ".join(f"{name} {value:.4g}" for name, value in more.items())
        lines += ["", *wrap(f"Also on the test split: {told}.", _WIDTH)]
    if card.classes:
        lines += ["", *_classes(card), "", *_confusion(card)]
    lines += ["", "Known limits:"]
    for limit in card.limits:
        lines += wrap(f"- {limit}", _WIDTH, subsequent_indent="  ")
    beside = f'zoo.create_model("{card.model}", weights="{card.name.partition(":")[2]}")'
    lines += ["", f"create: {beside}", f'use:    zoo.load_model("{card.name}")']
    return "\n".join(lines)


def shown(figure: Figure) -> str:
    """Return a figure with its interval."""
    text = f"{figure.name.replace('_', ' ')} {figure.value:.4g}"
    if figure.low is None or figure.high is None:
        return f"{text}; 95 % interval {figure.interval}"
    return f"{text}, 95 % interval {figure.low:.4g} to {figure.high:.4g} ({figure.interval})"


def _classes(card: WeightsCard) -> list[str]:
    names = ("precision", "recall", "f1", "support")
    rows = [
        [name, *(f"{each[figure]:.4f}" for figure in names[:3]), f"{each['support']:g}"]
        for name, each in card.classes.items()
    ]
    return _aligned(["class", *names], rows)


def _confusion(card: WeightsCard) -> list[str]:
    names = list(card.classes)
    rows = [
        [true, *(f"{card.confusion.get(true, {}).get(said, 0):g}" for said in names)]
        for true in names
    ]
    return ["Rows: true classes; columns: what they were taken for.", *_aligned(["", *names], rows)]


def _aligned(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [list(heading), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
