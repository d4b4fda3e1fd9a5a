"""Seconds by part: every instant belongs to exactly one, so that the parts add up to the whole."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

PARTS = (
    "import",
    "data",
    "build",
    "compile",
    "train",
    "input",
    "evaluation",
    "logging",
    "saving",
    "report",
)


class Clock:
    """Counts the seconds of this process by part; it runs from the beginning.

    Args:
        part: where it begins; what is in no other part is there, until `turn`.
        before: seconds of that part that are over already.
    """

    def __init__(self, part: str = "import", before: float = 0.0) -> None:
        self._seconds = dict.fromkeys(PARTS, 0.0)
        self._seconds[part] = before
        self._part, self._since = part, time.perf_counter()

    def turn(self, part: str) -> None:
        """Let another part begin."""
        now = time.perf_counter()
        self._seconds[self._part] += now - self._since
        self._part, self._since = part, now

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done in this context as a part, and go back to the one before."""
        before = self._part
        self.turn(name)
        try:
            yield
        finally:
            self.turn(before)

    def move(self, seconds: float, source: str, target: str) -> None:
        """Count seconds of one part as another's, once it is known whose they were."""
        self._seconds[source] -= seconds
        self._seconds[target] += seconds

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds so far by part, of every part."""
        self.turn(self._part)
        return dict(self._seconds)

    @property
    def total(self) -> float:
        """The seconds so far."""
        return sum(self.seconds.values())
