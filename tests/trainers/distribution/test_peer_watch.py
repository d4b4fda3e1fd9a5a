"""A worker's death ends the others soon, whatever they wait for; a farewell does not."""

import socket
import struct
import subprocess
import sys
import time

import pytest
from places import ROOT

from trainers.distribution import peer_watch

# A worker that watches, and whose main thread then runs the code of the test. `WAIT` holds it in
# a C library, where no Python exception reaches it, as a wait inside TensorFlow does.
PROGRAM = """
import ctypes, socket, sys
from trainers.distribution import peer_watch
peer_watch._GRACE_SECONDS = float(sys.argv[2])
watch = peer_watch.PeerWatch(3, [socket.socket(fileno=int(fd)) for fd in sys.argv[3:]])
print("watches", flush=True)
exec(sys.argv[1])
"""
WAIT = "ctypes.CDLL(None).sleep(50)"


class Watching:
    """A process that watches `count` connections, whose other ends are `ends`."""

    def __init__(self, code=WAIT, *, grace=0.2, count=2):
        pairs = [socket.socketpair() for _ in range(count)]
        self.ends = [here for here, _ in pairs]
        numbers = [there.fileno() for _, there in pairs]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, code, str(grace), *map(str, numbers)],
            cwd=ROOT,
            pass_fds=numbers,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _, there in pairs:
            there.close()
        assert self.process.stdout.readline() == "watches\n"

    def end(self):
        """Wait until the process ends; return its code, its errors, and the seconds waited."""
        began = time.monotonic()
        _, errors = self.process.communicate(timeout=30)
        for end in self.ends:
            end.close()
        return self.process.returncode, errors, time.monotonic() - began


@pytest.mark.parametrize("dead", [0, 1])
def test_death_of_any_ends_a_process_stuck_in_a_library(dead):
    watching = Watching()
    watching.ends[dead].close()
    code, errors, seconds = watching.end()
    assert code == 7
    assert seconds < 5
    assert errors == (
        "error: a worker of the 3 is lost (its connection closed); start all of them again with "
        "--resume: the run goes on from its newest checkpoint\n"
    )


def test_death_by_reset_counts_too():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    here.close()
    with there:
        assert peer_watch._has_died(there)


def test_failure_of_the_network_is_no_death():
    class Unreachable:
        def recv(self, _):
            raise TimeoutError("the other did not answer for hours")

    assert not peer_watch._has_died(Unreachable())


def test_farewell_of_one_is_no_death_and_the_other_is_watched_on():
    watching = Watching()
    watching.ends[0].sendall(b".")
    watching.ends[0].close()
    time.sleep(0.6)
    assert watching.process.poll() is None
    watching.ends[1].close()
    assert watching.end()[0] == 7


def test_who_ends_within_the_grace_tells_its_own_error():
    watching = Watching("import time; time.sleep(0.3); watch.stop(); sys.exit(5)", grace=20)
    watching.ends[0].close()
    code, errors, seconds = watching.end()
    assert (code, errors) == (5, "")
    assert seconds < 10


def test_parting_says_farewell_to_all_that_are_still_there():
    watching = Watching("import time; time.sleep(0.5); watch.part()", grace=20)
    watching.ends[0].close()
    assert watching.ends[1].recv(2) == b"."
    assert watching.end()[:2] == (0, "")


def test_process_that_fails_says_no_farewell():
    watching = Watching("watch.stop(); sys.exit(6)")
    assert watching.ends[1].recv(2) == b""
    assert watching.end()[0] == 6
