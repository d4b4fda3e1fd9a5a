"""A page for each printed figure: its source, what was found, and how it is found again."""

from __future__ import annotations

import re

import configs
from trainers.site.pages import tables
from trainers.site.pages.links import Links, relative

_ROOM = "trainers/published"
_SECTION = re.compile(r"^### `(\w+)`$", re.MULTILINE)
_COMMAND = re.compile(r"^# command: (.+)$", re.MULTILINE)
_INTRODUCTION = """# Published figures

A paper prints a figure. Each row here gives the source's settings, runs them over several seeds,
reads the statistic that was printed and an honest one beside it, and says *reproduced*, *better, by
a better setting*, or *missed*. What counts was written down before the row was run.

"""


def pages(links: Links) -> dict[str, str]:
    """Return the pages of all printed figures, by their path in the site."""
    page = "published/index.md"
    room = f"\n[How a row is written and run]({relative(f'rooms/{_ROOM}/index.md', page)})\n"
    index = _INTRODUCTION + tables.published(links, page) + room
    found = {
        f"published/{name}.md": _page(name, text, links) for name, text in sections(links).items()
    }
    return {page: index, **found}


def nav(links: Links) -> list[object]:
    """Return the figures' part of the navigation."""
    return ["published/index.md", *({name: f"published/{name}.md"} for name in sections(links))]


def sections(links: Links) -> dict[str, str]:
    """Return what the room's page says of each figure, by name.

    Raises:
        ConfigError: a row has no section there.
    """
    text = (links.root / _ROOM / "README.md").read_text(encoding="utf-8")
    parts = _SECTION.split(text.partition("<!-- /table -->")[0])
    found = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    rows = sorted(path.stem for path in (links.root / "configs/reproduce").glob("*.yaml"))
    if missing := [name for name in rows if name not in found]:
        raise configs.ConfigError(
            f"{_ROOM}/README.md has no section of {', '.join(missing)}; write it by `python -m "
            "trainers.reproduce --table`"
        )
    return found


def _page(name: str, section: str, links: Links) -> str:
    page, recipe = f"published/{name}.md", f"configs/reproduce/{name}.yaml"
    row = (links.root / recipe).read_text(encoding="utf-8").strip()
    command = _COMMAND.search(row)
    parts = [
        f"# `{name}`\n",
        links.rewritten(section, _ROOM, page),
        "\n## Run it\n",
        f"```bash\n{command[1] if command else f'python -m trainers.reproduce {name}'}\n```\n",
        f"The row, [{recipe}]({links.to(recipe, page)}):\n",
        f"```yaml\n{row}\n```\n",
    ]
    record = f"{_ROOM}/records/{name}.json"
    if (links.root / record).is_file():
        parts.append(f"The record of its runs: [{record}]({links.to(record, page)})\n")
    return "\n".join(parts)
