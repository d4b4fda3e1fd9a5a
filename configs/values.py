"""Values as recipes and the command line spell them, by one rule: YAML 1.2's core schema.

    null, ~                    nothing
    true, false                a truth value; also True, TRUE, ...
    42, -7, 0x1F, 0o17         a whole number; 010 is ten
    0.5, .5, 1e-3, .inf, .nan  a number
    all else, and all quoted   text, as it stands

So 12:30:45, 1_000, 2026-01-31, on and yes are text, and a setting that wants a number refuses them.
What a setting takes is said by its type in `configs.schema`, or by its option.
"""

from __future__ import annotations

import reprlib
import types
import typing
from collections.abc import Callable
from numbers import Integral, Real
from re import ASCII, compile
from typing import Any, Literal, Union

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", ASCII)
_NUMBER = compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", ASCII)
_ENDLESS = {f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")}
_FIRST_AND_LAST = compile(r" *([0-9]{1,10}) *, *([0-9]{1,10}) *", ASCII)
_NONE = {".nan", ".NaN", ".NAN"}
# Python reads no longer ones at once, and none means anything here.
_MOST_DIGITS = 1000

# TensorFlow counts and indexes in 32 bits, or multiplies two such numbers in 64; it computes in
# float32.
LARGEST_INT = 2**31 - 1
LARGEST_FLOAT = 3.4e38
_LONGEST_SHOWN = 100
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxlong = _brief.maxother = 80


def shown(value: Any) -> str:
    """Return a value for a message: null as a file has it, else as Python does; long ones cut."""
    text = "null" if value is None else _brief.repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def first_and_last(text: str) -> tuple[int, int]:
    """Return the numbers of a text like "10,20": from 1 on, the last not before the first.

    Raises:
        ValueError: another text.
    """
    match = _FIRST_AND_LAST.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= first <= last <= LARGEST_INT:
        raise ValueError(text)
    return first, last


def core(text: str) -> Any:
    """Return what a plain, unquoted word of YAML 1.2 means.

    Raises:
        ValueError: a number of more than a thousand digits.
    """
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if len(text) > _MOST_DIGITS and (_WHOLE.fullmatch(text) or _NUMBER.fullmatch(text)):
        raise ValueError(f"a number of {len(text)} characters, more than {_MOST_DIGITS}")
    if _WHOLE.fullmatch(text):
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
    if _NUMBER.fullmatch(text):
        return float(text)
    if text in _ENDLESS or text in _NONE:
        return float(text.replace(".", ""))
    return text


def typed(hint: Any, value: Any) -> Any:
    """Return a value in the type that a setting has: 3 for a float is 3.0, a tuple is a list.

    Args:
        hint: int, float, bool, str, None, a `Literal`, `tuple[int, ...]`, `tuple[float, ...]`, or
            a union of these.
        value: as `core` or Python gives it.

    Raises:
        ValueError: it has none of the setting's types.
    """
    for kind in _kinds(hint):
        try:
            return _read(kind, value)
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{shown(value)} is not {allowed(hint)}")


def from_text(hint: Any, text: str) -> Any:
    """Return what a word of the command line means for a setting of a type.

    Text is taken as it stands; only the word null is nothing, where a setting allows that.

    Raises:
        ValueError: it means none of the setting's types.
    """
    kinds = _kinds(hint)
    if text == "null" and type(None) in kinds:
        return None
    if str in kinds:
        return text
    for kind in kinds:
        if typing.get_origin(kind) is tuple and not (int in kinds and isinstance(core(text), int)):
            items = text.strip().strip("[]()").split(",")
            return typed(hint, [core(item.strip()) for item in items if item.strip()])
        if typing.get_origin(kind) is Literal and text in typing.get_args(kind):
            return text
    if text in _NOTHING:  # nothing at all, or the shell's name of a folder, is no answer
        raise ValueError(f"{text!r} is not {allowed(hint)}")
    return typed(hint, core(text))


def allowed(hint: Any) -> str:
    """Return in words what a setting of a type takes, such as "int or null"."""
    words = {int: "int", float: "float", str: "text", bool: "true or false", type(None): "null"}
    lists = {int: "numbers such as 100,50", float: "numbers such as -1,0.5", str: "a list of words"}
    told = [
        lists[typing.get_args(kind)[0]]
        if typing.get_origin(kind) is tuple
        else ", ".join(map(str, typing.get_args(kind)))
        if typing.get_origin(kind) is Literal
        else words[kind]
        for kind in _kinds(hint)
    ]
    return " or ".join(told)


def choices(hint: Any) -> list[str]:
    """Return the words of a type's `Literal`, if it has one."""
    literals = [kind for kind in _kinds(hint) if typing.get_origin(kind) is Literal]
    return [str(word) for kind in literals for word in typing.get_args(kind)]


def _kinds(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _read(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) is Literal:
        # 1 == True in Python: only a value of the same type is the same choice.
        same = [
            word for word in typing.get_args(kind) if (word, type(word)) == (value, type(value))
        ]
        return _demand(bool(same), value)
    if typing.get_origin(kind) is tuple:
        _demand(isinstance(value, list | tuple), value)
        return [_read(typing.get_args(kind)[0], item) for item in value]
    return _READERS[kind](value)


def _demand(condition: bool, value: Any) -> Any:
    if not condition:
        raise ValueError(value)
    return value


def _is_number(value: Any, kind: type) -> bool:
    # bool is an int in Python; true units is a mistake, not 1.
    return isinstance(value, kind) and not isinstance(value, bool)


_READERS: dict[Any, Callable[[Any], Any]] = {
    type(None): lambda value: _demand(value is None, value),
    bool: lambda value: _demand(isinstance(value, bool), value),
    int: lambda value: int(_demand(_is_number(value, Integral), value)),
    float: lambda value: float(_demand(_is_number(value, Real), value)),
    str: lambda value: _demand(isinstance(value, str), value),
}
