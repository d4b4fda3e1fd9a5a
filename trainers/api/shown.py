"""A run as a notebook shows it: a small table, and its curves."""

from __future__ import annotations

import base64
import functools
import html
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from trainers.objectives.metrics import is_detail

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def page(title: str, rows: Mapping[str, Mapping[str, float]], figure: Figure | None) -> str:
    """Return HTML.

    Args:
        title: what is shown, any text.
        rows: split -> figures by name; those of a series of details are left out.
        figure: the curves, or None where there are none yet.
    """
    every = dict.fromkeys(name for figures in rows.values() for name in figures)
    names = [name for name in every if not is_detail(name)]
    head = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in names)
    body = "".join(
        f"<tr><th>{html.escape(split)}</th>"
        + "".join(f"<td>{figures[n]:.4f}</td>" if n in figures else "<td></td>" for n in names)
        + "</tr>"
        for split, figures in rows.items()
    )
    table = f"<table><tr><th></th>{head}</tr>{body}</table>" if rows else ""
    return f"<div><b>{html.escape(title)}</b>{table}{_picture(figure)}</div>"


def showing_itself(figure: Figure) -> Figure:
    """Return a figure that a notebook shows, whatever backend it has chosen, or none."""
    figure._repr_png_ = functools.partial(_png, figure)  # type: ignore[attr-defined]
    return figure


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80)
    return content.getvalue()


def _picture(figure: Figure | None) -> str:
    if figure is None:
        return ""
    data = base64.b64encode(_png(figure)).decode()
    return f'<br><img alt="learning curves" src="data:image/png;base64,{data}">'
