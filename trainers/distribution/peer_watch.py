"""A watch over the other workers: connections that the system closes the moment a process dies.

TensorFlow notices a death at once where it waits for what the dead was to send. Where it waits for
the dead to fetch something, nothing but the heartbeat's timeout would end the wait.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import threading
from collections.abc import Sequence

from trainers.errors import PeerError

# Long enough for TensorFlow to notice by itself, and for all workers to end alike.
_GRACE_SECONDS = 5.0
_FAREWELL = b"."


class PeerWatch:
    """End the process with exit code 7 soon after another has ended without a farewell.

    Args:
        workers: how many they are, for the message.
        connections: one to each process to watch, which watches this one by the same.
    """

    def __init__(self, workers: int, connections: Sequence[socket.socket]) -> None:
        self._workers, self._connections = workers, list(connections)
        self._ending = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def part(self) -> None:
        """Watch no more, and let the others go on without this process, which has done its part."""
        self.stop()
        for connection in self._connections:
            with contextlib.suppress(OSError):  # the other one was faster
                connection.sendall(_FAREWELL)

    def stop(self) -> None:
        """Watch no more; the connections stay open until this process ends."""
        self._ending.set()

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            for connection in self._connections:
                selector.register(connection, selectors.EVENT_READ, data=connection)
            while selector.get_map():
                for key, _ in selector.select():
                    selector.unregister(key.data)
                    if _has_died(key.data) and not self._ending.wait(_GRACE_SECONDS):
                        self._end()

    def _end(self) -> None:
        line = f"error: {PeerError.lost(self._workers, 'its connection closed')}\n"
        os.write(sys.stderr.fileno(), line.encode())
        # The main thread may wait inside TensorFlow, where no exception reaches it.
        os._exit(PeerError.exit_code)


def _has_died(connection: socket.socket) -> bool:
    try:
        return connection.recv(len(_FAREWELL)) != _FAREWELL
    except ConnectionResetError:
        return True
    except OSError:
        return False  # a failure of the network, which is the heartbeat's to notice
