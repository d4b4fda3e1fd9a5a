"""Colours of the site, which are those of every picture, and its other styles and scripts."""

from __future__ import annotations

import shutil
from pathlib import Path

from trainers.output.theme import ROLES, Theme, colour

_FILES = Path(__file__).parent / "style"
_SCHEMES: dict[str, Theme] = {"default": "light", "slate": "dark"}
# What material calls the parts of a page.
_PARTS = {
    "--md-default-bg-color": "paper",
    "--md-default-fg-color": "ink",
    "--md-default-fg-color--light": "muted",
    "--md-default-fg-color--lightest": "line",
    "--md-typeset-color": "ink",
    "--md-typeset-a-color": "train",
    "--md-accent-fg-color": "validation",
    "--md-code-bg-color": "panel",
    "--md-code-fg-color": "ink",
    "--md-primary-fg-color": "paper",
    "--md-primary-bg-color": "ink",
    "--md-primary-bg-color--light": "muted",
    "--md-footer-bg-color": "panel",
    "--md-footer-bg-color--dark": "panel",
    "--md-footer-fg-color": "ink",
    "--md-footer-fg-color--light": "muted",
    "--md-footer-fg-color--lighter": "muted",
}


def colours() -> str:
    """Return the stylesheet of the theme's colours: light, dark, and light again on paper."""
    blocks = [
        f'[data-md-color-scheme="{scheme}"] {{\n{_variables(theme)}}}\n'
        for scheme, theme in _SCHEMES.items()
    ]
    blocks.append(f"@media print {{\n[data-md-color-scheme] {{\n{_variables('light')}}}\n}}\n")
    return "\n".join(blocks)


def _variables(theme: Theme) -> str:
    lines = [f"  --course-{role}: {colour(role, theme)};\n" for role in ROLES]
    # By these names drawings that lie in a page ask for them.
    lines += [f"  --{role}: var(--course-{role});\n" for role in ROLES]
    lines += [f"  {name}: var(--course-{role});\n" for name, role in _PARTS.items()]
    return "".join(lines)


def write(docs: Path) -> None:
    """Write styles and scripts into the folder of the pages."""
    for folder, ending in (("stylesheets", "css"), ("javascripts", "js")):
        (docs / folder).mkdir(parents=True, exist_ok=True)
        for path in sorted(_FILES.glob(f"*.{ending}")):
            shutil.copyfile(path, docs / folder / path.name)
    (docs / "stylesheets" / "colours.css").write_text(colours(), encoding="utf-8")
