"""A watch over the other workers: one that dies or freezes ends all of them soon.

Each worker has a connection to the chief. The system closes it the moment a process dies; and each
side says a few times a second that it lives, from a thread of its own. TensorFlow notices a
death at once where it waits for what the dead was to send. Where it waits for the dead to fetch
something, nothing but its heartbeat's timeout would end the wait, which may come three times as
late as it says.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trainers.errors import PeerError
from zoo.process.streams import write_line

# After a death, long enough for TensorFlow to notice by itself, and for all workers to end alike.
_GRACE_SECONDS = 5.0
_TICK_SECONDS = 0.2
# Without a word from a worker, which says one every tick.
_LONG_SECONDS = 3.0
# What is said on a connection, in lines; `lost` is followed by a worker's number and the sign.
_ALIVE, _DONE, _LOST = b"alive", b"done", b"lost"


@dataclass
class _Peer:
    """The worker at the other end of a connection.

    begun: a line that has not come whole yet.
    silent: for how many seconds nothing has come.
    open: whether something may still come.
    closed: for how many seconds the connection has been closed without a farewell.
    """

    number: int
    connection: socket.socket
    begun: bytes = b""
    silent: float = 0.0
    open: bool = True
    closed: float | None = None


class PeerWatch:
    """End the process with exit code 7 soon after another has ended without a farewell, or froze.

    Args:
        addresses: of all workers, for the message.
        connections: by their numbers, to the workers to watch, which watch this one by the same.
        silence_seconds: after which a worker that says nothing is lost.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        connections: Mapping[int, socket.socket],
        silence_seconds: float,
    ) -> None:
        self._addresses, self._silence = list(addresses), silence_seconds
        self._peers = [_Peer(number, connection) for number, connection in connections.items()]
        self._ending = threading.Event()
        self._silence_counts = True
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def silence_allowed(self) -> Iterator[None]:
        """Count no silence meanwhile: workers do what keeps every thread of theirs waiting."""
        self._silence_counts = False
        yield
        self._silence_counts = True

    @property
    def lost(self) -> str:
        """Whose connection has closed, or who says nothing; or that it is one of the workers."""
        for peer in self._peers:
            if peer.closed is not None or peer.silent > _LONG_SECONDS:
                return self._name(peer.number)
        return f"a worker of the {len(self._addresses)}"

    def part(self) -> None:
        """Watch no more, and let the others go on without this process, which has done its part."""
        self.stop()
        for peer in self._peers:
            _say(peer, _DONE)

    def stop(self) -> None:
        """Watch no more; the connections stay open until this process ends."""
        self._ending.set()

    def _watch(self) -> None:
        before = time.monotonic()
        while self._peers:
            with selectors.DefaultSelector() as selector:
                for peer in (peer for peer in self._peers if peer.open):
                    selector.register(peer.connection, selectors.EVENT_READ, data=peer)
                ready = selector.select(_TICK_SECONDS)
            for key, _ in ready:
                self._hear(key.data)
            now = time.monotonic()
            # Where this process itself was stopped for a while, that is nobody's silence.
            passed, before = min(now - before, 2 * _TICK_SECONDS), now
            for peer in list(self._peers):
                self._judge(peer, passed)

    def _hear(self, peer: _Peer) -> None:
        try:
            said = peer.connection.recv(4096)
        except ConnectionResetError:
            said = b""
        except OSError:
            peer.open = False  # a failure of the network: what follows is silence
            return
        if not said:
            peer.open, peer.closed = False, 0.0
            return
        peer.silent = 0.0
        *lines, peer.begun = (peer.begun + said).split(b"\n")
        for line in lines:
            word, _, rest = line.partition(b" ")
            if word == _DONE:
                peer.open = False
                self._peers.remove(peer)
            elif word == _LOST:
                number, _, sign = rest.decode().partition(" ")
                self._end(int(number), sign)

    def _judge(self, peer: _Peer, passed: float) -> None:
        """Let `passed` seconds pass for a worker."""
        if peer.closed is not None:
            peer.closed += passed
            if peer.closed > _GRACE_SECONDS:
                self._end(peer.number, "its connection closed")
            return
        peer.silent = peer.silent + passed if self._silence_counts else 0.0
        if peer.silent > self._silence:
            self._end(peer.number, f"silent for {peer.silent:.0f} s")
        _say(peer, _ALIVE)

    def _end(self, number: int, sign: str) -> None:
        if self._ending.is_set():
            return
        for peer in self._peers:
            _say(peer, b"%s %d %s" % (_LOST, number, sign.encode()))
        write_line(f"error: {PeerError.lost(self._name(number), sign)}")
        # The main thread may wait inside TensorFlow, where no exception reaches it.
        os._exit(PeerError.exit_code)

    def _name(self, number: int) -> str:
        return f"worker {number} ({self._addresses[number]})"


def _say(peer: _Peer, line: bytes) -> None:
    with contextlib.suppress(OSError):  # it is gone, or its network is
        peer.connection.sendall(line + b"\n")
