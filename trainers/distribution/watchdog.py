"""A watchdog behind TensorFlow's heartbeat, for a worker that lives and yet does nothing.

The heartbeat comes from a thread of its own: it goes on while Python waits for a file system or
for a lock, and the other workers then wait in their exchange without end.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from trainers.errors import PeerError

_TIMES_LONGEST = 10
_CHECK_SECONDS = 0.5


class Watchdog:
    """End the process when the next `beat` does not come in time, from the first one on.

    Legal work between two beats is a compiled call, perhaps its compilation, and the chief's
    logging, evaluation and saving. What it takes is learnt: the limit is `seconds` plus ten times
    the longest so far.

    Args:
        task: this worker's name, for the message.
        seconds: the limit as long as nothing is known.
    """

    def __init__(self, task: str, seconds: float) -> None:
        self._task, self._seconds = task, seconds
        self._longest = 0.0
        self._last: float | None = None
        self._stopping = threading.Event()

    @property
    def limit(self) -> float:
        """How long a beat may take now, in seconds."""
        return self._seconds + _TIMES_LONGEST * self._longest

    def beat(self) -> None:
        """Say that the work goes on."""
        now = time.monotonic()
        if self._last is None:
            threading.Thread(target=self._watch, daemon=True).start()
        else:
            self._longest = max(self._longest, now - self._last)
        self._last = now

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()

    def _watch(self) -> None:
        while not self._stopping.wait(_CHECK_SECONDS):
            waited = time.monotonic() - (self._last or 0)
            if waited > self.limit:
                # The main thread is stuck, so only this thread can end the process. The line is
                # written by one more thread, since writing may be what the main one is stuck in.
                threading.Thread(target=self._tell, args=(waited,), daemon=True).start()
                time.sleep(_CHECK_SECONDS)
                os._exit(PeerError.exit_code)

    def _tell(self, waited: float) -> None:
        line = (
            f"error: {self._task} got no further for {waited:.0f} s: it hangs or waits for one "
            "that does; start all workers again with --resume, or raise --peer-timeout-seconds\n"
        )
        os.write(sys.stderr.fileno(), line.encode())
