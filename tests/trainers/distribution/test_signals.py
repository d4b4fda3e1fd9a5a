"""Stop signals: the first is remembered, the second ends, whatever the process does meanwhile."""

import os
import signal
import subprocess
import sys

import pytest
from places import ROOT

from trainers.distribution.signals import STOP_SIGNALS, StopSignals


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
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, text=True, **pipes) as process:
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
