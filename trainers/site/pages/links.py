"""From a path of the project to the page that shows it, and the links of a page rewritten so."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import configs

PACKAGES = ("configs", "zoo", "datasets", "trainers")
TOP = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages at the top of the tree that are pages of the site, by their file."""

_PAGES = {"README.md": "index.md", **TOP}
_FENCED = re.compile(r"(^```.*?^```[^\n]*$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))|(?<=href=\")([^\"]+)(?=\")|(?<=src=\")([^\"]+)(?=\")")
_ROW = re.compile(r"^\| `(\w+\.py)` \|", re.MULTILINE)
# Of the published figures each has a page of its own, which is a section of the room's page.
_PUBLISHED = "trainers/published"


class Links:
    """The pages of a tree.

    Args:
        root: the project's top folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def repository(self) -> str:
        """The address where the project's files are shown, with a slash."""
        text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]["urls"]["Homepage"].rstrip("/") + "/blob/main/"

    @cached_property
    def rooms(self) -> list[str]:
        """The folders of code, each after the one that it is in, as in "trainers/engine"."""
        return sorted(
            path.parent.relative_to(self.root).as_posix()
            for package in PACKAGES
            for path in (self.root / package).rglob("__init__.py")
        )

    def page_of(self, path: str) -> str | None:
        """Return the page that shows a file or a folder, perhaps with an anchor, or None."""
        if path in _PAGES:
            return _PAGES[path]
        if path in self.rooms:
            return f"rooms/{path}/index.md"
        folder, _, name = path.rpartition("/")
        if name == "README.md" and folder in self.rooms:
            return f"rooms/{folder}/index.md"
        if name.endswith(".py") and folder in self.rooms:
            return f"api/{dotted(folder)}.md#{dotted(path)}"
        if path.startswith(".github/images/"):
            return f"images/{path.removeprefix('.github/images/')}"
        return None

    def to(self, path: str, page: str, fragment: str = "") -> str:
        """Return the link from a page to what shows a path of the project.

        Args:
            path: from the top folder on.
            page: that has the link, as in "ideas/neuron.md".
            fragment: of a place in it.

        Raises:
            ConfigError: there is no such file or folder.
        """
        if not (self.root / path).exists():
            raise configs.ConfigError(f"the page {page} links to {path}, which is not there")
        if path == _PUBLISHED and (self.root / f"configs/reproduce/{fragment}.yaml").is_file():
            return relative(f"published/{fragment}.md", page)
        target = self.page_of(path)
        if target is None:
            return self.repository + path
        if fragment:
            target = f"{target.partition('#')[0]}#{fragment}"
        return relative(target, page)

    def rewritten(self, text: str, folder: str, page: str) -> str:
        """Return a room's text with links that are right on its page.

        Args:
            text: of a README.
            folder: where it lies, from the top folder on; "" for the top.
            page: where it will stand.
        """

        def of(match: re.Match[str]) -> str:
            target, _, fragment = match[0].partition("#")
            if "://" in target or target.startswith("mailto:") or not target:
                return match[0]
            path = posixpath.normpath(posixpath.join(folder, target))
            return self.to(path, page, fragment)

        def row(match: re.Match[str]) -> str:
            link = self.to(posixpath.join(folder, match[1]), page)
            return f"| [`{match[1]}`]({link}) |"

        return outside_fences(text, lambda part: _ROW.sub(row, _LINK.sub(of, part)))


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Return Markdown with all but its blocks of code changed."""
    parts = _FENCED.split(text)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def relative(target: str, page: str) -> str:
    """Return the link from one page to another, both from the site's top."""
    path, mark, fragment = target.partition("#")
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + mark + fragment


def dotted(path: str) -> str:
    """Return what Python calls a file or a folder: "trainers.engine.loop"."""
    return path.removesuffix(".py").replace("/", ".")
