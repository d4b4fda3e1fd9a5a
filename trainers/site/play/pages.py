"""The pages to play with, and the scripts, the style and the weights that they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from trainers.output import theme
from trainers.output.files import replace_file
from trainers.site.play import models

_HERE = Path(__file__).parent
_TITLES = {
    "digit": (
        "Draw a digit",
        "`perceptron`, `mlp` and `cnn` say which it is, and show what is inside",
    ),
    "plane": ("Move through codes", "what the autoencoder draws between two digits, and beyond"),
    "text": ("Let it write", "`char_lstm` goes on with what you type, character by character"),
    "balance": ("Balance a pole", "the policy does, and you push it, or try it yourself"),
    "surface": (
        "Walk down a loss",
        "eight optimizers, from where you click, with the rates you choose",
    ),
}


class Page(NamedTuple):
    """A page to play with.

    Args:
        name: of its file, `NAME.html`, beside the folder `assets`.
        title: what the list of pages calls it.
        summary: what one does there, in a line.
        markdown: its text, with HTML where it is played.
    """

    name: str
    title: str
    summary: str
    markdown: str


def pages() -> list[Page]:
    """Return the pages in reading order."""
    return [
        Page(name, title, summary, (_HERE / "texts" / f"{name}.md").read_text(encoding="utf-8"))
        for name, (title, summary) in _TITLES.items()
    ]


def index() -> str:
    """Return the Markdown of the page that lists the others, `index.md` beside them."""
    listed = "\n".join(f"- [{page.title}]({page.name}.md): {page.summary}." for page in pages())
    return (
        "# Play\n\nThe trained models of the zoo, computed by this browser in plain JavaScript. "
        f"Nothing that you draw or type leaves the page.\n\n{listed}\n"
    )


def nav() -> list[Any]:
    """Return the pages' part of the site's navigation."""
    return ["play/index.md", *({page.title: f"play/{page.name}.md"} for page in pages())]


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
