"""A page for each file of trained weights: its card, and what it takes for what."""

from __future__ import annotations

import zoo
from trainers.site.pages import tables
from trainers.site.pages.links import Links
from zoo.weights.pages import shown

_INTRODUCTION = """# Trained weights

Each file comes with a card: what it was trained on, by which command, what it is worth, what goes
wrong. A file's SHA-256, and the names, shapes and types in it, are compared with its card before a
value is used; a test measures each anew.

"""


def pages(links: Links) -> dict[str, str]:
    """Return the pages of all trained weights, by their path in the site."""
    page = "weights/index.md"
    index = _INTRODUCTION + tables.weights(zoo.list_weights(), page)
    more = f"\n[How they are used, and what is promised]({links.to('zoo/weights', page)})\n"
    found = {f"weights/{tables.file_name(name)}.md": _page(name) for name in zoo.list_weights()}
    return {page: index + more, **found}


def nav() -> list[object]:
    """Return the weights' part of the navigation."""
    return [
        "weights/index.md",
        *({name: f"weights/{tables.file_name(name)}.md"} for name in zoo.list_weights()),
    ]


def _page(name: str) -> str:
    card = zoo.weights_card(name)
    page = f"weights/{tables.file_name(name)}.md"
    data = name.partition(":")[2]
    splits = ", ".join(
        f"{count:,} {split}" for split, count in card.splits.items() if isinstance(count, int)
    )
    more = {each: value for each, value in card.figures.items() if each != card.test.name}
    rows = {
        "model": f"[`{card.model}`]({tables.model_link(card.model, page)})",
        "test": shown(card.test),
        "also on the test split": ", ".join(f"{key} {value:.4g}" for key, value in more.items()),
        "data": f"{card.dataset}: {splits}; {card.splits.get('drawn', '')}".rstrip("; "),
        "trained by": f"`{card.command}`, seed {card.seed}",
        "when and where": f"{card.date}, {card.hardware}; the weights of update {card.best_step:,}",
        "size": f"{card.parameters:,} parameters, {card.flops_per_example:,} FLOPs an example",
        "latency": f"{card.latency_ms:.2g} ms of processor time an example, on one core",
        "SHA-256": f"`{card.sha256}`",
    }
    lines = [f"| {key} | {value} |" for key, value in rows.items() if value]
    commands = (
        f"python -m zoo {name}                        # this card\n"
        f"python -m trainers.evaluate {name}\n"
        f"python -m trainers.export {name} --format onnx"
    )
    parts = [
        f"# `{name}`\n",
        "\n".join(["| | |", "|---|---|", *lines, ""]),
        f'```python\nmodel = zoo.create_model("{card.model}", weights="{data}")\n```\n',
        f"```bash\n{commands}\n```\n",
        "## Known limits\n",
        "\n".join([*(f"- {limit}" for limit in card.limits), ""]),
    ]
    if card.classes:
        parts += ["## Each class\n", _classes(card)]
        parts += ["## What is taken for what\n", _confusion(card)]
    return "\n".join(parts)


def _classes(card: zoo.WeightsCard) -> str:
    lines = ["| class | precision | recall | F1 | examples |", "|---|---:|---:|---:|---:|"]
    for name, each in card.classes.items():
        figures = " | ".join(f"{each[key]:.4f}" for key in ("precision", "recall", "f1"))
        lines.append(f"| {name} | {figures} | {each['support']:g} |")
    return "\n".join([*lines, ""])


def _confusion(card: zoo.WeightsCard) -> str:
    names = list(card.classes)
    lines = [f"| true | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for true in names:
        row = card.confusion.get(true, {})
        counts = [f"{row.get(said, 0):g}" for said in names]
        cells = [
            f"**{count}**" if said == true else "" if count == "0" else count
            for said, count in zip(names, counts, strict=True)
        ]
        lines.append(f"| {true} | {' | '.join(cells)} |")
    return "\n".join(["Rows are the true classes, columns what they were taken for.\n", *lines, ""])
