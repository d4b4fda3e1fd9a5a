"""SIGTERM and Ctrl-C: finish the compiled call, save, leave with exit code 75."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """A context in which the first stop signal only sets `requested`; the second ends at once.

    A checkpoint is renamed into place when whole, so ending at once loses steps, never a file.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        for number in STOP_SIGNALS:
            self._before[number] = signal.getsignal(number)
        self.install()
        return self

    def install(self) -> None:
        """Handle the signals from now on, whoever has taken them meanwhile."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._handle)
        # A launcher holds them back until here, so that none ends a process that is not ready.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.requested:
            os._exit(128 + number)
        self.requested = True
        name = signal.Signals(number).name
        os.write(sys.stderr.fileno(), f"{name}: saving, then stopping\n".encode())
