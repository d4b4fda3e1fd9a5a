"""Workers meet before TensorFlow connects them: in bounded time, and naming who is missing.

TensorFlow's own start waits without end for a worker that never comes, and hears no signal
meanwhile. Here every worker listens on its own address and greets all the others, until each has
answered and said that it has everybody too: so none closes before the slowest has seen it.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Sequence

import configs
from trainers.errors import PeerError, PreemptedError

_POLL_SECONDS = 0.05


class _Desk:
    """Listens on a worker's address and tells who asks: its number and whether it has all."""

    def __init__(self, addresses: Sequence[str], index: int) -> None:
        self._answer = [index, False, list(addresses)]
        self._closing = threading.Event()
        host, port = split(addresses[index])
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = socket.socket(family, socket.SOCK_STREAM)
        # A connection of the run before may still be fading away on this port.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # On every interface: in a cluster the name may stand for an address elsewhere.
            self._server.bind(("", port))
        except OSError as error:
            self._server.close()
            raise configs.ConfigError(
                f"worker {index} cannot listen on {addresses[index]} ({error.strerror}); "
                "free the port, or give the worker another"
            ) from error
        self._server.listen(len(addresses))
        self._server.settimeout(_POLL_SECONDS)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def has_all(self) -> None:
        """Say from now on that this worker has seen all the others."""
        self._answer[1] = True

    def close(self) -> None:
        """Free the port."""
        self._closing.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            with connection:
                try:
                    connection.settimeout(2)
                    connection.sendall(json.dumps(self._answer).encode())
                except OSError:
                    pass  # who asked went away, and will ask again


def split(address: str) -> tuple[str, int]:
    """Return host and port of an address."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def meet(addresses: Sequence[str], index: int, seconds: float, stopped: Callable[[], bool]) -> None:
    """Return once all workers are there.

    Args:
        addresses: host:port of every worker, in one order everywhere.
        index: this process's own.
        seconds: how long to wait.
        stopped: asked now and then whether to give up.

    Raises:
        ConfigError: the own address cannot be listened on, or another worker has another list.
        PeerError: a worker did not come in time; the message names it.
        PreemptedError: `stopped` said so.
    """
    desk = _Desk(addresses, index)
    try:
        end = time.monotonic() + seconds
        seen, complete = {index}, {index}
        while len(complete) < len(addresses):
            for other in sorted(set(range(len(addresses))) - complete):
                answer = _ask(addresses[other])
                if answer is None:
                    # Having seen all itself, it may have gone on already.
                    if other in seen and len(seen) == len(addresses):
                        complete.add(other)
                    continue
                _check(answer, other, addresses)
                seen.add(other)
                if answer[1]:
                    complete.add(other)
            if len(seen) == len(addresses):
                desk.has_all()
            if stopped():
                raise PreemptedError("stopped before all workers were there; nothing was written")
            if time.monotonic() > end and len(seen) < len(addresses):
                missing = [f"worker {i} ({a})" for i, a in enumerate(addresses) if i not in seen]
                raise PeerError(
                    f"{', '.join(missing)} did not start within {seconds:g} s; start every worker, "
                    "or raise --start-timeout-seconds"
                )
            time.sleep(_POLL_SECONDS)
        time.sleep(4 * _POLL_SECONDS)  # let the slowest read our last answer
    finally:
        desk.close()


def _ask(address: str) -> list | None:
    try:
        with socket.create_connection(split(address), timeout=1) as connection:
            connection.settimeout(1)
            return json.loads(connection.makefile().read())
    except (OSError, ValueError):
        return None


def _check(answer: list, other: int, addresses: Sequence[str]) -> None:
    if answer[0] != other or answer[2] != list(addresses):
        raise configs.ConfigError(
            f"{addresses[other]} answers as worker {answer[0]} of {', '.join(answer[2])}; give all "
            "workers the same list and each its own index"
        )
