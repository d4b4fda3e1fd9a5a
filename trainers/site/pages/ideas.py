"""A page for each idea of the lecture: its text, filled from the tree, and where to go then."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import configs
from trainers.site.pages.directives import Directives
from trainers.site.pages.links import Links, relative
from trainers.site.pages.tables import model_link

TEXTS = Path(__file__).parents[1] / "ideas"
IDEAS = (
    "neuron",
    "universality",
    "learning_problems",
    "empirical_risk",
    "gradient_descent",
    "conditioning",
    "second_order",
    "backpropagation",
    "convolution",
    "recurrence",
    "hardware",
)
"""The ideas in the order in which they are told."""

_INTRODUCTION = """# Ideas

The week in eleven ideas. Each page has the formula, the code that computes it, an experiment that
tests what is claimed, the command to run it yourself, what was measured, and an exercise whose
solution is a test of this project.

"""


class Idea(NamedTuple):
    """One idea of the lecture.

    Args:
        name: of its file and page.
        title: of its page.
        summary: a sentence for the map.
        picture: a file of .github/images, for the map.
        models: registered models that show it.
        play: pages of the playground that show it.
        text: its Markdown, with directives.
    """

    name: str
    title: str
    summary: str
    picture: str
    models: tuple[str, ...]
    play: tuple[str, ...]
    text: str

    @property
    def page(self) -> str:
        """Where its page lies in the site."""
        return f"ideas/{self.name}.md"


def ideas() -> list[Idea]:
    """Return all ideas, in the order in which they are told."""
    return [read(name) for name in IDEAS]


def read(name: str, folder: Path = TEXTS) -> Idea:
    """Read an idea's file: settings between two lines of dashes, then its text.

    Raises:
        ConfigError: the file is not there, or its settings have another form.
    """
    path = folder / f"{name}.md"
    try:
        _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
        found = YAML(typ="safe", pure=True).load(io.StringIO(front))
        words = {key: str(found.pop(key)) for key in ("title", "summary", "picture")}
        lists = {key: tuple(found.pop(key)) for key in ("models", "play")}
        values: dict[str, Any] = {**words, **lists, **found}
        return Idea(name, text=text, **values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, YAMLError) as error:
        raise configs.ConfigError(
            f"the idea {path} cannot be read ({error}); it begins with `---`, lines of title, "
            "summary, picture, models and play, and `---`"
        ) from error


def pages(links: Links, playground: Mapping[str, str]) -> dict[str, str]:
    """Return the pages of all ideas, by their path in the site.

    Args:
        links: of the tree.
        playground: the titles of the pages that one plays with, by their name.

    Raises:
        ConfigError: a text asks for something that the tree does not have.
    """
    found = ideas()
    cards = "\n".join(card(idea, "ideas/index.md", links) for idea in found)
    index = f'{_INTRODUCTION}<div class="map">\n{cards}\n</div>\n'
    following = [*found[1:], None]
    shown = zip(found, following, strict=True)
    return {
        "ideas/index.md": index,
        **{idea.page: page(idea, after, links, playground) for idea, after in shown},
    }


def page(idea: Idea, after: Idea | None, links: Links, playground: Mapping[str, str]) -> str:
    """Return an idea's page.

    Args:
        idea: that is told.
        after: the next one; None for the last.
        links: of the tree.
        playground: as `pages` takes it.

    Raises:
        ConfigError: its text asks for something that the tree does not have.
    """
    text = f"# {idea.title}\n\n{filled(idea, links)}\n{_onwards(idea, after, playground)}"
    # A reader who searches wants the idea, and then where it is used.
    return f"---\nsearch:\n  boost: 4\n---\n{text}"


def filled(idea: Idea, links: Links) -> str:
    """Return an idea's text with its directives answered.

    Raises:
        ConfigError: one of them asks for something that the tree does not have.
    """
    asked = Directives(links, idea.page).all()
    # LaTeX has pairs of braces too, but not with a space.
    environment = jinja2.Environment(
        variable_start_string="{{ ",
        variable_end_string=" }}",
        comment_start_string="{##",
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    try:
        return environment.from_string(idea.text).render(asked)
    except configs.ConfigError as error:
        raise configs.ConfigError(f"{idea.page}: {error}") from error
    except (jinja2.TemplateError, TypeError) as error:
        raise configs.ConfigError(
            f"{idea.page}: {error}; the directives are {', '.join(sorted(asked))}"
        ) from error


def card(idea: Idea, page: str, links: Links) -> str:
    """Return an idea as a card of the map: its picture, title and summary, all one link."""
    picture = links.to(f".github/images/{idea.picture}", page)
    number = IDEAS.index(idea.name) + 1
    return (
        f'<a class="card" href="{relative(idea.page, page).removesuffix(".md")}.html">'
        f'<img src="{picture}" alt="" loading="lazy">'
        f"<strong>{number}. {idea.title}</strong><span>{idea.summary}</span></a>"
    )


def of_models() -> dict[str, dict[str, str]]:
    """Return by model the titles of the ideas that it shows, by their page."""
    found: dict[str, dict[str, str]] = {}
    for idea in ideas():
        for name in idea.models:
            found.setdefault(name, {})[idea.page] = idea.title
    return found


def nav() -> list[object]:
    """Return the ideas' part of the navigation."""
    return ["ideas/index.md", *({idea.title: idea.page} for idea in ideas())]


def _onwards(idea: Idea, after: Idea | None, playground: Mapping[str, str]) -> str:
    lines = ["## Where to go from here", ""]
    if after:
        lines.append(f"- Next: [{after.title}]({relative(after.page, idea.page)}). {after.summary}")
    if idea.models:
        names = [f"[`{name}`]({model_link(name, idea.page)})" for name in idea.models]
        lines.append(f"- Models: {', '.join(names)}.")
    if idea.play:
        for name in idea.play:
            if name not in playground:
                raise configs.ConfigError(
                    f"{idea.page}: unknown page to play with, {name!r}"
                    f"{configs.instead(name, playground)}"
                )
        titles = [(name, playground[name]) for name in idea.play]
        to = [f"[{title}]({relative(f'play/{name}.md', idea.page)})" for name, title in titles]
        lines.append(f"- Play with it: {', '.join(to)}.")
    return "\n".join([*lines, ""])
