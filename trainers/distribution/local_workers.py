"""Several workers on this machine: start them, show what they say, end them together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import FrameType
from typing import IO

from trainers.distribution import signals
from trainers.errors import PeerError

# After one worker has failed, the others find out for themselves; then they are ended.
_GRACE_SECONDS = 20.0
_POLL_SECONDS = 0.05


def free_addresses(count: int) -> list[str]:
    """Return addresses of this machine whose ports are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def launch(workers: int, command: list[str]) -> int:
    """Run a command in several processes to their end; return the first failure's exit code.

    Args:
        workers: how many.
        command: program and arguments, the same for each; what tells them apart is in their
            environment.
    """
    addresses = free_addresses(workers)
    processes: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []
    with _signals_forwarded(processes, workers) as held:
        try:
            for index in range(workers):
                processes.append(_start(addresses, index, command))
                threads += _copy_lines(processes[index], f"[{index}] ")
            # Signals were held back until every worker exists; those that came are delivered now.
            signals.let_through()
            for number in held:
                _send(processes, number)
            code = _wait(processes)
        finally:
            for process in processes:
                if process.poll() is None:
                    process.kill()
    for thread in threads:
        thread.join()
    return code


@contextlib.contextmanager
def _signals_forwarded(
    processes: list[subprocess.Popen[bytes]], workers: int
) -> Iterator[list[int]]:
    """Pass signals on to every worker; yield those that came before all of them were there."""
    held: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        # The block below is this thread's; one that a library has started may take a signal.
        if len(processes) < workers:
            held.append(number)
        else:
            _send(processes, number)

    # Workers inherit the block, so that no signal ends one before it can handle signals.
    mask = signals.hold_back()
    before = {number: signal.signal(number, forward) for number in signals.heeded()}
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.let_through(mask)


def _send(processes: list[subprocess.Popen[bytes]], number: int) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


def environment_of(addresses: list[str], index: int) -> dict[str, str]:
    """Return the environment of worker `index`; that of a lone process names no cluster."""
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    environment.pop("TF_CONFIG", None)
    if len(addresses) > 1:
        task = {"type": "worker", "index": index}
        environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return environment


def _start(addresses: list[str], index: int, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment_of(addresses, index),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A Ctrl-C in the terminal must reach each worker once: through us.
        start_new_session=True,
    )


def _copy_lines(process: subprocess.Popen[bytes], prefix: str) -> list[threading.Thread]:
    pairs = ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
    threads = [threading.Thread(target=_copy, args=(*pair, prefix), daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    return threads


def _copy(source: IO[bytes], target: IO[str], prefix: str) -> None:
    for line in source:
        with contextlib.suppress(ValueError):  # the target is closed: we are at our end
            target.write(f"{prefix}{line.decode(errors='replace').rstrip()}\n")
            target.flush()


def _wait(processes: list[subprocess.Popen[bytes]]) -> int:
    """Return the code of the first worker that fails, the others having ended or been ended."""
    first, ends = 0, float("inf")
    while any(process.poll() is None for process in processes):
        if not first:
            first = _cause(processes)
            ends = time.monotonic() + _GRACE_SECONDS if first else ends
        if time.monotonic() > ends:
            for index, process in enumerate(processes):
                if process.poll() is None:
                    print(f"worker {index} did not end by itself: killed", file=sys.stderr)
                    process.kill()
                    process.wait()
        time.sleep(_POLL_SECONDS)
    return first or _cause(processes)


def _cause(processes: list[subprocess.Popen[bytes]]) -> int:
    codes = [code for process in processes if (code := process.poll())]
    # Where several have ended, the first failure is not one that only lost another worker.
    codes.sort(key=lambda code: code == PeerError.exit_code)
    # A worker ended by a signal has a negative code, which no process can return.
    return 0 if not codes else codes[0] if codes[0] > 0 else 128 - codes[0]
