"""A page for each room: its own README, with links that are right on the site."""

from __future__ import annotations

import re

from trainers.site.pages.links import Links, dotted, relative

_INTRODUCTION = """# Rooms

The code lies in rooms. Each answers one question on its page, and imports only from the rooms
before it. The data's way is the way to read them:

```
configs/  ->  datasets/  ->  zoo/  ->  trainers/
 recipe        tensors       model      loop -> run folder
```

| room | the question it answers |
|---|---|
"""


def pages(links: Links) -> dict[str, str]:
    """Return the pages of all rooms, by their path in the site."""
    found = {f"rooms/{room}/index.md": _page(room, links) for room in links.rooms}
    rows = [
        f"| [`{room}`]({room}/index.md) | {question(links, room)} |"
        for package in ("configs", "datasets", "zoo", "trainers")
        for room in links.rooms
        if room.partition("/")[0] == package
    ]
    return {"rooms/index.md": _INTRODUCTION + "\n".join(rows) + "\n", **found}


def nav(links: Links) -> list[object]:
    """Return the rooms' part of the navigation, nested as the folders are."""
    return ["rooms/index.md", *({package: _nav(package, links)} for package in _top(links))]


def question(links: Links, room: str) -> str:
    """Return the question that a room answers."""
    text = (links.root / room / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^\*\*(.*?)\*\*$", text, re.MULTILINE)
    return found[1] if found else ""


def _top(links: Links) -> list[str]:
    return [room for room in links.rooms if "/" not in room]


def _nav(room: str, links: Links) -> list[object]:
    inside = [each for each in links.rooms if each.rpartition("/")[0] == room]
    return [
        f"rooms/{room}/index.md",
        *(
            {each.rpartition("/")[2]: _nav(each, links)}
            if any(other.startswith(f"{each}/") for other in links.rooms)
            else {each.rpartition("/")[2]: f"rooms/{each}/index.md"}
            for each in inside
        ),
    ]


def _page(room: str, links: Links) -> str:
    page = f"rooms/{room}/index.md"
    text = (links.root / room / "README.md").read_text(encoding="utf-8")
    if room == "trainers/published":
        # Each figure has a page of its own: what is under the table would be told twice.
        text = text.partition("\n### ")[0]
        text = re.sub(r"\]\(#(\w+)\)", rf"]({relative('published', page)}/\1.md)", text)
        head, _, table = text.partition("## What was found")
        return f"{links.rewritten(head, room, page)}## What was found{table}"
    reference = relative(f"api/{dotted(room)}.md", page)
    return f"{links.rewritten(text, room, page)}\n[All its functions and classes]({reference})\n"
