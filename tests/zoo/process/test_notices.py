"""TensorFlow's notices are dropped by severity; warnings, errors and last words arrive."""

import signal
import subprocess
import sys

import pytest
from forked import users_environment
from places import ROOT

from zoo.process import notices

NEW = "I0000 00:00:1795689830.600941   15585 brand_new.cc:153] a notice of the next TensorFlow"
OLD_FORM = "2026-11-26 10:43:50.600941: I tensorflow/core/util/port.cc:153] another notice"
WARNING = "W0000 00:00:1795689830.600941   15585 allocator.cc:37] Allocation exceeds 10 %"
OLD_WARNING = "2026-11-26 10:43:50.600941: W tensorflow/core/x.cc:1] Allocation exceeds 10 %"
ERROR = "E0000 00:00:1795689830.600941   15585 stream.cc:52] the device is lost"
NO_GPU = "E0000 00:00:1795689833.473162   15585 cuda_platform.cc:52] failed call to cuInit"
FATAL = "F0000 00:00:1795689956.330383   17199 cuda_blas.cc:234] no such flag"
ANNOUNCED = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR"
OTHERS = [
    "Traceback (most recent call last):",
    "UserWarning: I0000 is a strange name] for a file",
    "I think] this: is no log line",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "Fatal Python error: Aborted",
    "[1] I 12:30 words",
    "",
]


def test_lines_have_their_severity():
    lines = [NEW, OLD_FORM, WARNING, OLD_WARNING, ERROR, NO_GPU, FATAL, ANNOUNCED, *OTHERS]
    found = [notices.severity(line.encode()) for line in lines]
    assert found == [0, 0, 1, 1, 2, 2, 3, *[None] * (1 + len(OTHERS))]


@pytest.mark.parametrize(
    ("level", "cuda", "dropped"),
    [
        (1, True, [NEW, OLD_FORM, ANNOUNCED]),
        (1, False, [NEW, OLD_FORM, ANNOUNCED, NO_GPU]),
        (2, True, [NEW, OLD_FORM, ANNOUNCED, WARNING, OLD_WARNING]),
        (3, True, [NEW, OLD_FORM, ANNOUNCED, WARNING, OLD_WARNING, ERROR, NO_GPU]),
    ],
)
def test_what_is_below_the_level_is_dropped_and_nothing_else(level, cuda, dropped):
    lines = [NEW, OLD_FORM, WARNING, OLD_WARNING, ERROR, NO_GPU, FATAL, ANNOUNCED, *OTHERS]
    found = [line for line in lines if not notices.passes(line.encode(), level, cuda)]
    assert sorted(found) == sorted(dropped)


# Stands in for TensorFlow: it says what it is told to, and ends as it is told to.
STAND_IN = f"""
import os, signal, subprocess, sys, types, warnings
os.write(2, {(ANNOUNCED + chr(10) + NEW + chr(10) + WARNING + chr(10)).encode()!r})
print("Python's own word", file=sys.stderr)
warnings.warn("a warning of Python's")
subprocess.run(["sh", "-c", "echo a child\\\\'s word >&2"])
os.write(2, {("x" * 300_000 + chr(10) + ERROR + chr(10)).encode()!r})
end = os.environ["END"]
if end == "kill":
    os.write(2, b"the last words")
    os.kill(os.getpid(), signal.SIGKILL)
if end == "abort":
    os.write(2, {(FATAL + chr(10)).encode()!r})
    os.abort()
if end == "raise":
    raise OSError("its reason")
config = types.SimpleNamespace(list_physical_devices=lambda: os.write(2, b"{NEW}\\n"))
"""
EXPECT = "from zoo.process import chatter\nchatter.expect('{}')\n"
IMPORT = "from zoo.process import chatter\nwith chatter.dropped():\n    import tensorflow\n"


@pytest.fixture
def imported(tmp_path):
    """Import the stand-in through the filter; returns the end and the lines that arrived."""
    (tmp_path / "tensorflow.py").write_text(STAND_IN)

    def run(end, precision="float32", **environment):
        paths = f"{tmp_path}:{ROOT}"
        program = EXPECT.format(precision) + IMPORT
        done = subprocess.run(
            [sys.executable, "-c", program + "print('after it', file=__import__('sys').stderr)"],
            env=users_environment(PYTHONPATH=paths, END=end, **environment),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stderr.splitlines()

    return run


@pytest.mark.parametrize(
    ("end", "code", "last"),
    [
        ("", 0, "after it"),
        ("raise", 1, "OSError: its reason"),
        ("kill", -signal.SIGKILL, "the last words"),
        ("abort", -signal.SIGABRT, FATAL),
    ],
)
def test_warnings_errors_and_last_words_arrive_and_an_unknown_notice_does_not(
    end, code, last, imported
):
    returned, lines = imported(end)
    assert (returned, lines[-1]) == (code, last)
    assert not any("brand_new" in line or "InitializeLog" in line for line in lines)
    assert [line for line in lines if line in (WARNING, ERROR)] == [WARNING, ERROR]
    assert {"Python's own word", "a child's word", "x" * 300_000} < set(lines)
    assert any("UserWarning: a warning of Python's" in line for line in lines)


def test_users_own_level_is_kept(imported):
    _, lines = imported("", TF_CPP_MIN_LOG_LEVEL="0")
    assert lines.count(NEW) == 2
    _, lines = imported("", TF_CPP_MIN_LOG_LEVEL="3")
    assert not {NEW, WARNING, ERROR} & set(lines)
    assert {"Python's own word", "after it"} < set(lines)


def test_in_float64_warnings_are_dropped_as_well_but_for_a_users_own_level(imported):
    _, lines = imported("", precision="float64")
    assert WARNING not in lines
    assert ERROR in lines
    assert any("UserWarning: a warning of Python's" in line for line in lines)
    _, lines = imported("", precision="float64", TF_CPP_MIN_LOG_LEVEL="1")
    assert WARNING in lines


def test_stream_that_takes_nothing_stops_nobody(tmp_path):
    with open("/dev/full", "w") as full:
        program = [sys.executable, notices.__file__, "1"]
        words = f"{WARNING}\n" * 10_000
        done = subprocess.run(program, input=words, text=True, stderr=full)
    assert done.returncode == 0


def test_last_words_of_tensorflow_itself_arrive():
    """A flag that its C++ code does not know, at which it ends the process."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT],
        cwd=ROOT,
        env=users_environment(TF_XLA_FLAGS="--no_such_flag"),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert done.stderr.endswith("] Unknown flag in TF_XLA_FLAGS: --no_such_flag\n")
    assert "absl::InitializeLog" not in done.stderr
