"""What a run of a generator of points leaves to look at: its points over those of the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import datasets
from trainers.engine.hooks import Hooks, Moment
from trainers.output.grid import write_png
from trainers.output.theme import drawn
from trainers.problems.adversarial.modes import GOOD_DEVIATIONS, Modes
from trainers.problems.adversarial.sampling import ExampleSampler

_DRAWN = 2500
# The picture's border lies as much of the data's range outside of the data.
_MARGIN = 0.25


def point_hooks(sampler: ExampleSampler, modes: Modes, dataset: datasets.Dataset) -> Hooks:
    """Return the hooks that write `samples/` in the run's folder.

    step-000001234.png: 2,500 generated points over the data's after every validation, in
    TensorBoard too. final.png: the same with the best weights.
    """
    test = dataset.splits["test"]
    real = np.asarray(test.inputs[datasets.sample_rows(test.size, _DRAWN)])

    def draw(moment: Moment, file: str) -> np.ndarray:
        pixels = scatter(sampler.examples(sampler.latents(_DRAWN)), real, modes)
        write_png(moment.folder / "samples" / f"{file}.png", pixels)
        return pixels

    return Hooks(on_validation=[_samples(draw)], at_end=[_final(draw)])


def _samples(draw: Callable[[Moment, str], np.ndarray]) -> Callable[[Moment], None]:
    def picture_of_points(moment: Moment) -> None:
        pixels = draw(moment, f"step-{moment.step:09d}")
        moment.shows.images("samples", pixels[None], moment.step)

    return picture_of_points


def _final(draw: Callable[[Moment, str], np.ndarray]) -> Callable[[Moment], None]:
    def final_picture(moment: Moment) -> None:
        draw(moment, "final")

    return final_picture


@drawn()
def scatter(points: np.ndarray, real: np.ndarray, modes: Modes) -> np.ndarray:
    """Return a picture, uint8 `[height, width, 3]`, of points `[points, 2]` over real ones.

    Good points are green, others red; a mode that none of them covers has a cross.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # without pyplot, which takes long to import

    nearest, distances = modes.nearest(points)
    good = distances < GOOD_DEVIATIONS
    figure = Figure(figsize=(5.4, 5.4), layout="constrained")
    axis = figure.subplots()
    axis.scatter(real[:, 0], real[:, 1], s=12, c="line", linewidths=0, label="data")
    for chosen, colour, label in ((~good, "wrong", "others"), (good, "test", "good")):
        x, y = points[chosen, 0], points[chosen, 1]
        axis.scatter(x, y, s=4, c=colour, alpha=0.5, linewidths=0, label=label)
    missed = np.setdiff1d(np.arange(len(modes.centres)), nearest[good])
    x, y = modes.centres[missed, 0], modes.centres[missed, 1]
    axis.scatter(x, y, s=60, c="ink", marker="x", label="modes left out")
    low, high = real.min(axis=0), real.max(axis=0)
    space = np.maximum(_MARGIN * (high - low), 1e-9)
    axis.set(xlim=(low[0] - space[0], high[0] + space[0]))
    axis.set(ylim=(low[1] - space[1], high[1] + space[1]))
    axis.set_aspect("equal")
    covered, count = len(modes.centres) - len(missed), len(modes.centres)
    axis.set_title(f"{covered} of {count} modes, {good.mean():.1%} of {len(points):,} points good")
    axis.legend(loc="upper right", fontsize="small", markerscale=1.5)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
