"""The site built: pages assembled from the tree in a folder of their own, then mkdocs over them."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import configs
import zoo
from trainers.site import settings, style
from trainers.site.pages import home, ideas, models, published, reference, rooms, weights
from trainers.site.pages.links import TOP, Links
from trainers.site.play import pages as play

MARK = ".course"
"""A file in every built site: only a folder that has it, or that is empty, is written over."""

_SHOWN = 5


class Built(NamedTuple):
    """What was built.

    Args:
        pages: how many.
        size: of all files, in bytes.
    """

    pages: int
    size: int


def project() -> Path:
    """Return the top folder of the clone.

    Raises:
        ConfigError: this is an installation, which has no pages to show.
    """
    root = Path(zoo.__file__).parents[1]
    if not all((root / name).exists() for name in ("README.md", "tests", "pyproject.toml")):
        raise configs.ConfigError(
            f"{root} is an installation, and the course is built from a clone, which has the pages "
            "and the tests; run this in one"
        )
    return root


def build(output: Path) -> Built:
    """Build the site into a folder, which is written anew.

    Raises:
        ConfigError: a page is wrong, or the folder holds something else.
    """
    require_own(output)
    root = project()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        docs, site = Path(folder, "docs"), Path(folder, "site")
        nav = assemble(docs, root)
        render(docs, site, root, nav)
        (site / MARK).write_text("Built by `python -m trainers.site`.\n", encoding="utf-8")
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(site, output)
    files = [path for path in output.rglob("*") if path.is_file()]
    pages = sum(path.suffix == ".html" for path in files)
    return Built(pages, sum(path.stat().st_size for path in files))


def require_own(output: Path) -> None:
    """Raise `ConfigError` where a folder holds something that this command did not write."""
    if output.is_file():
        raise configs.ConfigError(f"--output {output} is a file; give a folder")
    if output.is_dir() and any(output.iterdir()) and not (output / MARK).is_file():
        raise configs.ConfigError(
            f"--output {output} holds files that are no built site, and would lose them; give an "
            "empty folder, or a new one"
        )


def assemble(docs: Path, root: Path) -> list[Any]:
    """Write all pages, pictures and styles into a folder, and return the navigation.

    Raises:
        ConfigError: a page names something that is not in the tree.
    """
    links = Links(root)
    _write(docs, all_pages(links))
    write_assets(docs, links)
    return navigation(links)


def write_assets(docs: Path, links: Links) -> None:
    """Write pictures, styles and scripts into the folder of the pages."""
    pictures = links.root / ".github" / "images"
    shutil.copytree(pictures, docs / "images", ignore=shutil.ignore_patterns("make"))
    style.write(docs)
    play.write_assets(docs / "play" / "assets")


def navigation(links: Links) -> list[Any]:
    """Return titles and pages as they are nested in the bar and beside a page."""
    return [
        {"Home": "index.md"},
        {"Ideas": ideas.nav()},
        {"Play": play.nav()},
        {"Models": models.nav()},
        {"Weights": weights.nav()},
        {"Published figures": published.nav(links)},
        {"Rooms": rooms.nav(links)},
        {"Reference": reference.nav(links)},
        {"Contributing": ["contributing.md", {"Changes": "changelog.md"}]},
    ]


def all_pages(links: Links) -> dict[str, str]:
    """Return the Markdown of every page, by its path in the site."""
    texts = {page: (links.root / name).read_text(encoding="utf-8") for name, page in TOP.items()}
    played = play.pages()
    return {
        **home.pages(links),
        **ideas.pages(links, {page.name: page.title for page in played}),
        **models.pages(links, ideas.of_models()),
        **weights.pages(links),
        "play/index.md": play.index(),
        **{f"play/{page.name}.md": page.markdown for page in played},
        **published.pages(links),
        **rooms.pages(links),
        **reference.pages(links),
        **{page: links.rewritten(text, "", page) for page, text in texts.items()},
    }


def _write(docs: Path, pages: Mapping[str, str]) -> None:
    for name, text in pages.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class _Warnings(logging.Handler):
    """Keeps what mkdocs and its plugins warn of, for the message of the error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning's text."""
        self.lines.append(" ".join(record.getMessage().split()))


def render(docs: Path, site: Path, root: Path, nav: list[Any]) -> None:
    """Make HTML of a folder of pages.

    Args:
        docs: the pages.
        site: the folder of the HTML.
        root: the project's top folder.
        nav: titles and pages, nested.

    Raises:
        ConfigError: there is something to warn of, as a link that leads nowhere.
    """
    from mkdocs.commands.build import build as run
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, MkDocsException

    from trainers.site import hooks

    found, log = _Warnings(), logging.getLogger("mkdocs")
    log.addHandler(found)
    # Its warnings are in the error's line; nothing else of it is for the terminal.
    propagates, log.propagate = log.propagate, False
    try:
        stream = settings.stream(docs, site, root, nav, Path(hooks.__file__))
        config = load_config(stream, config_file_path=str(docs.parent / "mkdocs.yml"))
        config.plugins.run_event("startup", command="build", dirty=False)
        run(config)
        config.plugins.run_event("shutdown")
    except (Abort, MkDocsException) as error:
        told = "; ".join(found.lines[:_SHOWN]) or str(error)
        more = f"; and {len(found.lines) - _SHOWN} more" if len(found.lines) > _SHOWN else ""
        raise configs.ConfigError(f"the site is not built: {told}{more}; mend the pages") from error
    finally:
        log.removeHandler(found)
        log.propagate = propagates
