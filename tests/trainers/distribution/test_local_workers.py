"""Workers on this machine: real processes and signals, a small program in place of each."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from forked import users_environment
from places import ROOT

from trainers.distribution.signals import STOP_SIGNALS

DRIVER = """
import sys
from trainers.distribution import local_workers
from zoo.process import streams
streams.settle()  # as every command does
local_workers._GRACE_SECONDS = float(sys.argv[2])
sys.exit(local_workers.launch(int(sys.argv[3]), [sys.executable, "-c", sys.argv[1], *sys.argv[4:]]))
"""
WORKER = """
import json, os, signal, sys, time
config = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": 0}}'))
index = config["task"]["index"]
"""
# Handles signals as a worker does, and prints each one that comes.
CAREFUL = """
import trainers.distribution.signals
class Stop(trainers.distribution.signals.StopSignals):
    def _hear(self, number):
        print("got", number, flush=True)
        super()._hear(number)
with Stop() as stop:
    print("ready", flush=True)
    while not stop.requested:
        time.sleep(0.01)
    time.sleep(0.3)
os._exit(75)
"""


def start(program, *arguments, workers=2, grace=20, **options):
    values = [WORKER + program, grace, workers, *arguments]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    options["env"] = users_environment()
    command = [sys.executable, "-c", DRIVER, *map(str, values)]
    return subprocess.Popen(command, cwd=ROOT, text=True, **options)


def finish(process):
    out, errors = process.communicate(timeout=60)
    return process.returncode, out.splitlines(), errors.splitlines()


def read_until(process, text, count):
    lines = []
    while sum(text in line for line in lines) < count:
        lines.append(process.stdout.readline())
        assert lines[-1], f"ended early: {lines}"


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_every_line_arrives_with_its_workers_number():
    program = """
for i in range(500):
    print("out", i)
    print("err", i, file=sys.stderr)
sys.stdout.buffer.write(b"\\xff no newline")
"""
    code, out, errors = finish(start(program))
    assert code == 0
    for index in (0, 1):
        told = [line[4:] for line in out if line.startswith(f"[{index}] ")]
        assert told == [*(f"out {i}" for i in range(500)), "� no newline"]
        told = [line[4:] for line in errors if line.startswith(f"[{index}] ")]
        assert told == [f"err {i}" for i in range(500)]


def test_workers_get_a_common_list_and_an_index_each(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "of something else")
    program = "print(json.dumps([config['cluster'], index, sys.argv[1:]]))"
    code, out, _ = finish(start(program, "--model", "mlp", workers=3))
    told = [json.loads(line[4:]) for line in sorted(out)]
    assert code == 0
    assert [index for _, index, _ in told] == [0, 1, 2]
    assert [arguments for _, _, arguments in told] == [["--model", "mlp"]] * 3
    addresses = told[0][0]["worker"]
    assert len(set(addresses)) == 3
    assert [cluster for cluster, _, _ in told] == [{"worker": addresses}] * 3


def test_one_worker_has_no_cluster(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "of something else")
    assert finish(start("print('TF_CONFIG' in os.environ)", workers=1)) == (0, ["[0] False"], [])


@pytest.mark.parametrize("failing", [0, 1])
def test_first_failure_is_the_code_and_the_others_are_ended(failing):
    program = f"""
print(os.getpid(), flush=True)
if index == {failing}:
    sys.exit(5)
time.sleep(600)
"""
    began = time.monotonic()
    code, out, errors = finish(start(program, grace=0.5))
    assert code == 5
    assert errors == [f"worker {1 - failing} did not end by itself: killed"]
    assert time.monotonic() - began < 20
    assert [line for line in out if is_alive(int(line[4:]))] == []


@pytest.mark.parametrize("failing", [0, 1])
def test_loss_of_another_worker_is_not_the_first_failure(failing, tmp_path):
    program = f"""
path = {str(tmp_path / "pid")!r}
if index == {failing}:
    open(path + ".new", "w").write(str(os.getpid()))
    os.rename(path + ".new", path)
    time.sleep(0.2)
    os._exit(6)
while not os.path.exists(path):
    pass
pid = open(path).read()
try:
    while ") Z" not in open(f"/proc/{{pid}}/stat").read():
        pass
except OSError:
    pass
os._exit(7)  # as soon as the other has gone
"""
    assert finish(start(program))[0] == 6


def test_lost_worker_alone_is_a_failure():
    assert finish(start("os._exit(7 * index)"))[0] == 7


def test_failure_after_another_worker_has_ended_well_counts():
    assert finish(start("time.sleep(index * 0.5); sys.exit(3 * index)"))[0] == 3


def test_killed_worker_counts_as_a_shell_counts_it():
    assert finish(start("os.kill(os.getpid(), 9) if index else time.sleep(1)"))[0] == 137


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_signal_reaches_every_worker_once(number):
    process = start(CAREFUL)
    read_until(process, "ready", 2)
    process.send_signal(number)
    code, out, errors = finish(process)
    assert code == 75
    assert sorted(out) == [f"[0] got {number:d}", f"[1] got {number:d}"]
    line = f"{number.name}: saving, then stopping"
    assert sorted(errors) == [f"[0] {line}", f"[1] {line}"]


def test_second_signal_ends_the_workers_at_once():
    process = start(CAREFUL.replace("time.sleep(0.3)", "time.sleep(600)"))
    read_until(process, "ready", 2)
    process.send_signal(signal.SIGTERM)
    read_until(process, "got", 2)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 128 + signal.SIGTERM


def test_signal_waits_until_a_worker_can_handle_it():
    process = start("print('begins', flush=True); time.sleep(1)\n" + CAREFUL)
    read_until(process, "begins", 2)
    process.send_signal(signal.SIGTERM)
    code, out, _ = finish(process)
    assert code == 75
    assert sorted(out) == ["[0] got 15", "[0] ready", "[1] got 15", "[1] ready"]


def start_in_terminal():
    """Return the launcher of careful workers, and the other end of the terminal that it has."""
    master, slave = pty.openpty()

    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = start(CAREFUL, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal)
    os.close(slave)
    return process, master


def test_closed_terminal_lets_the_workers_save():
    process, master = start_in_terminal()
    shown = b""
    while shown.count(b"ready") < 2:
        shown += os.read(master, 65536)
    os.close(master)
    assert process.wait(60) == 75


def test_control_c_in_a_terminal_reaches_every_worker_once():
    process, master = start_in_terminal()
    shown = b""
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if shown.count(b"ready") == 2 and b"^C" not in shown:
            os.write(master, b"\x03")
    os.close(master)
    assert process.wait(60) == 75
    assert shown.count(b"got 2") == 2


def test_reader_that_went_away_stops_no_worker(tmp_path):
    program = f"""
for i in range(50_000):
    print("line", i)
open(f"{tmp_path}/done{{index}}", "w").close()
"""
    with start(program, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done0", "done1"]
