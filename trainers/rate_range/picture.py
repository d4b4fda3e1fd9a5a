"""A range test as a picture and as a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from trainers.output.figure import save_figure
from trainers.output.files import replace_file
from trainers.output.theme import Theme, colour, drawn
from trainers.rate_range.curve import Curve


def draw(curve: Curve, title: str, path: Path, theme: Theme = "light") -> None:
    """Write the losses over the rates, with what is suggested."""
    from matplotlib.figure import Figure

    smooth = curve.smoothed
    with drawn(theme):
        figure = Figure(figsize=(6.4, 3.8), layout="constrained")
        plot = figure.subplots()
        role = colour("train", theme)
        plot.plot(curve.rates, curve.losses, color=role, alpha=0.35, lw=1, label="of each batch")
        plot.plot(curve.rates, smooth, color=role, label="smoothed")
        star = colour("best", theme)
        if curve.suggestion is not None:
            plot.axvline(curve.suggestion, color=star, lw=1.4, ls="--")
            plot.plot(
                [curve.suggestion],
                [np.interp(np.log(curve.suggestion), np.log(curve.rates), smooth)],
                color=star,
                marker="o",
                ls="",
                label=f"suggested: {curve.suggestion:g}",
            )
        low, high = float(np.nanmin(smooth)), float(np.nanmax(smooth[: curve.least + 1]))
        # A batch's loss may be anything near the end; what is decided is above.
        room = 0.15 * (high - low) or 0.1 * abs(high) or 1.0
        plot.set(xscale="log", xlabel="learning rate", ylabel="training loss", title=title)
        plot.set_ylim(min(low, float(np.min(curve.losses))) - room, high + 3 * room)
        plot.legend(loc="best")
        save_figure(figure, path)


def write_table(curve: Curve, path: Path) -> None:
    """Write update, rate, loss and smoothed loss, a line each."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["update", "learning_rate", "loss", "smoothed_loss"])
    for k, values in enumerate(zip(curve.rates, curve.losses, curve.smoothed, strict=True)):
        rows.writerow([k + 1, *(repr(float(value)) for value in values)])
    replace_file(path, text.getvalue().encode())
