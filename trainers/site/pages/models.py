"""A page for each registered model: what it is, how it is trained, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import configs
import zoo
from trainers.site.pages import tables
from trainers.site.pages.links import Links, relative
from trainers.site.pages.sources import source_of
from zoo.catalogue.index import built_in_models

CURVES = ".github/images/curves"
_INTRODUCTION = """# Models

A model is one file with a builder, and one recipe. `python -m zoo` lists them, `python -m zoo NAME`
shows one's card, `python -m trainers.run --model NAME` trains it, and that command's figures stand
here.

"""


def pages(links: Links, ideas: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the pages of all models, by their path in the site.

    Args:
        links: of the tree.
        ideas: by model the titles of the ideas that tell of it, by their page.
    """
    index = _INTRODUCTION + tables.models(sorted(built_in_models()), "models/index.md")
    found = {f"models/{name}.md": _page(name, links, ideas) for name in built_in_models()}
    return {"models/index.md": index, **found}


def nav() -> list[object]:
    """Return the models' part of the navigation."""
    return ["models/index.md", *({name: f"models/{name}.md"} for name in sorted(built_in_models()))]


def _page(name: str, links: Links, ideas: Mapping[str, Mapping[str, str]]) -> str:
    page, card = f"models/{name}.md", zoo.model_card(name)
    recipe = f"configs/{name}.yaml"
    command = f"python -m trainers.run --model {name}"
    parts = [
        f"# `{name}`\n\n{card.summary}\n",
        _facts(card),
        "## Train it\n",
        f"```bash\n{command}\n{command} --help      # every option\n```\n",
        f"Its recipe, [{recipe}]({links.to(recipe, page)}):\n",
        f"```yaml\n{(links.root / recipe).read_text(encoding='utf-8').strip()}\n```\n",
        *_measured(card, page),
        *_curve(name, links),
        *_weights(name, page),
        "## Its options\n",
        _options(card),
        "## Its builder\n",
        _builder(name, links, page),
    ]
    if ideas.get(name):
        told = [f"[{title}]({relative(to, page)})" for to, title in ideas[name].items()]
        parts.append(f"## Ideas behind it\n\n{', '.join(told)}.\n")
    return "\n".join(parts)


def _facts(card: zoo.ModelCard) -> str:
    shapes = " or ".join(f"`[batch, {axes.replace(' ', ', ')}]`" for axes in card.input_axes)
    rows = {
        "learns": ", ".join(task.replace("_", " ") for task in card.tasks),
        "source": card.paper,
        "reads": shapes,
        "shown on": card.default_dataset or "",
    }
    lines = [f"| {name} | {text} |" for name, text in rows.items() if text]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _measured(card: zoo.ModelCard, page: str) -> list[str]:
    if card.measured_with is None:
        return []
    text = f"By `{card.measured_with}`, on {card.hardware}."
    return ["## What was measured\n", tables.models([card.name], page), f"{text}\n"]


def _curve(name: str, links: Links) -> list[str]:
    path = f"{CURVES}/{name}.svg"
    if not (links.root / path).is_file():
        return []
    # In the page itself, so that its colours are those of the page, light or dark.
    drawing = (links.root / path).read_text(encoding="utf-8").strip()
    command = f"python -m trainers.plot runs/{name}"
    return [
        "## Its learning curves\n",
        f'<div class="curve">\n{drawing}\n</div>\n',
        f"Of a run by the recipe, as `{command}` draws it.\n",
    ]


def _weights(name: str, page: str) -> list[str]:
    names = zoo.list_weights(name)
    if not names:
        return []
    data = names[0].partition(":")[2]
    code = f'```python\nmodel = zoo.create_model("{name}", weights="{data}")\n```\n'
    return ["## Trained weights\n", tables.weights(names, page), code]


def _options(card: zoo.ModelCard) -> str:
    lines = ["| option | recipe | builder's default | allowed |", "|---|---|---|---|"]
    for option in card.options.values():
        chosen = "" if card.recipe_options is None else _value(card.recipe_options[option.name])
        allowed = option.allowed.replace("|", "\\|")
        lines.append(f"| `{option.name}` | {chosen} | {_value(option.default)} | {allowed} |")
    counts = (card.parameters, card.default_parameters)
    if None not in counts:
        lines.append(f"| parameters | {counts[0]:,} | {counts[1]:,} | |")
    return "\n".join([*lines, ""])


def _value(value: Any) -> str:
    return f"`{configs.scalar_text(value)}`"


def _builder(name: str, links: Links, page: str) -> str:
    path = built_in_models()[name].module.replace(".", "/") + ".py"
    source = source_of(links.root / path, name)
    link = links.to(path, page)
    return f"[{path}]({link}), line {source.line}:\n\n```python\n{source.text}\n```\n"
