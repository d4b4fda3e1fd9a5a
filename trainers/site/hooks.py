"""What is changed on every page while mkdocs builds the site; mkdocs calls these by their names."""

from __future__ import annotations

import re
from typing import Any

import configs
from trainers.site.pages.formulas import converted

# What `trainers.experiments` draws in two themes, of which a page shows the one that fits.
_PICTURE = re.compile(r'<img\b[^>]*\bsrc="[^"]*images/([^"]+)\.png"[^>]*>')
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
    html = _PICTURE.sub(lambda found: _in_both_themes(found, files), html)
    return html.replace(_SOURCE, f"{_SOURCE} data-search-exclude")


def _in_both_themes(found: re.Match[str], files: Any) -> str:
    """Return a picture, and where there is one for dark pages that too; each on its own pages."""
    whole, name = found[0], found[1]
    if files.get_file_from_path(f"images/{name}-dark.png") is None:
        return whole
    light = whole.replace(f"{name}.png", f"{name}.png#only-light")
    return light + whole.replace(f"{name}.png", f"{name}-dark.png#only-dark")
