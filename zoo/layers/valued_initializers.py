"""Initializers that are told a number, as in `uniform:0.3`; known without importing Keras.

| form | a weight is | NUMBER |
| --- | --- | --- |
| constant:NUMBER | it | any that float32 has |
| normal:NUMBER | normal, mean 0 | the standard deviation, above 0 |
| uniform:NUMBER | uniform in +-NUMBER | the end, above 0 |
"""

import re

FORMS = ("constant:NUMBER", "normal:NUMBER", "uniform:NUMBER")
_FORM = re.compile(r"(constant|normal|uniform):([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_LARGEST = 3.4e38  # of float32


def valued(name: str) -> tuple[str, float] | None:
    """Return the form and the number of an initializer's name, None for one without a number.

    A number that its form does not take, as in `normal:-1`, is none either.
    """
    match = _FORM.fullmatch(name)
    if match is None:
        return None
    form, number = match[1], float(match[2])
    allowed = abs(number) <= _LARGEST and (form == "constant" or number > 0)
    return (form, number) if allowed else None


def starts_at_zero(name: str) -> bool:
    """Return whether an initializer makes every weight 0."""
    return name == "zeros" or valued(name) == ("constant", 0.0)
