"""Signals that ask to stop: save, and leave with exit code 75.

They are a scheduler's or `kill`'s SIGTERM, Ctrl-C, the SIGHUP of a terminal that is gone, and the
SIGUSR1 and SIGUSR2 by which batch systems warn of a job's end.
"""

from __future__ import annotations

import abc
import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any

from trainers.errors import PreemptedError, UserError
from zoo.process.streams import write_line

# Windows has only the first two.
_NAMES = ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2")
STOP_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
# How long the main thread may need to leave where it may leave anywhere.
_PATIENCE_SECONDS = 3.0
# How long a line to standard error may take.
_TELLING_SECONDS = 0.5


class Left(BaseException):
    """The main thread was told to leave what it was doing; no handler of errors may take it."""


def heeded() -> tuple[int, ...]:
    """Return the stop signals that this process is to hear.

    Whoever starts a process with one of them ignored, as `nohup` does, means it to be ignored. Only
    Ctrl-C is heard nevertheless: shells have it ignored in every job in the background.
    """
    return tuple(
        number
        for number in STOP_SIGNALS
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    )


def hold_back() -> set[int]:
    """Let stop signals wait from now on, in processes started meanwhile too; return the mask.

    Windows cannot.
    """
    if not hasattr(signal, "pthread_sigmask"):
        return set()
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS))


def let_through(mask: set[int] | None = None) -> None:
    """Deliver the stop signals that wait; or put back the `mask` that was before."""
    if not hasattr(signal, "pthread_sigmask"):
        return
    if mask is None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    else:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Hearing(abc.ABC):
    """A context in which signals are heard at once, whatever the main thread does meanwhile.

    Python itself handles a signal between two of its instructions, and so not before a long
    compilation or the wait for another worker is over. But the system writes the number of each
    signal to a socket as it comes, and a thread reads there. Outside the main thread, where Python
    lets nobody handle signals, nothing is heard and nothing changes.
    """

    def __init__(self) -> None:
        self._deaf = True
        self._ended = threading.Event()

    def __enter__(self) -> Any:
        self._deaf = threading.current_thread() is not threading.main_thread()
        if not self._deaf:
            self._ended.clear()
            self._reader, self._writer = socket.socketpair()
            self._writer.setblocking(False)
            number = self._writer.fileno()
            self._wakeup_before = signal.set_wakeup_fd(number, warn_on_full_buffer=False)
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if not self._deaf:
            self._ended.set()
            signal.set_wakeup_fd(self._wakeup_before)
            self._writer.close()  # which ends the thread
            self._thread.join()
            self._reader.close()

    def _read(self) -> None:
        while numbers := self._reader.recv(1):
            self._hear(numbers[0])

    @abc.abstractmethod
    def _hear(self, number: int) -> None:
        """Do what a signal asks, in the thread that reads."""


class StopSignals(Hearing):
    """A context in which the first stop signal only sets `requested`; the second ends at once.

    A checkpoint is renamed into place when whole, so ending at once loses steps, never a file.
    Where `may_leave` allows it, the first one is enough to leave.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requested = False
        self._before: dict[int, Any] = {}
        self._told: str | None = None
        self._left: str | None = None
        self._heard = threading.Event()

    def __enter__(self) -> StopSignals:
        super().__enter__()
        if not self._deaf:
            self._before = {number: signal.getsignal(number) for number in heeded()}
            self.install()
        return self

    def install(self) -> None:
        """Handle the signals from now on, whoever has taken them meanwhile."""
        if self._deaf:
            return
        for number in self._before:
            signal.signal(number, self._interrupt)
        # A launcher starts us with signals blocked, so that none ends us before this line.
        let_through()

    def may_leave(self, told: str | None) -> None:
        """Say that from now on nothing is lost by leaving anywhere, and what is `told` then.

        None: the work must come to a point where it saves.

        Raises:
            Left: a stop was requested already.
        """
        self._told = told
        if told is not None and self.requested:
            self._leave(told)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._told = None
        for number, handler in self._before.items():
            signal.signal(number, handler)
        super().__exit__(_, error, __)
        # Libraries make errors of their own of what interrupts them.
        if self._left and error is not None and not isinstance(error, UserError):
            raise PreemptedError(self._left) from error

    def _hear(self, number: int) -> None:
        if number not in self._before:
            return
        if self.requested:
            os._exit(128 + number)
        self.requested = True
        # Who reads standard error may have stopped; the second signal is heard nevertheless.
        line = f"{signal.Signals(number).name}: saving, then stopping"
        writing = threading.Thread(target=write_line, args=(line,), daemon=True)
        writing.start()
        writing.join(_TELLING_SECONDS)
        self._heard.set()
        threading.Thread(target=self._end_if_stuck, daemon=True).start()

    def _end_if_stuck(self) -> None:
        """End where the main thread may leave anywhere and does not, deep inside a library."""
        while not self._ended.wait(_PATIENCE_SECONDS):
            if (told := self._told) is not None:
                write_line(f"error: {told}")
                os._exit(PreemptedError.exit_code)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # The interrupted code goes on, and finds out by `requested`, unless it may be left.
        self._heard.wait(2 * _TELLING_SECONDS)
        if self._told is not None:
            self._leave(self._told)

    def _leave(self, told: str) -> None:
        self._left = told
        raise Left(told)


class EndSoon(Hearing):
    """A context in which Ctrl-C ends the process in seconds, with exit code 130.

    Python raises KeyboardInterrupt when it can. Inside a long call of a library it cannot.
    """

    _CODE = 128 + signal.SIGINT

    def __init__(self) -> None:
        super().__init__()
        self._interrupted = False

    def _hear(self, number: int) -> None:
        if number != signal.SIGINT:
            return
        if self._interrupted:
            os._exit(self._CODE)
        self._interrupted = True
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        if not self._ended.wait(_PATIENCE_SECONDS):
            os._exit(self._CODE)


def end_in_time(code: int) -> None:
    """Let the interpreter's end, when it comes, not wait long for a library's threads."""

    def end() -> None:
        time.sleep(_PATIENCE_SECONDS)
        if not threading.main_thread().is_alive():
            os._exit(code)

    threading.Thread(target=end, daemon=True).start()
