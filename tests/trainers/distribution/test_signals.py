"""Stop signals: the first is remembered, the second ends, whatever the process does meanwhile."""

import importlib.util
import os
import pty
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from places import ROOT

from trainers.distribution import signals
from trainers.distribution.signals import STOP_SIGNALS, StopSignals
from trainers.errors import PreemptedError

PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def test_second_stop_signal_ends_at_once():
    code = (
        "import os, signal, time\n"
        "from trainers.distribution.signals import StopSignals\n"
        "with StopSignals() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print(stop.requested, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(10)\n"
        "    print('still here')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (128 + signal.SIGINT, "True\n")
    assert result.stderr == "SIGTERM: saving, then stopping\n"


def test_signals_are_heard_where_python_cannot_handle_them():
    """As in a long compilation; here the process waits for a lock that it holds itself."""
    code = (
        "import ctypes\n"
        "from trainers.distribution.signals import StopSignals\n"
        "with StopSignals():\n"
        "    library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(256)\n"
        "    print('ready', flush=True)\n"
        "    library.pthread_mutex_lock(mutex)\n"
        "    library.pthread_mutex_lock(mutex)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, text=True, **PIPES) as process:
        try:
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.stderr.readline() == "SIGTERM: saving, then stopping\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 128 + signal.SIGTERM
        finally:
            process.kill()


def test_signal_that_was_held_back_counts():
    code = (
        "import os, signal\n"
        "from trainers.distribution.signals import STOP_SIGNALS, StopSignals\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "with StopSignals() as stop:\n"
        "    print(stop.requested)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "True\n")


def test_signals_that_were_ignored_stay_ignored():
    """As by `nohup`; but shells have Ctrl-C ignored in whatever runs in the background."""
    code = (
        "import os, signal\n"
        "from trainers.distribution.signals import StopSignals, heeded\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with StopSignals() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    print(stop.requested)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(stop.requested)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "False\nTrue\n")


def test_thread_changes_nothing_and_hears_nothing():
    """Python lets only the main thread handle signals."""
    before = [signal.getsignal(number) for number in STOP_SIGNALS]

    def enter():
        with StopSignals() as stop:
            stop.install()
            stop.may_leave("anywhere")
            stop.may_leave(None)
            return stop.requested, [signal.getsignal(number) for number in STOP_SIGNALS]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(enter).result() == (False, before)
    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before


def test_platform_without_most_signals_has_the_others(monkeypatch):
    for name in ("SIGHUP", "SIGUSR1", "SIGUSR2", "pthread_sigmask"):
        monkeypatch.delattr(signal, name)
    windows = importlib.util.module_from_spec(signals.__spec__)
    signals.__spec__.loader.exec_module(windows)
    assert windows.STOP_SIGNALS == (signal.SIGTERM, signal.SIGINT)
    with windows.StopSignals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
    windows.let_through(windows.hold_back())


def leave(body):
    """Do `body(stop)` where signals are heard, and return the message of the leaving."""

    def heard():
        with StopSignals() as stop:
            body(stop)

    with pytest.raises(PreemptedError) as caught:
        heard()
    return str(caught.value)


def test_what_may_be_left_anywhere_is_left_at_the_first_signal():
    def body(stop):
        stop.may_leave("nothing is lost")
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("it went on")

    assert leave(body) == "nothing is lost"


def test_what_a_library_makes_of_the_leaving_is_still_the_leaving():
    def body(stop):
        stop.may_leave("nothing is lost")
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException as error:
            raise ValueError("wrapped") from error

    assert leave(body) == "nothing is lost"


def test_stop_that_came_before_is_answered_where_leaving_is_allowed():
    def body(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
        stop.may_leave("saved")

    assert leave(body) == "saved"


def test_end_of_a_stopped_command_does_not_wait_for_a_librarys_threads():
    code = (
        "import threading, time\nfrom trainers.cli.exit import run_main\n"
        "from trainers.errors import PreemptedError\n"
        "def main(argv):\n"
        "    threading.Thread(target=time.sleep, args=(100,)).start()\n"
        "    raise PreemptedError('saved')\n"
        "run_main(main)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30, **PIPES)
    assert (result.returncode, result.stderr) == (75, b"error: saved\n")


# Waits in a C library for a lock that it holds itself, as in a long compilation.
STUCK = (
    "library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(256)\n"
    "print('ready', flush=True)\n"
    "library.pthread_mutex_lock(mutex)\n"
    "library.pthread_mutex_lock(mutex)\n"
)


def end_of(process):
    """Wait for the end; return what it told."""
    try:
        return process.communicate(timeout=30)[1]
    finally:
        process.kill()


def test_stuck_in_a_library_it_ends_in_seconds_where_it_may_leave():
    """Each signal in a process of its own, side by side: all of them mostly wait."""
    code = (
        "import ctypes\nfrom trainers.distribution.signals import StopSignals\n"
        "with StopSignals() as stop:\n stop.may_leave('all is saved')\n"
    ) + textwrap.indent(STUCK, " ")
    names = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"]
    command = [sys.executable, "-c", code]
    with ExitStack() as stack:
        opened = [subprocess.Popen(command, cwd=ROOT, text=True, **PIPES) for _ in names]
        processes = [stack.enter_context(process) for process in opened]
        for process in processes:
            process.stdout.readline()
        time.sleep(0.3)  # until they wait
        began = time.monotonic()
        for name, process in zip(names, processes, strict=True):
            process.send_signal(getattr(signal, name))
        for name, process in zip(names, processes, strict=True):
            assert end_of(process) == f"{name}: saving, then stopping\nerror: all is saved\n"
            assert (name, process.returncode) == (name, 75)
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("times", [1, 2])
def test_control_c_ends_a_command_that_saves_nothing_in_seconds(times):
    code = (
        "import ctypes, time\nfrom trainers.cli.exit import run_main\n"
        f"run_main(lambda argv: exec({STUCK!r}, {{'ctypes': ctypes}}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, text=True, **PIPES) as process:
        process.stdout.readline()
        time.sleep(0.3)  # until it waits
        began = time.monotonic()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        errors = end_of(process)
    seconds = time.monotonic() - began
    assert (process.returncode, errors) == (130, "")
    assert seconds < 10


def test_reader_that_has_stopped_does_not_keep_a_second_signal_from_ending():
    """A full pipe, which the first signal's line waits for; seen to fail without the thread that
    writes it."""
    reader, writer = os.pipe()
    code = (
        "import os, signal, time\nfrom trainers.distribution.signals import StopSignals\n"
        "os.set_blocking(2, False)\n"
        "try:\n    while True: os.write(2, bytes(4096))\nexcept BlockingIOError: pass\n"
        "os.set_blocking(2, True)\n"
        "with StopSignals() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(20)\n"
        "os._exit(1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=writer) as process:
        try:
            assert process.wait(15) == 128 + signal.SIGTERM
        finally:
            process.kill()
            os.close(writer)
            os.close(reader)


def test_terminal_that_is_gone_does_not_keep_a_run_from_saving():
    master, slave = pty.openpty()
    code = (
        "import os, sys, time\nfrom trainers.distribution.signals import StopSignals\n"
        "from zoo.process import streams\n"
        "streams.settle()\n"
        "with StopSignals() as stop:\n"
        "    print('ready', flush=True)\n"
        "    while not stop.requested:\n        time.sleep(0.01)\n"
        "    time.sleep(0.3)\n"
        "    print('what the run tells', file=sys.stderr, flush=True)\n"
        "    os._exit(75)\n"
    )
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), slave)
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **streams) as process:
        os.close(slave)
        os.read(master, 100)
        os.close(master)
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 75


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_handlers_are_as_before_afterwards(number):
    before, descriptors = signal.getsignal(number), len(os.listdir("/proc/self/fd"))
    with StopSignals():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before
    assert len(os.listdir("/proc/self/fd")) == descriptors
    previous = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(previous)
    assert previous == -1


def test_handlers_can_be_installed_again():
    with StopSignals() as stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as TensorFlow's coordination does
        os.kill(os.getpid(), signal.SIGTERM)
        assert not stop.requested
        stop.install()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
