"""A study's pictures: which settings matter, how the search went, and each setting by itself.

Importance is the share of the figure's variance that a setting explains alone or with others, by
fANOVA (Hutter, Hoos & Leyton-Brown 2014): over a forest of trees that is fitted to whole trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trainers.output.figure import save_figure
from trainers.output.theme import Theme, colour, drawn
from trainers.tune.space import Range
from trainers.tune.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from optuna.trial import FrozenTrial

# Of the largest figure to the smallest, from where on an axis is logarithmic.
_WIDE = 10.0


def importances(study: Study) -> dict[str, float]:
    """Return each setting's share, the largest first; none before four trials are whole."""
    import optuna

    whole = _whole(study)
    values = {trial.value for trial in whole}
    varied = [key for key in study.space if len({str(t.params.get(key)) for t in whole}) > 1]
    if len(whole) < 4 or len(values) < 2 or not varied:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=study.setting.seed)
    found = optuna.importance.get_param_importances(
        study.optuna, evaluator=evaluator, params=varied
    )
    return {key: float(share) for key, share in found.items() if math.isfinite(share)}


def last_value(trial: FrozenTrial) -> float | None:
    """Return the figure of a trial's last validation, None before the first."""
    seen = trial.intermediate_values
    return seen[max(seen)] if seen else None


def _whole(study: Study) -> list[FrozenTrial]:
    return [trial for trial in study.trials if trial.state.name == "COMPLETE"]


def _name(key: str) -> str:
    section, _, name = key.rpartition(".")
    return name.replace("_", " ") if name != "name" else section


def _figure_name(study: Study) -> str:
    return f"validation {study.setting.monitor.replace('_', ' ')}"


def draw_importances(study: Study, shares: dict[str, float], theme: Theme = "light") -> None:
    """Draw importance.png: a bar for each setting."""
    from matplotlib.figure import Figure

    if not shares:
        return
    with drawn(theme):
        figure = Figure(figsize=(6.0, 1.3 + 0.42 * len(shares)), layout="constrained")
        plot = figure.subplots()
        names = [_name(key) for key in shares][::-1]
        values = list(shares.values())[::-1]
        bars = plot.barh(names, values, color=colour("series-1", theme), height=0.62)
        plot.bar_label(bars, [f"{value:.0%}" for value in values], padding=4, fontsize=9)
        plot.set(
            xlim=(0, max(values) * 1.15), xlabel=f"share of the variance of {_figure_name(study)}"
        )
        plot.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        plot.grid(axis="y", visible=False)
        plot.set_title(f"What matters, over {len(_whole(study))} whole trials")
        save_figure(figure, study.folder / "importance.png")


def draw_history(study: Study, _: dict[str, float], theme: Theme = "light") -> None:
    """Draw history.png: each trial's figure in its order, and the best so far."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    whole = _whole(study)
    if not whole:
        return
    pruned = [trial for trial in study.trials if trial.state.name == "PRUNED"]
    failed = [trial.number for trial in study.trials if trial.state.name == "FAIL"]
    better = max if study.setting.higher_is_better else min
    best: list[float] = []
    for trial in whole:
        best.append(better([*best[-1:], trial.value or 0.0]))
    with drawn(theme):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        plot = figure.subplots()
        numbers = [trial.number for trial in whole]
        edge = [*numbers, len(study.trials) - 1]
        plot.step(
            edge, [*best, best[-1]], where="post", color=colour("best", theme), label="best so far"
        )
        values = [trial.value or 0.0 for trial in whole]
        plot.scatter(
            numbers, values, s=26, color=colour("validation", theme), label="whole", zorder=3
        )
        seen = [
            (trial.number, value) for trial in pruned if (value := last_value(trial)) is not None
        ]
        if seen:
            x, y = zip(*seen, strict=True)
            face = colour("paper", theme)
            plot.scatter(
                x, y, s=26, facecolor=face, edgecolor=colour("muted", theme), label="ended early"
            )
        for index, number in enumerate(failed):
            label = "failed" if index == 0 else None
            plot.axvline(number, color=colour("wrong", theme), lw=1, ls=":", label=label)
        _scaled(plot, [*values, *(value for _, value in seen)])
        plot.set(xlabel="trial", ylabel=_figure_name(study), title="The search")
        plot.xaxis.set_major_locator(MaxNLocator(integer=True))
        plot.legend(loc="best")
        save_figure(figure, study.folder / "history.png")


def draw_slices(study: Study, _: dict[str, float], theme: Theme = "light") -> None:
    """Draw slices.png: a panel for each setting, a point for each whole trial."""
    from matplotlib.figure import Figure

    whole, best = _whole(study), study.best
    if not whole or best is None:
        return
    columns = min(3, len(study.space))
    rows = -(-len(study.space) // columns)
    values = [trial.value or 0.0 for trial in whole]
    with drawn(theme):
        figure = Figure(figsize=(3.4 * columns + 0.4, 3.0 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        panels = list(grid.flat)
        for plot, (key, space) in zip(panels, study.space.items(), strict=False):
            places: dict[Any, float] = {}
            if not isinstance(space, Range):
                places = {word: float(index) for index, word in enumerate(space.values)}
                plot.set_xticks(list(places.values()), list(places))
                plot.set_xlim(-0.5, len(places) - 0.5)
                plot.grid(axis="x", visible=False)
            elif space.log:
                plot.set_xscale("log")
            early = [trial for trial in study.trials if trial.state.name == "PRUNED"]
            for trial in early:
                at, height = places.get(trial.params[key], trial.params[key]), last_value(trial)
                face, edge = colour("paper", theme), colour("muted", theme)
                plot.scatter([at], [height], s=20, facecolor=face, edgecolor=edge, lw=1)
            x = [places.get(trial.params[key], trial.params[key]) for trial in whole]
            plot.scatter(x, values, s=24, color=colour("validation", theme), alpha=0.75, lw=0)
            at = places.get(best.params[key], best.params[key])
            plot.scatter(
                [at], [best.value], s=130, marker="*", color=colour("best", theme), zorder=4
            )
            plot.set_xlabel(_name(key))
            _scaled(plot, values)
        for plot in panels[len(study.space) :]:
            plot.set_visible(False)
        for row in grid:
            row[0].set_ylabel(_figure_name(study))
        figure.suptitle(
            "Each setting by itself: the star is the best trial, hollow ones were ended early",
            fontsize=11,
        )
        save_figure(figure, study.folder / "slices.png")


def _scaled(plot: Axes, values: list[float]) -> None:
    if min(values) > 0 and max(values) > _WIDE * min(values):
        plot.set_yscale("log")


PICTURES: dict[str, Callable[[Study, dict[str, float], Theme], None]] = {
    "importance.png": draw_importances,
    "history.png": draw_history,
    "slices.png": draw_slices,
}
"""What draws each picture in a study's folder."""
