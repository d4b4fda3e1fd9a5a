"""The pages to play with, and the scripts, the style and the weights that they need."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from trainers.output import theme
from trainers.output.files import replace_file
from trainers.site.play import models

_HERE = Path(__file__).parent
_TITLES = {
    "digit": "Draw a digit",
    "plane": "Move through codes",
    "text": "Let it write",
    "balance": "Balance a pole",
    "surface": "Walk down a loss",
}


class Page(NamedTuple):
    """A page to play with.

    Args:
        name: of its file, `NAME.html`, beside the folder `assets`.
        title: what the list of pages calls it.
        markdown: its text, with HTML where it is played.
    """

    name: str
    title: str
    markdown: str


def pages() -> list[Page]:
    """Return the pages in reading order."""
    return [
        Page(name, title, (_HERE / "texts" / f"{name}.md").read_text(encoding="utf-8"))
        for name, title in _TITLES.items()
    ]


def write_assets(folder: Path) -> None:
    """Write what the pages link to: scripts, the style, and a script for each model.

    Args:
        folder: the folder `assets` beside the pages; made where it is missing.

    Raises:
        ModelFileError: weights, or their card, are damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((_HERE / "scripts").glob("*.js")):
        replace_file(folder / path.name, path.read_bytes())
    style = (_HERE / "scripts" / "play.css").read_text(encoding="utf-8")
    made = {"play.css": colours() + style, "regression.js": models.regression_script()}
    made["digits.js"] = models.digits_script()
    for name in models.MODELS:
        made[f"{name.replace(':', '-')}.js"] = models.model_script(name)
    for name, text in made.items():
        replace_file(folder / name, text.encode())


def colours() -> str:
    """Return every role's colour as a variable of CSS, in light and dark.

    A page of its own follows the reader's system; one of the site follows the site's switch.
    """

    def variables(mode: theme.Theme) -> str:
        return "".join(f"--play-{role}:{theme.colour(role, mode)};" for role in theme.ROLES)

    return (
        f"body{{{variables('light')}color-scheme:light}}\n"
        "@media (prefers-color-scheme:dark){body:not([data-md-color-scheme])"
        f"{{{variables('dark')}color-scheme:dark}}}}\n"
        f'body[data-md-color-scheme="slate"]{{{variables("dark")}color-scheme:dark}}\n'
    )
