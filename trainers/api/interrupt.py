"""Ctrl-C, or a notebook's "interrupt", in a process that is the user's: nothing else is heard."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any

from trainers.distribution.signals import StopSignals


class Interruption(StopSignals):
    """A context in which the first interrupt asks to save and stop, and the second stops at once.

    Both end in a KeyboardInterrupt, and neither ends the process, whose other signals stay the
    user's. Outside the main thread, where Python lets nobody handle signals, none is heard.
    """

    def __enter__(self) -> Interruption:
        self._heard_here = threading.current_thread() is threading.main_thread()
        if self._heard_here:
            self._handler: Any = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def install(self) -> None:
        """Handle Ctrl-C from now on, whoever has taken it meanwhile."""
        if self._heard_here:
            signal.signal(signal.SIGINT, self._interrupt)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._heard_here:
            signal.signal(signal.SIGINT, self._handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print("interrupted: saving, then stopping", file=sys.stderr)
        if self._told is not None:
            self._leave(self._told)

    def _leave(self, told: str) -> None:
        raise KeyboardInterrupt(told)
