"""A worker's death ends the others soon, whatever they wait for; a farewell does not."""

import contextlib
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest
from places import ROOT

# A worker that watches, and whose main thread then runs the code of the test. `WAIT` holds it in
# a C library, where no Python exception reaches it, as a wait inside TensorFlow does.
PROGRAM = """
import ctypes, socket, sys
from trainers.distribution import peer_watch
peer_watch._GRACE_SECONDS = float(sys.argv[2])
peers = {n: socket.socket(fileno=int(fd)) for n, fd in enumerate(sys.argv[4:], 1)}
watch = peer_watch.PeerWatch(["a:1", "b:2", "c:3"], peers, float(sys.argv[3]))
print("watches", flush=True)
exec(sys.argv[1])
"""
WAIT = "ctypes.CDLL(None).sleep(50)"


class Watching:
    """A process that watches `count` connections, whose other ends are `ends`."""

    def __init__(self, code=WAIT, *, grace=0.2, silence=60, count=2, others=()):
        pairs = [socket.socketpair() for _ in range(count)]
        self.ends = [here for here, _ in pairs]
        numbers = [there.fileno() for there in (*(there for _, there in pairs), *others)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, code, *map(str, (grace, silence, *numbers))],
            cwd=ROOT,
            pass_fds=numbers,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for there in (*(there for _, there in pairs), *others):
            there.close()
        assert self.process.stdout.readline() == "watches\n"

    def end(self):
        """Wait until the process ends; return its code, its errors, and the seconds waited."""
        began = time.monotonic()
        _, errors = self.process.communicate(timeout=30)
        self.heard = ["" if end.fileno() < 0 else _heard(end) for end in self.ends]
        for end in self.ends:
            end.close()
        return self.process.returncode, errors, time.monotonic() - began


def _heard(end):
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while more := end.recv(65536):
            said += more
    return said.decode()


@pytest.mark.parametrize("dead", [0, 1])
def test_death_of_any_ends_a_process_stuck_in_a_library(dead):
    watching = Watching()
    watching.ends[dead].close()
    code, errors, seconds = watching.end()
    assert code == 7
    assert seconds < 5
    assert errors == (
        f"error: worker {dead + 1} ({'abc'[dead + 1]}:{dead + 2}) is lost (its connection closed); "
        "start all of them again with --resume: the run goes on from its newest checkpoint\n"
    )
    # The other one was told, and need not find out.
    assert watching.heard[1 - dead].splitlines()[-1] == f"lost {dead + 1} its connection closed"


def test_silence_ends_a_process_in_the_time_given():
    watching = Watching(silence=2)
    began, end = time.monotonic(), watching.ends[0]
    while time.monotonic() < began + 1.5:
        end.sendall(b"alive\n")
        time.sleep(0.1)
    assert watching.process.poll() is None
    watching.ends[1].sendall(b"alive\nali")
    while watching.process.poll() is None and time.monotonic() < began + 20:
        with contextlib.suppress(OSError):
            end.sendall(b"alive\n")
        time.sleep(0.1)
    code, errors, _ = watching.end()
    assert 3.4 < time.monotonic() - began < 4.6
    assert (code, errors[:42]) == (7, "error: worker 2 (c:3) is lost (silent for ")


def test_own_stop_is_nobodys_silence():
    watching = Watching(silence=2)
    watching.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    watching.process.send_signal(signal.SIGCONT)
    time.sleep(1)
    assert watching.process.poll() is None
    assert watching.end()[0] == 7


def test_what_another_tells_of_a_third_counts_at_once():
    watching = Watching(grace=60)
    watching.ends[0].sendall(b"alive\nlost 0 its connection closed\n")
    code, errors, seconds = watching.end()
    assert code == 7
    assert seconds < 5
    assert errors.startswith("error: worker 0 (a:1) is lost (its connection closed); start all ")


def test_death_by_reset_counts_too():
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    watching = Watching(grace=0.2, count=1, others=[there])
    here.close()
    assert watching.end()[0] == 7


def test_farewell_of_one_is_no_death_and_the_other_is_watched_on():
    watching = Watching()
    watching.ends[0].sendall(b"done\n")
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
    assert watching.end()[:2] == (0, "")
    assert watching.heard[1].splitlines()[-1] == "done"


def test_process_that_fails_says_no_farewell():
    watching = Watching("watch.stop(); sys.exit(6)")
    assert watching.end()[0] == 6
    assert "done" not in watching.heard[1]
