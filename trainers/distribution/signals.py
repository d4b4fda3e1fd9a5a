"""SIGTERM and Ctrl-C: finish the compiled call, save, leave with exit code 75."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """A context in which the first stop signal only sets `requested`; the second ends at once.

    A checkpoint is renamed into place when whole, so ending at once loses steps, never a file.
    Python itself handles a signal between two of its instructions, and so not before a long
    compilation or the wait for another worker is over. But the system writes the number of each
    signal to a pipe as it comes, and a thread reads there.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}
        self._heard = threading.Event()

    def __enter__(self) -> StopSignals:
        for number in STOP_SIGNALS:
            self._before[number] = signal.getsignal(number)
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._wakeup_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.install()
        return self

    def install(self) -> None:
        """Handle the signals from now on, whoever has taken them meanwhile."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._leave_to_thread)
        # A launcher starts us with signals blocked, so that none ends us before this line.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._writer)  # which ends the thread
        self._thread.join()
        os.close(self._reader)

    def _read(self) -> None:
        while numbers := os.read(self._reader, 1):
            if numbers[0] in STOP_SIGNALS:
                self._handle(numbers[0])

    def _handle(self, number: int) -> None:
        if self.requested:
            os._exit(128 + number)
        self.requested = True
        name = signal.Signals(number).name
        os.write(sys.stderr.fileno(), f"{name}: saving, then stopping\n".encode())
        self._heard.set()

    def _leave_to_thread(self, number: int, frame: FrameType | None) -> None:
        # The interrupted code goes on; it finds out by `requested`.
        self._heard.wait(1)
