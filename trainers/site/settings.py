"""What mkdocs is told: the theme without anything from another machine, plugins, strictness."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

NAME = "Keras Fundamentals Zoo"
_TOGGLES = (
    ("(prefers-color-scheme)", "default", "material/brightness-auto", "Switch to light"),
    ("(prefers-color-scheme: light)", "default", "material/weather-sunny", "Switch to dark"),
    ("(prefers-color-scheme: dark)", "slate", "material/weather-night", "Switch to the system's"),
)
_FEATURES = (
    "navigation.tabs",
    "navigation.tabs.sticky",
    "navigation.indexes",
    "navigation.prune",
    "navigation.top",
    "navigation.footer",
    "toc.follow",
    "search.highlight",
    "search.suggest",
    "content.code.copy",
)
_REFERENCE = {
    "docstring_style": "google",
    # The tree's own tests hold docstrings to their form; griffe's would ask for types.
    "docstring_options": {"warnings": False, "warn_unknown_params": False},
    "docstring_section_style": "list",
    "filters": ["!^_[^_]", "!^__(?!init__|call__)"],
    "members_order": "source",
    "merge_init_into_class": True,
    "separate_signature": True,
    "show_root_heading": True,
    "show_root_full_path": True,
    "show_root_members_full_path": False,
    "show_signature_annotations": True,
    "show_source": True,
    "show_submodules": False,
    "show_if_no_docstring": True,
    "signature_crossrefs": False,
    "line_length": 88,
}


def stream(docs: Path, output: Path, root: Path, nav: list[Any], hooks: Path) -> io.BytesIO:
    """Return mkdocs' configuration as the file that it reads.

    Args:
        docs: the folder of the pages.
        output: where the site goes.
        root: the project's top folder, where mkdocstrings finds the packages.
        nav: titles and pages, nested.
        hooks: the file of our changes to pages.
    """
    return io.BytesIO(json.dumps(settings(docs, output, root, nav, hooks)).encode())


def settings(docs: Path, output: Path, root: Path, nav: list[Any], hooks: Path) -> dict[str, Any]:
    """Return mkdocs' settings, see `stream`."""
    return {
        "site_name": NAME,
        "site_description": "The first week of a deep-learning course as software that runs.",
        "docs_dir": str(docs),
        "site_dir": str(output),
        "nav": nav,
        "strict": True,
        # Pages are files with names, so that they open without a server.
        "use_directory_urls": False,
        "theme": _theme(),
        "plugins": _plugins(root),
        "markdown_extensions": _extensions(),
        "hooks": [str(hooks)],
        "extra_css": ["stylesheets/colours.css", "stylesheets/course.css"],
        # Named so that the plugin `offline` finds its own there and fetches none.
        "extra": {"polyfills": ["javascripts/iframe-worker.js"], "generator": False},
        "validation": {
            "omitted_files": "warn",
            "absolute_links": "warn",
            "unrecognized_links": "warn",
            "anchors": "warn",
        },
    }


def _theme() -> dict[str, Any]:
    return {
        "name": "material",
        "language": "en",
        "font": False,
        "icon": {"logo": "material/vector-polyline"},
        "features": list(_FEATURES),
        "palette": [
            {
                "media": media,
                "scheme": scheme,
                # `trainers.site.style` has the colours; of any other name the theme has its own.
                "primary": "custom",
                "accent": "custom",
                "toggle": {"icon": icon, "name": name},
            }
            for media, scheme, icon, name in _TOGGLES
        ],
    }


def _plugins(root: Path) -> list[Any]:
    return [
        {"search": {"lang": "en"}},
        {"offline": {"enabled": True}},
        {"autorefs": {}},
        {
            "mkdocstrings": {
                "default_handler": "python",
                "enable_inventory": False,
                "handlers": {"python": {"paths": [str(root)], "options": _REFERENCE}},
            }
        },
    ]


def _extensions() -> list[Any]:
    return [
        "admonition",
        "attr_list",
        "def_list",
        "footnotes",
        "md_in_html",
        "tables",
        {"toc": {"permalink": "#", "permalink_title": "Link to this section", "toc_depth": 3}},
        {"pymdownx.arithmatex": {"generic": True}},
        "pymdownx.betterem",
        "pymdownx.details",
        {"pymdownx.highlight": {"anchor_linenums": False}},
        "pymdownx.superfences",
    ]
