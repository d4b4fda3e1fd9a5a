"""The reference: public names in a table, and every module's docstrings and source by room."""

from __future__ import annotations

import ast
from pathlib import Path

from trainers.site.pages.links import PACKAGES, Links, dotted, relative
from trainers.site.pages.rooms import question
from trainers.site.pages.sources import definitions, source_of

_INTRODUCTION = """# Reference

What `import zoo`, `import datasets`, `import trainers` and `import configs` give, and below it
every module, room by room, with its source.
"""


def pages(links: Links) -> dict[str, str]:
    """Return the pages of the reference, by their path in the site."""
    found = {f"api/{dotted(room)}.md": _page(room, links) for room in links.rooms}
    tables = [_public(package, links.root) for package in PACKAGES]
    rooms = [
        f"| [`{dotted(room)}`]({dotted(room)}.md) | {question(links, room)} |"
        for room in links.rooms
    ]
    modules = "\n".join(["## Rooms", "", "| room | question |", "|---|---|", *rooms, ""])
    return {"api/index.md": "\n".join([_INTRODUCTION, *tables, modules]), **found}


def nav(links: Links) -> list[object]:
    """Return the reference's part of the navigation: a list for each package."""
    return [
        "api/index.md",
        *(
            {
                package: [
                    {dotted(room): f"api/{dotted(room)}.md"}
                    for room in links.rooms
                    if room.partition("/")[0] == package
                ]
            }
            for package in PACKAGES
        ),
    ]


def public_names(path: Path) -> dict[str, str]:
    """Return of a package's `__init__.py` where each name of its `__all__` is defined."""
    homes: dict[str, str] = {}
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            homes |= {each.asname or each.name: node.module for each in node.names}
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
    return {name: homes.get(name, "") for name in names if not name.startswith("_")}


def _public(package: str, root: Path) -> str:
    rows = [f"## `import {package}`", "", "| name | |", "|---|---|"]
    for name, home in public_names(root / package / "__init__.py").items():
        path = root / f"{(home or package).replace('.', '/')}.py"
        told = _summary(path, name) if path.is_file() else ""
        shown = f"[`{name}`][{home}.{name}]" if home else f"`{name}`"
        rows.append(f"| {shown} | {told} |")
    return "\n".join([*rows, ""])


def _summary(path: Path, name: str) -> str:
    if name not in definitions(path):
        return ""
    node = ast.parse(source_of(path, name).text).body[0]
    text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
    return (text or "").partition("\n")[0].replace("|", "\\|")


def _page(room: str, links: Links) -> str:
    page, name = f"api/{dotted(room)}.md", dotted(room)
    link = relative(f"rooms/{room}/index.md", page)
    lines = ["---", "search:", "  boost: 0.5", "---", ""]
    lines += [f"::: {name}", "    options:", "      members: false", "      heading_level: 1", ""]
    lines += [f"[The room's page]({link})", ""]
    modules = sorted((links.root / room).glob("*.py"))
    lines += [f"::: {name}.{path.stem}\n" for path in modules if path.stem != "__init__"]
    return "\n".join(lines)
