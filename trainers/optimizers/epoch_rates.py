"""Learning rates by epoch, as a source lists them: "5e-4x2,2e-4x3,1e-5"."""

from __future__ import annotations

import re
from typing import NamedTuple

import configs

# A number as people write it, then perhaps for how many epochs.
_PART = re.compile(r"\s*([-+.\deE]+?)\s*(?:[xX*]\s*(\d+))?\s*")
# As of every setting that is a whole number, and of every other number: float32's.
_MOST, _LARGEST = 2**31, 3.4e38
_FORM = 'give --epoch-rates rates with their epochs, as in "5e-4x2,2e-4x3,1e-5"'


class EpochRate(NamedTuple):
    """A rate, and the first epoch that has it, counted from 0."""

    rate: float
    first_epoch: int


def read(config: configs.OptimizerConfig) -> list[EpochRate]:
    """Return the configured rates in their order, or none where another schedule is configured.

    Raises:
        ConfigError: they are not of the form, or given without their schedule, or it without them.
    """
    text = config.epoch_rates
    if text is None and config.schedule == "epochs":
        raise configs.ConfigError(f"schedule is 'epochs' without its rates; {_FORM}")
    if text is None:
        return []
    if config.schedule != "epochs":
        raise configs.ConfigError(
            f"epoch_rates is {text!r} with schedule {config.schedule!r}, which does not read it; "
            "add --schedule epochs, or leave --epoch-rates out"
        )
    found: list[EpochRate] = []
    parts, first = text.split(","), 0
    for number, part in enumerate(parts):
        match = _PART.fullmatch(part)
        rate = _positive(match[1]) if match else None
        if match is None or rate is None:
            raise configs.ConfigError(
                f"epoch_rates is {text!r}, of which {part.strip()!r} is no rate above 0; {_FORM}"
            )
        if match[2] is None and number < len(parts) - 1:
            raise configs.ConfigError(
                f"epoch_rates is {text!r}, in which only the last rate may have no epochs; {_FORM}"
            )
        count = int(match[2] or 1)
        if not 1 <= count < _MOST:
            raise configs.ConfigError(
                f"epoch_rates is {text!r}, which gives {match[1]} for {count} epochs; {_FORM}"
            )
        found.append(EpochRate(rate, first))
        first += count
    return found


def _positive(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if 0 < value < _LARGEST else None
