"""Where a run can be left: between two compiled calls.

Training stops between two updates, an evaluation, which changes nothing, in its middle. Both ask
here before each call, and whoever runs them says who answers.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from trainers.distribution.placement import Placement
from trainers.distribution.signals import StopSignals
from trainers.engine.length import CallLength


class StopRequested(Exception):
    """The work is left, because the run was asked to stop."""


# From the pieces of work that the next call would do: whether to stop, and how many it may do.
Answer = Callable[[int], tuple[bool, int]]


def _go_on(most: int) -> tuple[bool, int]:
    return False, most


_answers: list[Answer] = [_go_on]


@contextlib.contextmanager
def asking(answer: Answer) -> Iterator[None]:
    """Let `answer` decide meanwhile. Where several workers do the same work, all must get one."""
    _answers.append(answer)
    try:
        yield
    finally:
        _answers.pop()


def next_call(most: int = 1) -> int:
    """Return how many pieces of work the next call may do, where it would do `most`.

    Raises:
        StopRequested: none; the run was asked to stop.
    """
    stop, allowed = _answers[-1](most)
    if stop:
        raise StopRequested
    return allowed


def calls(total: int, length: CallLength) -> Iterator[tuple[int, int]]:
    """Yield the first and the number of the pieces of work of each call, up to `total` pieces.

    Args:
        length: learns how many take how long; the caller must wait for a call's result.

    Raises:
        StopRequested: see `next_call`.
    """
    done = 0
    while done < total:
        count = min(next_call(length.most), total - done)
        started = time.perf_counter()
        yield done, count
        length.learn(count, time.perf_counter() - started)
        done += count


class Leaving:
    """How a run is left when it is asked to stop: alone at once, among workers together.

    At first that is between two calls.

    Args:
        stop: asks to save and leave.
        placement: which other workers there are.
    """

    def __init__(self, stop: StopSignals, placement: Placement) -> None:
        self._stop, self._placement = stop, placement
        self.at_calls()

    def anywhere(self, told: str) -> None:
        """Let the run be left wherever it is from now on, since everything is saved."""
        # A worker that left alone would take the others with it, and they could not save.
        if self._placement.workers == 1:
            self._stop.may_leave(told)

    def at_calls(self) -> None:
        """Let the run be left only between two calls from now on."""
        self._stop.may_leave(None)

    def asked(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which all workers stop before the same call.

        How long each call is, the chief says.
        """
        return asking(lambda most: self._placement.next_call(self._stop.requested, most))
