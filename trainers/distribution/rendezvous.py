"""Workers meet before TensorFlow connects them: in bounded time, and naming who is missing.

TensorFlow's own start waits without end for a worker that never comes, and hears no signal
meanwhile. Here every worker listens on its own address and greets all the others, until each has
answered and said that it has everybody too: so none goes on while another may still be missing.
One connection between the chief and each other worker stays open, by which each notices the
other's death: see `peer_watch`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import configs
from trainers.errors import PeerError, PreemptedError

_POLL_SECONDS = 0.05
_NOTICE_SECONDS = 15.0
# Bytes: room for the addresses of more workers than there are ports.
_LONGEST_ANSWER = 1 << 24
_TELLING_SECONDS = 1.0
_KEEP, _KEPT, _KEEP_SECONDS = "keep", b"kept", 10.0


class _Desk:
    """Listens on a worker's address and tells who asks: its number and whether it has all.

    `told` has the numbers of those that heard that it has; `kept`, the connections of those that
    asked for one to keep.
    """

    def __init__(self, addresses: Sequence[str], index: int, work: str) -> None:
        self.told: set[int] = set()
        self.kept: dict[int, socket.socket] = {}
        self._has_all = False
        self._addresses, self._index, self._work = list(addresses), index, work
        self._closing = threading.Event()
        try:
            self._server = _listen(split(addresses[index])[1], len(addresses))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise configs.ConfigError(
                f"worker {index} cannot listen on {addresses[index]} ({reason}); free the port, or "
                "give the worker another"
            ) from error
        self._server.settimeout(_POLL_SECONDS)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def has_all(self) -> None:
        """Say from now on that this worker has seen all the others."""
        self._has_all = True

    def close(self) -> None:
        """Free the port."""
        self._closing.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:  # nobody asks, or who asked went away
                continue
            # On an error the asker is no worker, or a worker that will ask again.
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(1)
                with connection.makefile() as lines:
                    number, _, wish = lines.readline(20).strip().partition(" ")
                asker, has_all = int(number), self._has_all
                if wish == _KEEP and 0 < asker < len(self._addresses):
                    connection.sendall(_KEPT)
                    connection.settimeout(None)
                    # A copy of the connection, since leaving this block closes the original.
                    self.kept[asker] = connection.dup()
                    continue
                answer = [self._index, has_all, self._addresses, self._work]
                connection.sendall(json.dumps(answer).encode())
                if has_all:
                    self.told.add(asker)


def _listen(port: int, waiting: int) -> socket.socket:
    # On every interface, since a cluster may map the worker's name to the address of a gateway.
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("", port), family=socket.AF_INET6, backlog=waiting, dualstack_ipv6=True
            )
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:  # as where IPv6 is switched off
                raise
    return socket.create_server(("", port), backlog=waiting)


def split(address: str) -> tuple[str, int]:
    """Return host and port of an address."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def meet(
    addresses: Sequence[str],
    index: int,
    seconds: float,
    stopped: Callable[[], bool],
    work: str = "",
) -> dict[int, socket.socket]:
    """Return once all workers are there and know it.

    Args:
        addresses: host:port of every worker, in one order everywhere.
        index: this process's own.
        seconds: how long to wait.
        stopped: asked now and then whether to give up.
        work: what this worker is to do, the same in all; empty where nothing is said of it.

    Returns:
        The connections that stay open, by the number of the worker at the other end: to every other
        worker if this is worker 0, else the one to worker 0.

    Raises:
        ConfigError: the own address cannot be listened on, another worker has another list or other
            work, or a host name is still unknown after `seconds`: until then it may come with its
            host.
        PeerError: a worker did not come in time; the message names it.
        PreemptedError: `stopped` said so.
    """
    desk = _Desk(addresses, index, work)
    try:
        began, noticed = time.monotonic(), False
        everybody = set(range(len(addresses)))
        seen, complete, linked = {index}, {index}, {index} if index == 0 else everybody - {0}
        while linked != everybody:
            for other in sorted(everybody - complete):
                # Once all are there it is too late to leave alone: the others would wait for this
                # worker. All then stop together, at the first update.
                if stopped() and len(seen) < len(addresses):
                    raise PreemptedError(
                        "stopped before all workers were there; nothing was written"
                    )
                answer = _ask(addresses[other], index)
                if answer is not None:
                    _check(answer, other, addresses, work)
                    seen.add(other)
                # A worker that does not answer may have gone on already, having heard that we are
                # complete.
                if answer[1] if answer else other in desk.told:
                    complete.add(other)
            if len(seen) == len(addresses):
                desk.has_all()
            if complete == everybody:
                if index and (connection := _keep(addresses[0], index)):
                    desk.kept = {0: connection}
                linked = linked | set(desk.kept)
            waited = time.monotonic() - began
            missing = everybody - seen or everybody - complete or everybody - linked
            names = ", ".join(f"worker {i} ({addresses[i]})" for i in sorted(missing))
            if missing and waited > seconds:
                raise _absent([addresses[i] for i in sorted(missing)], names, seconds)
            if missing and waited > _NOTICE_SECONDS and not noticed:
                print(f"worker {index} waits for {names}", file=sys.stderr, flush=True)
                noticed = True
            if missing:
                time.sleep(_POLL_SECONDS)
    except configs.ConfigError:
        time.sleep(_TELLING_SECONDS)  # the other is to see it too, and not to wait for us
        raise
    finally:
        desk.close()
    return desk.kept


def _absent(addresses: Sequence[str], names: str, seconds: float) -> Exception:
    for address in addresses:
        host, port = split(address)
        try:
            socket.getaddrinfo(host, port)
        except OSError:
            return configs.ConfigError(
                f"the host name {host!r} of {address} is unknown; correct the list of workers"
            )
    return PeerError(
        f"{names} did not start within {seconds:g} s; start every worker, or raise "
        "--start-timeout-seconds"
    )


def _ask(address: str, index: int) -> list[Any] | None:
    """Return a worker's answer, or None if none listens on `address`."""
    try:
        with socket.create_connection(split(address), timeout=1) as connection:
            if connection.getsockname() == connection.getpeername():
                return None  # the system chose for us the very port that nobody listens on
            connection.sendall(f"{index}\n".encode())
            with connection.makefile() as lines:
                answer = json.loads(lines.read(_LONGEST_ANSWER))
    except (OSError, ValueError, RecursionError):
        return None
    return answer if isinstance(answer, list) and len(answer) in (3, 4) else None


def _keep(address: str, index: int) -> socket.socket | None:
    """Return a connection that the worker of `address` keeps too, or None if it answers not."""
    connection = None
    try:
        # Longer than any other wait here, since this request cannot be repeated: worker 0 closes
        # its port as soon as it has answered everyone.
        connection = socket.create_connection(split(address), timeout=_KEEP_SECONDS)
        connection.sendall(f"{index} {_KEEP}\n".encode())
        if connection.recv(len(_KEPT)) == _KEPT:
            connection.settimeout(None)
            return connection
    except OSError:
        pass
    if connection:
        connection.close()
    return None


def _check(answer: list[Any], other: int, addresses: Sequence[str], work: str) -> None:
    if answer[0] != other or answer[2] != list(addresses):
        raise configs.ConfigError(
            f"{addresses[other]} answers as worker {answer[0]} of {answer[2]}; give all workers "
            "the same list and each its own index"
        )
    if work and answer[3:] not in ([], [""], [work]):  # who says nothing of it may do anything
        raise configs.ConfigError(
            f"worker {other} ({addresses[other]}) was started with other settings; give all "
            "workers the same command line"
        )
