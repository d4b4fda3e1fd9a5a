"""A page that is one file: its style, pictures and drawings are inside, and it asks for nothing.

It follows the reader's light or dark setting, prints in light, and runs no script, so that it can
be read from a mail's attachment.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.output.files import replace_file
from trainers.output.theme import ROLES

if TYPE_CHECKING:
    from jinja2 import Environment

_TYPES = {".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}


def write_page(path: Path, template: str, **values: Any) -> None:
    """Write a page, whole or not at all.

    Args:
        path: of the file.
        template: as in "trainers/output/page.html.j2", from the folder above the package; it
            extends that one.
        values: what it names; all are escaped but those that are marked as HTML already.
    """
    replace_file(path, rendered(template, **values).encode())


def rendered(template: str, **values: Any) -> str:
    """Return a page as text, see `write_page`."""
    return _environment().get_template(template).render(variables=_variables(), **values)


def inline(path: Path) -> str:
    """Return a picture's content as an address, for `src`."""
    return inline_bytes(path.read_bytes(), path.suffix)


def inline_bytes(content: bytes, suffix: str) -> str:
    """Return the content of a picture of a kind, as in ".png", as an address, for `src`."""
    return f"data:{_TYPES[suffix]};base64,{base64.b64encode(content).decode()}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    root = Path(__file__).parents[2]
    environment = Environment(
        loader=FileSystemLoader(root),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    return environment


def _variables() -> dict[str, str]:
    """Return CSS that sets every role's colour, of a light page and of a dark one."""
    light, dark = (
        " ".join(f"--{role}: {pair[number]};" for role, pair in ROLES.items()) for number in (0, 1)
    )
    return {"light": light, "dark": dark}
