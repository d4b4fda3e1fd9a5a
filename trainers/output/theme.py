"""Colours and lines of every picture and page, in light and dark.

One role has one colour wherever it is drawn, so that train is the same in a chart of TensorBoard,
of a report and of a slide. Series are told apart by people who see red and green alike, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

ROLES: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#12161c"),
    "panel": ("#f6f8fa", "#1b2129"),
    "ink": ("#1f2329", "#e4e8ee"),
    "muted": ("#66707d", "#99a3b0"),
    "line": ("#d5dbe2", "#323a45"),
    "train": ("#2a6fbb", "#6aaef5"),
    "validation": ("#c4580a", "#f5a04c"),
    "test": ("#2c7f52", "#5fcf92"),
    "best": ("#7a4fb5", "#b795ee"),
    "wrong": ("#b3261e", "#ff8a80"),
    # Of runs and other series side by side, after Okabe & Ito 2008, darker or lighter for contrast.
    "series-1": ("#0072b3", "#4db2ec"),
    "series-2": ("#cf6002", "#f28f43"),
    "series-3": ("#00805f", "#35c79f"),
    "series-4": ("#b0407f", "#e38fbf"),
    "series-5": ("#8a6d00", "#e0c341"),
    "series-6": ("#5b4fc9", "#a59cf7"),
    "series-7": ("#3c7d86", "#7fc6d0"),
    "series-8": ("#6b5344", "#c0a592"),
}
"""By role the colour on a light page and on a dark one; every light one differs from the others."""

SERIES = tuple(role for role in ROLES if role.startswith("series-"))


def colour(role: str, theme: Theme = "light") -> str:
    """Return a role's colour, as in "#2a6fbb"."""
    return ROLES[role][THEMES.index(theme)]


def series(number: int, theme: Theme = "light") -> str:
    """Return the colour of the series with a number, from 0; after the last comes the first."""
    return colour(SERIES[number % len(SERIES)], theme)


@contextmanager
def drawn(theme: Theme = "light") -> Iterator[None]:
    """Return a context in which matplotlib draws in a theme, and knows its roles as colours.

    A figure that names colours by their roles, as in color="ink", is drawn and saved in here.
    """
    import matplotlib
    from matplotlib.colors import get_named_colors_mapping

    names = get_named_colors_mapping()
    before = {role: names[role] for role in ROLES if role in names}
    # One by one: what is set at once does not reach the mapping's own cache.
    for role in ROLES:
        names[role] = colour(role, theme)
    try:
        with matplotlib.rc_context(settings(theme)):
            yield
    finally:
        for role in ROLES:
            del names[role]
        for role, usual in before.items():
            names[role] = usual


def settings(theme: Theme) -> dict[Any, Any]:
    """Return matplotlib's settings of a theme: few lines, letters that a slide can show."""
    from matplotlib.rcsetup import cycler

    paper, ink = colour("paper", theme), colour("ink", theme)
    muted, line = colour("muted", theme), colour("line", theme)
    return {
        "figure.facecolor": paper,
        "savefig.facecolor": paper,
        "axes.facecolor": paper,
        "axes.edgecolor": line,
        "axes.labelcolor": ink,
        "axes.titlecolor": ink,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=[colour(role, theme) for role in SERIES]),
        "grid.color": line,
        "grid.linewidth": 0.6,
        "text.color": ink,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.8,
        "font.size": 10,
        "svg.fonttype": "none",
        "svg.hashsalt": "zoo",
    }
