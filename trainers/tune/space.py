"""What `--search KEY=VALUES` means: which settings are tried, typed and bounded as they are.

learning_rate=log(1e-4,1)     numbers in between, evenly on a logarithmic scale
model.dropout=uniform(0,0.5)  numbers in between, evenly
model.units=int(8,64)         whole numbers, both ends too
batch_size=int log(8,256)     whole numbers, evenly on a logarithmic scale
model.hidden_units="[[30],[100],[100,50]]"    one of a list, as YAML or JSON has it
"""

from __future__ import annotations

import math
import re
import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import configs
from trainers.cli.options import Argument, arguments
from trainers.cli.suggestions import suggestion

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_FORMS = "log(a,b), uniform(a,b), int(a,b), int log(a,b) or a list such as [0.1,0.3]"
_RANGE = re.compile(r"\s*(log|uniform|int|int[ _-]log)\s*\(([^,()]*),([^,()]*)\)\s*")
Number = int | float


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Args:
        low, high: the ends.
        whole: whether only whole ones are meant.
        log: whether every factor is as likely as every other.
    """

    low: Number
    high: Number
    whole: bool
    log: bool

    @property
    def tried(self) -> list[Any]:
        """Values by which it is known whether the setting takes all of them: the ends."""
        return [self.low, self.high]

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna has it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def value(self, drawn: Any) -> Any:
        """Return the setting's value of what Optuna has drawn."""
        return drawn


@dataclass(frozen=True)
class Choices:
    """One of several values, by what each is called."""

    values: Mapping[str, Any]

    @property
    def tried(self) -> list[Any]:
        """All of them."""
        return list(self.values.values())

    def distribution(self) -> BaseDistribution:
        """Return them as Optuna has them: a database keeps words, and no lists."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(tuple(self.values))

    def value(self, drawn: Any) -> Any:
        """Return the setting's value of a word."""
        return self.values[drawn]


Space = dict[str, Range | Choices]
"""What is tried of each setting, by its dotted key."""


def space_of(searches: Sequence[str], model: str, optimizer: str) -> Space:
    """Return what `--search` was given, once for each setting.

    Args:
        searches: each KEY=VALUES.
        model, optimizer: whose options there are beside those of every run.

    Raises:
        ConfigError: an unknown key, with the nearest; values of another type; no such form.
    """
    if not searches:
        raise configs.ConfigError(
            'give --search at least once, as in --search "learning_rate=log(1e-4,1)"'
        )
    space: Space = {}
    entries = arguments(model, optimizer)
    for text in searches:
        name, equals, values = text.partition("=")
        if not equals or not values.strip():
            raise configs.ConfigError(
                f"--search is {configs.shown(text)}; give KEY=VALUES, where VALUES are {_FORMS}"
            )
        entry = _entry(name.strip(), entries)
        if entry.key in space:
            raise configs.ConfigError(f"--search {entry.key} is given twice; leave one out")
        space[entry.key] = _read(entry, values)
    return space


def _entry(name: str, entries: Collection[Argument]) -> Argument:
    """Return the setting of a name: a dotted key, a flag's word, or an option's own if one has it.

    Raises:
        ConfigError: there is none, or there are several.
    """
    word = name.lstrip("-").replace("_", "-")
    for entry in entries:
        if f"--{word}" in (entry.flag, entry.short_flag):
            return entry
    own = [entry for entry in entries if entry.flag.rpartition(".")[2] == word]
    if len(own) == 1:
        return own[0]
    if own:
        raise configs.ConfigError(
            f"--search {name} may be several settings; give {' or '.join(e.key for e in own)}"
        )
    hint = suggestion(f"--{word}", {entry.short_flag for entry in entries})
    hint = re.sub(r"'--([^']*)'", lambda found: repr(found[1].replace("-", "_")), hint)
    raise configs.ConfigError(
        f"--search {name}: there is no such setting{hint or ';'} `python -m trainers.run --help` "
        "lists them all"
    )


def _read(entry: Argument, text: str) -> Range | Choices:
    match = _RANGE.fullmatch(text)
    if match is not None:
        return _range(entry, text.strip(), *match.groups())
    try:
        values = configs.parsed(text)
    except configs.ConfigError as error:
        raise configs.ConfigError(f"--search {entry.key}={text.strip()}: {error}") from None
    if not isinstance(values, list):
        raise configs.ConfigError(
            f"--search {entry.key} is {configs.shown(text.strip())}; give {_FORMS}"
        )
    found: dict[str, Any] = {}
    for value in values:
        try:
            typed = configs.typed(entry.type, value)
        except ValueError:
            raise configs.wrong_type(f"search {entry.key}", value, entry.type) from None
        label = configs.scalar_text(typed)
        if label in found:
            raise configs.ConfigError(
                f"--search {entry.key} has {label} twice; leave one of them out"
            )
        found[label] = typed
    if not found:
        raise configs.ConfigError(f"--search {entry.key} is an empty list; give {_FORMS}")
    return Choices(found)


def _range(entry: Argument, text: str, form: str, low_text: str, high_text: str) -> Range:
    kinds = set(typing.get_args(entry.type) or (entry.type,))
    given = f"--search {entry.key}={text}"
    if not kinds & {int, float}:
        raise configs.ConfigError(
            f"{given}: it takes {configs.allowed(entry.type)}, of which there is no range; give a "
            "list, as in [a,b]"
        )
    log = form.endswith("log")
    if form == "uniform" and float not in kinds:
        raise configs.ConfigError(
            f"{given}: it takes whole numbers; give int({low_text},{high_text})"
        )
    whole = form.startswith("int") or float not in kinds
    low, high = (_end(each, whole, given) for each in (low_text, high_text))
    if not low < high:
        raise configs.ConfigError(f"{given}: {low:g} is not below {high:g}; give the smaller first")
    if log and low <= 0:
        raise configs.ConfigError(
            f"{given}: a logarithmic scale begins above 0; give a first end above 0"
        )
    return Range(low, high, whole, log)


def _end(text: str, whole: bool, given: str) -> Number:
    try:
        value = configs.from_text(int if whole else float, text.strip())
    except ValueError:
        wanted = "a whole number" if whole else "a number"
        raise configs.ConfigError(f"{given}: {text.strip()!r} is not {wanted}") from None
    if not math.isfinite(value):
        raise configs.ConfigError(f"{given}: {text.strip()} is not finite; give a number")
    return value


def combinations(space: Space) -> list[dict[str, str]]:
    """Return every combination of a space's words, the last setting's changing first.

    Raises:
        ConfigError: a setting has a range, of which there is no end of values.
    """
    import itertools

    words = []
    for key, values in space.items():
        if isinstance(values, Range):
            raise configs.ConfigError(
                f"--sampler grid tries every combination, and --search {key} is a range; give a "
                "list there, as in [0.1,0.3], or another sampler"
            )
        words.append(list(values.values))
    return [dict(zip(space, each, strict=True)) for each in itertools.product(*words)]
