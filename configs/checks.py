"""Checks that hold for a configuration wherever it came from: types, bounds and combinations."""

from __future__ import annotations

import dataclasses
import difflib
import math
import typing
import unicodedata
from collections.abc import Iterable
from typing import Any

from configs import values

# As long as the longest path of Linux.
_LONGEST_TEXT = 4096


class ConfigError(ValueError):
    """A configuration that cannot run; the message is one line and says what to do."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the allowed name nearest to `name`, or an empty string."""
    by_letters = {_letters(each): each for each in reversed(list(allowed))}
    match = difflib.get_close_matches(_letters(str(name)), by_letters, n=1, cutoff=0.6)
    return f"; did you mean {by_letters[match[0]]!r}?" if match else ""


def _letters(name: str) -> str:
    """Return a name without what people write differently: case, hyphens, spaces."""
    return "".join(filter(str.isalnum, name.lower()))


def instead(name: str, allowed: Iterable[str]) -> str:
    """Return what a message about an unknown `name` ends in: the nearest one, and all allowed.

    It is "; did you mean 'x'? allowed: x, y", or "; allowed: x, y" where none is near.
    """
    words = list(allowed)
    return f"{nearest(name, words) or ';'} allowed: {', '.join(words) or 'none'}"


def wrong_type(path: str, value: Any, hint: Any) -> ConfigError:
    """Return the error that a setting cannot be a value: the flag, what it takes, the nearest."""
    flag = flag_of(path)
    words = values.choices(hint)
    near = (nearest(value, words) if isinstance(value, str) else "") or ";"
    return ConfigError(
        f"{flag} cannot be {values.shown(value)}{near} allowed: {values.allowed(hint)}"
    )


def flag_of(path: str) -> str:
    """Return a setting's flag; a section's name is typed as the section: --optimizer adam."""
    return "--" + path.removesuffix(".name").replace("_", "-")


def check(config: Any, prefix: str = "") -> None:
    """Raise `ConfigError` for the first field of `config` that is not of its type or bounds.

    Args:
        config: a dataclass of `configs.schema`; nested sections are checked too.
        prefix: dotted path of `config` inside the whole configuration.
    """
    hints = typing.get_type_hints(type(config))
    for entry in dataclasses.fields(config):
        value = getattr(config, entry.name)
        path = f"{prefix}{entry.name}"
        if entry.name == "options":
            continue  # their owner, a model or a rule, checks them: see `trainers.assembly.resolve`
        if dataclasses.is_dataclass(hints[entry.name]):
            check(value, f"{path}.")
            continue
        try:
            values.typed(hints[entry.name], value)
        except ValueError:
            raise wrong_type(path, value, hints[entry.name]) from None
        if isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            _check_bounds(path, value, dict(entry.metadata))
    if not prefix:
        _check_combinations(config)


def _check_text(path: str, value: str) -> None:
    if not value.strip():
        raise ConfigError(f"{path} is empty; give {flag_of(path)} a value, or leave it out")
    # The file system ends a name at the first, and neither a terminal nor UTF-8 takes the others.
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise ConfigError(
            f"{path} is {values.shown(value)}, which holds control characters or is not UTF-8; "
            f"give {flag_of(path)} plain text"
        )
    if len(value) > _LONGEST_TEXT:
        raise ConfigError(
            f"{path} has {len(value)} characters; give {flag_of(path)} at most {_LONGEST_TEXT}"
        )


def _check_bounds(path: str, value: float, bounds: dict[str, Any]) -> None:
    flag = flag_of(path)
    # Python's integers have no end; this also comes before `isfinite`, which cannot convert the
    # largest.
    endless = isinstance(value, int) and abs(value) > values.LARGEST_INT
    if endless and not ("maximum" in bounds and abs(value) < 2**63):
        raise ConfigError(f"{path} is {values.shown(value)}; give {flag} a number below 2**31")
    if not math.isfinite(value):
        raise ConfigError(f"{path} is {value}; give {flag} a finite number")
    if abs(value) > values.LARGEST_FLOAT:
        raise ConfigError(f"{path} is {value}; give {flag} a number below 3.4e38")
    rules = []
    if "minimum" in bounds:
        rules.append((value >= bounds["minimum"], f"at least {bounds['minimum']}"))
    if "above" in bounds:
        rules.append((value > bounds["above"], f"above {bounds['above']}"))
    if "maximum" in bounds:
        rules.append((value <= bounds["maximum"], f"at most {bounds['maximum']}"))
    if not all(held for held, _ in rules):
        wanted = " and ".join(text for _, text in rules)
        raise ConfigError(f"{path} is {value}; give {flag} a number {wanted}")


def _check_combinations(config: Any) -> None:
    if (config.epochs is None) == (config.steps is None):
        given = "neither" if config.epochs is None else "both"
        raise ConfigError(f"{given} of epochs and steps given; give exactly one, e.g. --epochs 10")
    if config.profile is not None:
        try:
            values.first_and_last(config.profile)
        except ValueError:
            raise ConfigError(
                f"profile is {values.shown(config.profile)}; give --profile the first update and "
                "the last, counted from 1, as in 10,20"
            ) from None
    if config.compile == "eager" and config.precision == "mixed_float16":
        raise ConfigError(
            "compile 'eager' with precision 'mixed_float16' is not supported: loss scaling needs "
            "a compiled step; use --compile auto or --precision mixed_bfloat16"
        )
