"""What is changed on every page while mkdocs builds the site; mkdocs calls these by their names."""

from __future__ import annotations

from typing import Any

import configs
from trainers.site.pages.formulas import converted

_SOURCE = '<details class="mkdocstrings-source"'


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Return a page's HTML with formulas as MathML, and with source that no search looks through.

    Raises:
        ConfigError: a formula cannot be read; the message names the page.
    """
    try:
        html = converted(html)
    except configs.ConfigError as error:
        raise configs.ConfigError(f"{page.file.src_uri}: {error}") from error
    return html.replace(_SOURCE, f"{_SOURCE} data-search-exclude")
