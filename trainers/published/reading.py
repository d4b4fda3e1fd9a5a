"""From `configs/reproduce/NAME.yaml` to a row; what is wrong with one is told in one line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import configs
from trainers.experiments.experiment import names as experiments
from trainers.published.row import BetterSetting, Figure, Picture, Reading, Row, Variant
from trainers.published.statistics.over_runs import WAYS, ends

SETS = ("fast", "slow", "published")
"""Names that stand for several rows: those of a set, and all."""
FOLDER = Path(configs.__file__).parent / "reproduce"
_ROW = ("source", "set", "given", "settings", "seeds", "figures")
_ROW_MAY = (
    *("link", "chosen", "variants", "honest", "choose", "picture", "remark", "needs", "tried"),
    *("short", "splits_by_seed"),
)
_FIGURE = ("means", "statistic")
_FIGURE_MAY = (
    *("printed", "unit", "of", "minus", "over", "over_seeds", "within", "counts"),
    "better_setting",
)
_PICTURE = ("split", "figure")
_PICTURE_MAY = ("unit", "axis", "at", "points", "label", "scale", "value_scale")
_USUAL_VARIANT = "run"
# The user's own: name to recipe.
_added: dict[str, Path] = {}


def register_published(name: str, recipe: Path) -> None:
    """Add a row of the user's own.

    Args:
        name: of the row.
        recipe: a YAML file of the keys that the shipped ones have.

    Raises:
        ConfigError: the name is taken.
    """
    if name in (*SETS, *names(), *experiments()):
        raise configs.ConfigError(f"the name {name!r} is taken; choose another")
    _added[name] = recipe


def names() -> list[str]:
    """Return the names of all rows."""
    return sorted([*(path.stem for path in FOLDER.glob("*.yaml")), *_added])


def load(name: str) -> Row:
    """Read a row.

    Raises:
        ConfigError: its file has another form.
    """
    return read(name, _added.get(name, FOLDER / f"{name}.yaml"))


def read(name: str, path: Path) -> Row:
    """Read a row's file.

    Args:
        name: of the row.
        path: of the file.

    Raises:
        ConfigError: it has another form.
    """
    values, where = configs.load_recipe(path), f"recipe {path}"
    _keys(where, values, _ROW, _ROW_MAY)
    if values["set"] not in ("fast", "slow"):
        raise configs.ConfigError(f"{where}: set is {values['set']!r}; give fast or slow")
    seeds = _seeds(where, values["seeds"])
    variants = {
        each: _variant(f"{where}, variant {each!r}", each, changes or {}, seeds)
        for each, changes in (values.get("variants") or {_USUAL_VARIANT: {}}).items()
    }
    figures = {
        each: _figure(f"{where}, figure {each!r}", each, written, variants)
        for each, written in values["figures"].items()
    }
    if not any(each.counts for each in figures.values()):
        raise configs.ConfigError(f"{where}: no figure says what counts; give one `counts: [a, b]`")
    honest, choose = dict(values.get("honest") or {}), dict(values.get("choose") or {})
    honest_unit, highest = honest.pop("unit", ""), choose.pop("highest", False)
    if choose == {} and any(each.grid for each in variants.values()):
        raise configs.ConfigError(f"{where}: a grid needs `choose: {{statistic: ...}}`")
    return Row(
        name,
        str(values["source"]),
        values.get("link", ""),
        values["set"],
        str(values["given"]),
        str(values.get("chosen", "")),
        configs.flattened(values["settings"]),
        variants,
        figures,
        _reading(f"{where}, honest", honest) if honest else None,
        honest_unit,
        _reading(f"{where}, choose", choose) if choose else None,
        bool(highest),
        _picture(f"{where}, picture", values.get("picture"), variants),
        str(values.get("remark", "")),
        str(values.get("needs", "")),
        tuple(str(each) for each in values.get("tried") or ()),
        configs.flattened(values.get("short") or {}),
        values.get("splits_by_seed") is True,
    )


def _keys(
    where: str, values: Any, needed: Collection[str], may: Collection[str]
) -> Mapping[str, Any]:
    """Return a mapping that has all keys that it needs, and no unknown ones."""
    if not isinstance(values, Mapping):
        raise configs.ConfigError(f"{where} is {configs.shown(values)}, not `name: value` lines")
    for key in values:
        if key not in (*needed, *may):
            near = configs.instead(key, [*needed, *may])
            raise configs.ConfigError(f"{where} has no key {key!r}{near}")
    missing = [key for key in needed if key not in values]
    if missing:
        raise configs.ConfigError(f"{where} lacks {', '.join(missing)}")
    return values


def _seeds(where: str, written: Any) -> tuple[int, ...]:
    """Return seeds: as listed, or 0, 1, ... where their number is given."""
    if isinstance(written, int) and not isinstance(written, bool) and written > 0:
        return tuple(range(written))
    listed = written if isinstance(written, list) else []
    numbers = [each for each in listed if type(each) is int]
    if listed and len(set(numbers)) == len(listed):
        return tuple(numbers)
    raise configs.ConfigError(
        f"{where}: seeds are {configs.shown(written)}; give different ones, as in [0, 1, 2], or "
        "how many"
    )


def _variant(where: str, name: str, written: Any, seeds: tuple[int, ...]) -> Variant:
    changes = dict(_keys(where, written, (), written))
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise configs.ConfigError(
            f"{where}: its name is part of a path; give letters, digits and _"
        )
    own = _seeds(where, changes.pop("seeds")) if "seeds" in changes else seeds
    grid = changes.pop("grid", {})
    for key, tried in grid.items():
        if not isinstance(tried, list) or not tried:
            raise configs.ConfigError(f"{where}: grid of {key} is no list of values")
    return Variant(name, configs.flattened(changes), own, grid)


def _reading(where: str, written: Mapping[str, Any]) -> Reading:
    _keys(where, written, ("statistic",), ("over_seeds", "within"))
    options = dict(written["statistic"]) if isinstance(written["statistic"], Mapping) else {}
    statistic = options.pop("name", None)
    if not isinstance(statistic, str):
        raise configs.ConfigError(
            f"{where}: statistic is {configs.shown(written['statistic'])}; give its name and "
            "options, as in {name: final, split: test, figure: accuracy}"
        )
    way = written.get("over_seeds", "mean")
    if way not in WAYS:
        raise configs.ConfigError(
            f"{where}: over_seeds is {way!r}{configs.instead(way, list(WAYS))}"
        )
    within = written.get("within")
    if (way == "share") != (within is not None):
        raise configs.ConfigError(f"{where}: `within: [a, b]` belongs to over_seeds share")
    return Reading(statistic, options, way, _ends(where, within))


def _figure(where: str, name: str, written: Any, variants: Mapping[str, Variant]) -> Figure:
    _keys(where, written, _FIGURE, _FIGURE_MAY)
    better = written.get("better_setting")
    if better is not None:
        _keys(f"{where}, better_setting", better, ("of", "why"), ())
    reading = {key: written[key] for key in ("statistic", "over_seeds", "within") if key in written}
    # Who names none means the only one; a row without the source's settings says null.
    only = next(iter(variants)) if len(variants) == 1 else None
    figure = Figure(
        name,
        written.get("printed"),
        str(written["means"]),
        str(written.get("unit", "")),
        _reading(where, reading),
        written.get("of", None if better else only),
        written.get("minus"),
        written.get("over"),
        _ends(where, written.get("counts")),
        BetterSetting(better["of"], str(better["why"])) if better else None,
    )
    used = [figure.of, figure.minus, figure.over, better["of"] if better else None]
    for each in used:
        if each is not None and each not in variants:
            near = configs.instead(str(each), list(variants))
            raise configs.ConfigError(f"{where}: there is no variant {each!r}{near}")
    if figure.of is None and better is None:
        raise configs.ConfigError(f"{where}: of which variant? give `of: {' or '.join(variants)}`")
    return figure


def _ends(where: str, written: Any) -> tuple[float | None, float | None] | None:
    """Return two ends as written, None being an open one; None where nothing is."""
    if written is None:
        return None
    try:
        low, high = ends(written)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not low <= high:
        raise configs.ConfigError(
            f"{where}: {configs.shown(written)} is no range; give [low, high], null for an open end"
        )
    return written[0], written[1]


def _picture(where: str, written: Any, variants: Mapping[str, Variant]) -> Picture | None:
    if written is None:
        return None
    values = dict(_keys(where, written, _PICTURE, _PICTURE_MAY))
    for key in ("at", "points"):
        for each in values.get(key) or {}:
            if each not in variants and each != "all":
                near = configs.instead(each, list(variants))
                raise configs.ConfigError(f"{where}, {key}: there is no variant {each!r}{near}")
    return Picture(**values)
