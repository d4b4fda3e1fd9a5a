"""What a published figure is made of: its source, the runs, and what counts as reproduced."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import configs

# What every run of a row is, unless the row says otherwise.
_USUAL = {"histograms": False, "report": False, "keep_checkpoints": 1}
# A shortened run: enough updates that every statistic has something to read.
_SHORT = {"steps": 4, "evaluate_every_steps": 2, "log_every_steps": 2}


@dataclass(frozen=True)
class Variant:
    """One of the settings that a row runs, or several that differ in what is chosen.

    Args:
        name: of it.
        changes: to the row's settings, by dotted key.
        seeds: its runs'.
        grid: dotted key to the values that are tried, of which `choose` takes the best; {} for one.
    """

    name: str
    changes: Mapping[str, Any]
    seeds: tuple[int, ...]
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return the flat changes of every point of the grid, by name."""
        if not self.grid:
            return {self.name: dict(self.changes)}
        found = {}
        for values in itertools.product(*self.grid.values()):
            point = dict(zip(self.grid, values, strict=True))
            words = [f"{key.rpartition('.')[2]}={value}" for key, value in point.items()]
            found[f"{self.name}-{'-'.join(words)}"] = {**self.changes, **point}
        return found


@dataclass(frozen=True)
class Reading:
    """How a number is read off runs.

    Args:
        statistic: a name of `of_one_run.STATISTICS`, or the dotted name of a function.
        options: what it is given beside the run.
        over_seeds: a name of `over_runs.WAYS`.
        within: for the way "share".
    """

    statistic: str
    options: Mapping[str, Any]
    over_seeds: str = "mean"
    within: tuple[float | None, float | None] | None = None


@dataclass(frozen=True)
class BetterSetting:
    """Another setting than the source's, by which a figure is reached.

    Args:
        of: the variant.
        why: what is other, in a few words.
    """

    of: str
    why: str


@dataclass(frozen=True)
class Figure:
    """One figure that a source prints.

    Args:
        name: what it is.
        printed: the number, or words where it is none.
        means: what the source says that it is; the statistic, not only the quantity.
        unit: "%" shows shares in hundredths.
        reading: how the same is read off runs.
        of: the variant with the source's settings; None where there is none.
        minus, over: another variant whose number is taken off, or divided by.
        counts: the two ends between which it is reproduced, both inside; None where the figure is
            only shown.
        better_setting: where it is reached by another setting.
    """

    name: str
    printed: float | str | None
    means: str
    unit: str
    reading: Reading
    of: str | None
    minus: str | None = None
    over: str | None = None
    counts: tuple[float | None, float | None] | None = None
    better_setting: BetterSetting | None = None


@dataclass(frozen=True)
class Picture:
    """What is drawn: curves over training, or one point for every variant.

    Args:
        split, figure: whose.
        unit: as a figure's.
        axis: "epoch" or "step"; or "variant", with `at` for where each stands.
        at: variant to its place on the axis.
        points: variant to the source's own (place, value) points; "all" for the axis "variant".
        label: of the axis.
        scale: of the axis.
        value_scale: of the values.
    """

    split: str
    figure: str
    unit: str = ""
    axis: Literal["epoch", "step", "variant"] = "epoch"
    at: Mapping[str, float] = field(default_factory=dict)
    points: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    label: str = ""
    scale: Literal["linear", "log"] = "linear"
    value_scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Row:
    """A published result, and all that it takes to see it again.

    Args:
        name: of the row.
        source: who printed it, and where.
        link: to it, or "".
        speed: "fast" or "slow": the set that it is run in.
        given: the settings that the source gives.
        chosen: those that it does not give: what was chosen, and on what.
        settings: the configuration of its runs, flat.
        variants: by name.
        figures: by name, as they are judged.
        honest: what is shown beside them: a figure at the best validation, see `verdict`.
        choose: how the best point of a grid is found.
        picture: None for none.
        remark: a sentence to read beside the verdict.
        needs: where to get what it needs and no package brings, with the flag that takes it.
        tried: what was tried where it is missed.
        short: changes of the shortened form.
        splits_by_seed: whether every seed divides the data anew, as cross-validation does.
        is_short: whether it is that.
    """

    name: str
    source: str
    link: str
    speed: str
    given: str
    chosen: str
    settings: Mapping[str, Any]
    variants: Mapping[str, Variant]
    figures: Mapping[str, Figure]
    honest: Reading | None
    honest_unit: str = ""
    choose: Reading | None = None
    choose_highest: bool = False
    picture: Picture | None = None
    remark: str = ""
    needs: str = ""
    tried: tuple[str, ...] = ()
    short: Mapping[str, Any] = field(default_factory=dict)
    splits_by_seed: bool = False
    is_short: bool = False

    def shortened(self) -> Row:
        """Return the form that tests run: a few updates of one seed, which show no figure."""
        changes = {**_SHORT, **self.short}
        variants = {
            name: dataclasses.replace(
                each,
                seeds=each.seeds[:1],
                changes={key: v for key, v in each.changes.items() if key not in _LENGTHS},
                grid={key: values[:1] for key, values in each.grid.items()},
            )
            for name, each in self.variants.items()
        }
        settings = {key: v for key, v in self.settings.items() if key not in _LENGTHS}
        return dataclasses.replace(
            self, settings={**settings, **changes}, variants=variants, is_short=True
        )

    def config(self, changes: Mapping[str, Any], seed: int) -> configs.Config:
        """Return the configuration of one run.

        Args:
            changes: of a point of a variant, flat.
            seed: of the run.

        Raises:
            ConfigError: a value is unknown or outside its bounds.
        """
        values = configs.merged({**_USUAL, **self.settings}, changes)
        values |= {"seed": seed} | ({"dataset.split_seed": seed} if self.splits_by_seed else {})
        config = configs.from_dict(configs.nested(values))
        configs.check(config)
        return config


_LENGTHS = ("epochs", "steps", "evaluate_every_steps", "log_every_steps", "checkpoint_every_steps")
