"""Options: their types, the values they allow, and how a value is checked.

A model's are its builder's keyword-only parameters; optimizers and learning problems list theirs.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from zoo.errors import ModelOptionError, did_you_mean
from zoo.layers.valued_initializers import FORMS, valued

_LARGEST_INT = 2**31 - 1
_LARGEST_FLOAT = 3.4e38
_NUMBER = r"-?inf|-?\d+(?:\.\d+)?(?:e-?\d+)?"
_INTERVAL = re.compile(rf"([\[(])({_NUMBER}), ({_NUMBER})([\])])")


@dataclass(frozen=True)
class Option:
    """One option of a model, an optimizer or a learning problem.

    Args:
        name: the option's name.
        type: its annotation in one spelling, such as `"int"`, `"tuple[int, ...]"`,
            `"Literal['linear', 'softmax']"` or `"float | None"`.
        default: the value used when no override is given.
        choices: the values a `Literal` allows; empty for every other type.
        interval: the numbers allowed, as in `"[1, inf)"`; it holds for each element of a
            tuple. None means every finite number.
        help: what it is, in a line.
        valued: whether it also takes the forms of `zoo.layers.valued_initializers`.
    """

    name: str
    type: str
    default: Any
    choices: tuple[Any, ...] = ()
    interval: str | None = None
    help: str = ""
    valued: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values in words, for messages and the model's card."""
        if self.choices:
            more = [*(FORMS if self.valued else []), *["None"] * self._optional]
            return " | ".join([*map(str, self.choices), *more])
        return f"{self.type} in {self.interval}" if self.interval else self.type

    @property
    def _optional(self) -> bool:
        return self.type.endswith(" | None")

    def check(self, value: Any, owner: str) -> Any:
        """Return `value` in the option's own type: 3 for a float is 3.0, a list is a tuple.

        Args:
            value: what was given.
            owner: whose option it is, for the message: "model 'mlp'".

        Raises:
            ModelOptionError: the value has another type or lies outside the allowed ones.
        """
        if value is None and self._optional:
            return None
        for each in value if isinstance(value, (list, tuple)) else [value]:
            # Python's integers have no end, those of tensors have; weights are of float32.
            whole = isinstance(each, Integral)
            if (whole and abs(int(each)) > _LARGEST_INT) or (
                isinstance(each, float) and _LARGEST_FLOAT < abs(each) < math.inf
            ):
                raise ModelOptionError(
                    f"{owner} got a number of {self.name} that is too large; give one below "
                    f"{'2**31' if whole else _LARGEST_FLOAT}; allowed: {self.allowed}"
                )
        try:
            return self._convert(value)
        except (TypeError, ValueError):
            hint = did_you_mean(value, self.choices) if isinstance(value, str) else ""
            if self.valued and isinstance(value, str) and ":" in value:
                hint = "after the colon stands a number, of normal and uniform above 0; "
            raise ModelOptionError(
                f"{owner} got {self.name}={value!r}; {hint}allowed: {self.allowed}"
            ) from None

    def _convert(self, value: Any) -> Any:
        kind = self.type.removesuffix(" | None")
        if self.choices:
            # 1 == True in Python: only a value of the same type is the same choice.
            if self.valued and isinstance(value, str) and valued(value):
                return value
            same = [each for each in self.choices if each == value and type(each) is type(value)]
            return _demand(bool(same), value)
        if kind in ("str", "bool"):
            return _demand(isinstance(value, str if kind == "str" else bool), value)
        if kind == "float":
            return self._inside(float(_number(value, Real)))
        if kind == "int" or (kind.startswith("int |") and not isinstance(value, (list, tuple))):
            return self._inside(int(_number(value, Integral)))
        _demand(isinstance(value, (list, tuple)), value)
        if kind == "tuple[float, ...]":
            return tuple(self._inside(float(_number(each, Real))) for each in value)
        return tuple(self._inside(int(_number(each, Integral))) for each in value)

    def _inside(self, number: Any) -> Any:
        if self.interval is None:
            return _demand(math.isfinite(number), number)
        opening, low, high, closing = parse_interval(self.interval)
        above = number > low or (opening == "[" and number == low)
        below = number < high or (closing == "]" and number == high)
        return _demand(above and below, number)


def _demand(condition: bool, value: Any) -> Any:
    if not condition:
        raise ValueError(value)
    return value


def _number(value: Any, kind: type) -> Any:
    # bool is an int in Python; True units is a mistake, not 1.
    return _demand(isinstance(value, kind) and not isinstance(value, bool), value)


def parse_interval(interval: str) -> tuple[str, float, float, str]:
    """Split `"[0, 1)"` into its opening bracket, two ends and closing bracket.

    Raises:
        ValueError: the text is not an interval.
    """
    match = _INTERVAL.fullmatch(interval)
    if match is None:
        raise ValueError(f"interval {interval!r} is not of the form '[0, 1)' or '[1, inf)'")
    opening, low, high, closing = match.groups()
    return opening, float(low), float(high), closing


def check_options(
    model: str, options: Mapping[str, Option], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the overrides, each checked against its option.

    Raises:
        ModelOptionError: a name the model does not have, or a value it does not take.
    """
    for name in overrides:
        if name not in options:
            allowed = ", ".join(sorted(options)) or "none"
            raise ModelOptionError(
                f"model {model!r} has no option {name!r}; "
                f"{did_you_mean(name, options)}allowed: {allowed}"
            )
    return {
        name: options[name].check(value, f"model {model!r}") for name, value in overrides.items()
    }
