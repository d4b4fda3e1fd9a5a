"""What a run can do without: pictures, samples, histograms. Where one fails, the run goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from trainers.errors import DivergedError, PeerError, PreemptedError
from zoo.errors import reason_of

Result = TypeVar("Result")
# What ends a run wherever it is noticed: too little memory would only be met again.
_ENDS_RUN = (DivergedError, PeerError, PreemptedError, MemoryError)
_LONGEST_REASON = 200


class Guard:
    """Calls what is only looked at; the first failure of each kind is one warning.

    It is tried again when it is due again: a full disk may be cleared.
    """

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Return what `action` returns, or None where it fails.

        Args:
            what: names it in the warning, as in "the sample".
            action: writes or returns what is only looked at; nothing that is trained.

        Raises:
            DivergedError, PeerError, PreemptedError, MemoryError: `action` raised it.
        """
        try:
            return action()
        except _ENDS_RUN:
            raise
        except Exception as error:  # a hook may be anybody's
            if what not in self._told:
                self._told.add(what)
                reason = reason_of(error, _LONGEST_REASON)
                print(
                    f"warning: {what} failed ({type(error).__name__}: {reason}); training goes on "
                    "without",
                    file=sys.stderr,
                )
            return None


def told_name(hook: Callable[..., object]) -> str:
    """Return what a warning calls a hook: "the sample" for a function `sample`."""
    name = getattr(hook, "__name__", type(hook).__name__)
    return f"the {name.strip('_').replace('_', ' ')}"
