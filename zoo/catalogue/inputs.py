"""Checks of a model's input shape and number of classes."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from zoo.catalogue.entries import ModelEntry
from zoo.errors import ModelOptionError


def check_num_classes(model: str, num_classes: Any) -> int:
    """Return the number of classes (outputs, for a regression) as an int of at least 1.

    Raises:
        ModelOptionError: anything else.
    """
    # Integral admits NumPy's integers too; bool is an int in Python, but no number of classes.
    whole = isinstance(num_classes, Integral) and not isinstance(num_classes, bool)
    if not whole or int(num_classes) < 1:
        raise ModelOptionError(
            f"model {model!r} got num_classes={num_classes!r}; allowed: an int of at least 1"
        )
    return int(num_classes)


def check_input_shape(entry: ModelEntry, input_shape: Any) -> tuple[int | None, ...]:
    """Return one example's shape, without the batch axis, as a tuple.

    Raises:
        ModelOptionError: not a tuple of positive ints, a rank the model does not take, or an
            unknown size (None) where the model needs a known one.
    """
    got = f"model {entry.name!r} got input_shape={input_shape!r}"
    if not isinstance(input_shape, Sequence) or isinstance(input_shape, str) or not input_shape:
        raise ModelOptionError(
            f"{got}; allowed: a tuple of positive ints such as (28, 28, 1), without the batch"
        )
    for size in input_shape:
        known = isinstance(size, Integral) and not isinstance(size, bool) and int(size) >= 1
        if size is not None and not known:
            raise ModelOptionError(
                f"{got}; allowed: positive ints (None for an unknown time), without the batch"
            )
    shape = tuple(None if size is None else int(size) for size in input_shape)
    if entry.input_axes:
        _check_axes(entry, shape, got)
    return shape


def axes_of(entry: ModelEntry, rank: int) -> list[str]:
    """Return the names of a checked input shape's axes; numbers where the model names none."""
    return _matching_axes(entry.input_axes, rank) or [str(number) for number in range(rank)]


def _check_axes(entry: ModelEntry, shape: tuple[int | None, ...], got: str) -> None:
    expected = " or ".join(f"[{axes.replace(' ', ', ')}]" for axes in entry.input_axes)
    names = _matching_axes(entry.input_axes, len(shape))
    if names is None:
        raise ModelOptionError(
            f"{got}, which has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}; "
            f"expected {expected}, without the batch; reshape the data or choose another model"
        )
    for name, size in zip(names, shape, strict=True):
        if size is None and name != "time":
            raise ModelOptionError(
                f"{got}; the size of {name} must be known; expected {expected}, without the batch"
            )


def _matching_axes(alternatives: tuple[str, ...], rank: int) -> list[str] | None:
    for axes in alternatives:
        if axes.endswith("..."):
            return [axes.removesuffix("...")] * rank
        if len(axes.split()) == rank:
            return axes.split()
    return None
