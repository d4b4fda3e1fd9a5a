"""A figure as a picture file, whole or absent, or as lines that take a page's colours."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.output.files import replaced
from trainers.output.theme import ROLES, drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_IDS = re.compile(r'(\bid="|url\(#|href="#)')
_COLOURS = {light: f"var(--{role}, {light})" for role, (light, _) in ROLES.items()}
# Addresses of vocabularies that no reader of a page asks for.
_METADATA = ("Creator", "Date", "Format", "Type")
_HEX = re.compile("|".join(map(re.escape, _COLOURS)))


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a figure in the format that the path ends in; one of `matplotlib.pyplot` is closed."""
    with replaced(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)


def svg(figure: Figure, name: str, alt: str) -> str:
    """Return a figure that was drawn in the light theme as an `<svg>` for a page.

    Its colours are the page's (`trainers.output.page`), light or dark, and its words are text.

    Args:
        figure: drawn within `trainers.output.theme.drawn()`.
        name: a word that no other figure of the page has.
        alt: what is to be seen, for who does not see it.
    """
    import html

    text = io.StringIO()
    with drawn():  # how words and ids are written is asked for only here
        figure.savefig(text, format="svg", metadata=dict.fromkeys(_METADATA))
    drawing = text.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = _IDS.sub(lambda found: f"{found[1]}{name}-", drawing)
    drawing = _HEX.sub(lambda found: _COLOURS[found[0]], drawing)
    # Its own size in points would not shrink on a telephone.
    drawing = re.sub(r' (?:width|height)="[\d.]+pt"', "", drawing, count=2)
    start = f'<svg role="img" aria-label="{html.escape(alt)}"'
    return drawing.replace("<svg", start, 1)
