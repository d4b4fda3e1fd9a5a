"""Several seeds as one word: 0-4, or 0,3,7."""

from __future__ import annotations

import re

import configs

_MOST = 10_000
_LARGEST = 2**31 - 1


def seeds_of(text: str) -> tuple[int, ...]:
    """Return the seeds that a word names, in its order.

    Raises:
        ConfigError: it names none, one twice, or one that is too large.
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,10})(?:-([0-9]{1,10}))?\s*", part, re.ASCII)
        if match is None:
            raise _refusal(text, f"in which {part.strip()!r} is no seed" if "," in text else "")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise _refusal(text, f"in which {part.strip()} runs backwards")
        if last > _LARGEST:
            raise _refusal(text, f"in which {last} is above {_LARGEST}")
        if last - first >= _MOST:
            raise _refusal(text, f"which is more than {_MOST:,} seeds")
        found += range(first, last + 1)
    twice = next((seed for seed in found if found.count(seed) > 1), None)
    if twice is not None:
        raise _refusal(text, f"in which {twice} stands twice")
    return tuple(found)


def _refusal(text: str, why: str) -> configs.ConfigError:
    given = f"--seeds is {configs.shown(text)}"
    return configs.ConfigError(f"{given}{', ' if why else ''}{why}; give seeds as in 0-4 or 0,3,7")
