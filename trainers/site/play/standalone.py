"""The pages without a site around them: a folder that a browser opens."""

from __future__ import annotations

from pathlib import Path

from trainers.output.files import replace_file
from trainers.site.play.pages import pages, write_assets

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
</head>
<body class="play-alone">
<nav aria-label="Pages">{links}</nav>
<main>
{content}
</main>
</body>
</html>
"""


def write_standalone(folder: Path) -> None:
    """Write each page as an HTML file, and their assets beside them.

    Args:
        folder: made where it is missing.

    Raises:
        ModelFileError: weights, or their card, are damaged.
    """
    import markdown

    write_assets(folder / "assets")
    found = pages()
    for page in found:
        links = " ".join(
            f'<a href="{each.name}.html"{_current(each.name == page.name)}>{each.title}</a>'
            for each in found
        )
        content = markdown.markdown(page.markdown, extensions=["meta", "tables"])
        text = _PAGE.format(title=page.title, links=links, content=content)
        replace_file(folder / f"{page.name}.html", text.encode())


def _current(shown: bool) -> str:
    return ' aria-current="page"' if shown else ""
