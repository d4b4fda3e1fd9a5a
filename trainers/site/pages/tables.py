"""Measured tables, made of what the measuring commands wrote: models, weights, printed figures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import configs
import zoo
from trainers.reports.cards import read_measured, shown
from trainers.site.pages.links import Links, relative

_RESULT = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
_ROW = re.compile(r"^\| \[`(\w+)`\]\(#\w+\) (\|.*)$", re.MULTILINE)


class Result(NamedTuple):
    """What was found of an experiment's claim: the cells of the experiments' table."""

    claim: str
    verdict: str
    ranges: str
    measured: str
    time: str


def models(names: Iterable[str], page: str) -> str:
    """Return the measured table of models, each with a link to its page.

    Raises:
        UnknownModelError: there is no such model.
    """
    rows = [
        "| model | task | dataset | parameters | FLOPs per example | test figure | time |",
        "|---|---|---|---:|---:|---|---:|",
    ]
    measured = read_measured()
    for name in names:
        card, figures = zoo.model_card(name), measured.get(name)
        found = ["", "", "", ""]
        if figures:
            found = [f"{figures['parameters']:,}", f"{figures['flops_per_example']:,}"]
            found += [shown(figures), f"{figures['seconds']:.0f} s"]
        cells = [card.task.replace("_", " "), card.default_dataset or "", *found]
        rows.append(f"| [`{name}`]({model_link(name, page)}) | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def weights(names: Iterable[str], page: str) -> str:
    """Return the table of trained weights, each with a link to its page.

    Raises:
        UnknownWeightsError: there are none of such a name.
    """
    rows = ["| weights | data | parameters | test figure | 95 % |", "|---|---|---:|---|---|"]
    for name in names:
        card = zoo.weights_card(name)
        low, high = card.test.low, card.test.high
        interval = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
        figure = f"{card.test.name.replace('_', ' ')} {card.test.value:.4g}"
        link = relative(f"weights/{file_name(name)}.md", page)
        rows.append(
            f"| [`{name}`]({link}) | {card.dataset} | {card.parameters:,} | {figure} | {interval} |"
        )
    return "\n".join(rows) + "\n"


def published(links: Links, page: str, names: Iterable[str] | None = None) -> str:
    """Return the table of printed figures and their verdicts, as the room's page has it.

    Raises:
        ConfigError: there is no such row.
    """
    text = (links.root / "trainers/published/README.md").read_text(encoding="utf-8")
    found = {match[1]: match[2] for match in _ROW.finditer(text)}
    rows = ["| row | source | verdict | set | minutes |", "|---|---|---|---|---:|"]
    for name in found if names is None else names:
        if name not in found:
            raise configs.ConfigError(
                f"unknown published figure {name!r}{configs.instead(name, found)}"
            )
        rows.append(f"| [`{name}`]({relative(f'published/{name}.md', page)}) {found[name]}")
    return "\n".join(rows) + "\n"


def results(links: Links) -> dict[str, Result]:
    """Return what was found of every experiment, by its name, as the room's page has it."""
    text = (links.root / "trainers/experiments/README.md").read_text(encoding="utf-8")
    table = text.partition("<!-- results:")[2].partition("<!-- /results -->")[0]
    return {match[1]: Result(*match.groups()[1:]) for match in _RESULT.finditer(table)}


def model_link(name: str, page: str) -> str:
    """Return the link from a page to a model's."""
    return relative(f"models/{name}.md", page)


def file_name(weights_name: str) -> str:
    """Return the name of the page of trained weights."""
    return weights_name.replace(":", "-")
