"""Progress: one line that is drawn again in a terminal, lines that stay everywhere else."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor

import pytest
from places import ROOT

from trainers.runs.progress import format_figures, measured_line

PROGRAM = """
import time
from trainers.runs.progress import TrainingProgress

figures = {"generator_loss": 0.69314, "discriminator_loss": 1.38629, "real_score": 0.5}
with TrainingProgress(2720, 0) as progress:
    for step in range(0, 2721, 680):
        progress.update(step, figures, 23463.0)
        time.sleep(0.12)
    progress.line("epoch 80  step 2720  validation  loss 0.1343  accuracy 0.9528")
"""
LINE = "epoch 80  step 2720  validation  loss 0.1343  accuracy 0.9528"


def in_terminal(columns, **environment):
    """Return what a program writes to a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=variables, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:  # the program has ended
            break
    os.close(master)
    assert process.wait(60) == 0, shown.decode()
    return shown.decode()


COLUMNS = (40, 60, 80, 132)
KEEPING = ({"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}, {"CI": "1", "FORCE_COLOR": "1"})


@pytest.fixture(scope="module")
def shown():
    """What each terminal was shown: all programs draw, and mostly wait, side by side."""
    with ThreadPoolExecutor(len(COLUMNS) + len(KEEPING)) as pool:
        started = {columns: pool.submit(in_terminal, columns) for columns in COLUMNS}
        for number, environment in enumerate(KEEPING):
            started[f"keeping {number}"] = pool.submit(in_terminal, 80, **environment)
        return {name: each.result() for name, each in started.items()}


def drawn(shown):
    """Return the lines that were drawn, without colours and movements of the cursor."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))


@pytest.mark.parametrize("columns", COLUMNS)
def test_bar_is_one_line_of_the_terminal(shown, columns):
    shown = shown[columns]
    # A bar of two lines is drawn again from the first of them: the cursor goes up.
    assert "\x1b[1A" not in shown
    assert "compiling" in shown
    bars = [line for line in drawn(shown) if "/2720" in line and "compiling" not in line]
    assert len(bars) > 3
    assert max(map(len, bars)) <= columns
    assert any(re.search(r"\b2040/2720\b", line) for line in bars)
    assert all("generator_loss 0.6931" in line for line in bars)
    assert any("23,463/s" in line for line in bars) == (columns > 100)
    # Words are shown whole or not at all.
    assert not any("…" in line for line in bars)


def test_line_stays_above_the_bar(shown):
    assert LINE in [line.rstrip() for line in drawn(shown[80])]


@pytest.mark.parametrize("number", range(len(KEEPING)), ids=map(str, KEEPING))
def test_terminal_that_keeps_every_line_gets_only_lines(shown, number):
    assert shown[f"keeping {number}"] == f"{LINE}\r\n"


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_pipe_gets_only_lines(environment):
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert (result.stdout, result.stderr) == ("", f"{LINE}\n")


def test_figures_are_shown_with_four_decimals_and_without_details():
    figures = {"loss": 0.41234, "accuracy": 0.91, "class_share_3": 0.1}
    assert format_figures(figures) == "loss 0.4123  accuracy 0.9100"
    line = measured_line(51, 34, figures)
    assert line == "epoch 1.5  step 51  validation  loss 0.4123  accuracy 0.9100"
