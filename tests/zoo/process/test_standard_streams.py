"""Standard streams as shells, schedulers and service managers leave them end no command."""

import ast
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time

import pytest
from forked import Command, users_environment
from places import ROOT

# What every command begins and ends with, around a main that is not slow.
PROGRAM = """
import os, sys
from zoo.process import command

def main(argv):
    print("\\N{GRINNING FACE} \\udcff" if "words" in argv else "x" * int(argv[0]))
    print("a note", file=sys.stderr)
    opened = os.open(os.devnull, os.O_RDONLY)
    assert opened > 2, opened
    return 3 if "fails" in argv else 0

sys.exit(command.run(main, lambda error: (1, repr(error))))
"""
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("zoo", "trainers", "datasets", "configs")
    for path in (ROOT / package).rglob("*.py")
    if any(
        isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )
)
# The program that filters a stream has no command's streams; the worker takes no `--help`.
HELPERS = {"zoo.process.notices", "trainers.benchmarks.scale_worker"}


def words(**environment):
    """What the process prints in an environment, as bytes."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "words"],
        cwd=ROOT,
        env=users_environment(**environment),
        capture_output=True,
    )


def in_shell(redirections, *argv):
    command = f'exec "$0" -c "$1" {" ".join(argv)} {redirections}'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, PROGRAM],
        cwd=ROOT,
        env=users_environment(),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("encoding", "unbuffered", "printed"),
    [
        ("ascii", "", b"? ?\n"),
        ("cp1252", "1", b"? ?\n"),
        ("gbk", "", b"? ?\n"),
        ("utf-8", "", "\N{GRINNING FACE} ".encode() + b"\xff\n"),
        ("ascii:surrogateescape", "", b"? ?\n"),
    ],
)
def test_what_an_encoding_lacks_is_replaced(encoding, unbuffered, printed):
    result = words(PYTHONIOENCODING=encoding, PYTHONUNBUFFERED=unbuffered)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed, b"a note\n")


def test_what_the_plain_locale_lacks_is_replaced():
    result = words(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"? ?\n", b"a note\n")


@pytest.mark.parametrize(
    ("redirections", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        ("<&-", 0),
        ("<&- >&- 2>&-", 0),
        ("2>/dev/full", 0),
        (">/dev/full", 6),
        (">/dev/full 2>&1", 6),
        ("> >(true)", 0),
        ("> >(true) 2>&1", 0),
    ],
)
def test_stream_that_takes_nothing_ends_no_command(redirections, code):
    result = in_shell(redirections, "100000")
    assert result.returncode == code
    if ">/dev/full" in redirections and "2>" not in redirections:
        assert result.stderr.startswith("a note\nerror: storage: [Errno 28] No space left on")
        assert result.stderr.count("\n") == 2
    elif "2>" not in redirections:
        assert result.stderr == "a note\n"


def test_folder_that_is_gone_is_named(tmp_path):
    (tmp_path / "gone").mkdir()
    command = 'cd "$0" && rmdir "$0" && exec "$1" -m zoo'
    for argv, code in ((" --import models.py", 6), (" mlp", 0)):
        (tmp_path / "gone").mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", "-c", command + argv, tmp_path / "gone", sys.executable],
            env=users_environment(PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        told = "error: the folder that this command was started in is gone; change to one that "
        assert done.stderr.startswith(told) if code else not done.stderr


def test_warnings_made_errors_end_no_command():
    program = PROGRAM.replace("import os, sys", "import os, sys, warnings").replace(
        "def main(argv):", "def main(argv):\n    warnings.warn('old', DeprecationWarning)"
    )
    for flags, environment in (([], {"PYTHONWARNINGS": "error"}), (["-W", "error"], {})):
        done = subprocess.run(
            [sys.executable, *flags, "-c", program, "words"],
            cwd=ROOT,
            env=users_environment(**environment),
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr


def test_failure_of_the_command_is_told_before_that_of_its_output():
    result = in_shell(">/dev/full", "1", "fails")
    assert (result.returncode, result.stderr) == (3, "a note\n")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_reader_that_does_not_wait_gets_everything(stream):
    """A pipe of 64 KiB that does not block, and more than it holds."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    program = PROGRAM.replace("int(argv[0]))", f"int(argv[0]), file=sys.{stream})")
    with subprocess.Popen(
        [sys.executable, "-c", program, "300000"],
        cwd=ROOT,
        env=users_environment(),
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writer},
    ) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            taken = file.read()
    assert process.returncode == 0
    assert taken.count(b"x") == 300_000


def test_line_of_another_thread_is_not_lost_where_a_reader_is_late():
    """A full pipe that does not block; seen to fail where the line was written past `settle`, which
    dropped it and all that came later."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    program = (
        "import sys\nfrom zoo.process import streams\nstreams.settle()\n"
        "sys.stderr.write('x' * 65_536)\nsys.stderr.flush()\n"
        "streams.write_line('said')\nprint('and more', file=sys.stderr)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=writer) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            time.sleep(0.5)
            taken = file.read()
    assert process.returncode == 0
    assert taken == b"x" * 65_536 + b"said\nand more\n"


def test_every_command_begins_and_ends_the_same_way():
    for module in set(COMMANDS) - {"zoo.process.notices"}:
        source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
        end = source[source.index('if __name__ == "__main__":') :]
        assert "run_main(main)" in end or "command.run(main, describe)" in end, module


def test_every_command_tells_of_a_full_disk_in_one_line():
    """Their helps; side by side, for each is an interpreter's start."""
    names = ["zoo" if name == "zoo.__main__" else name for name in COMMANDS if name not in HELPERS]
    assert len(names) >= 10
    with open("/dev/full", "w") as full:
        processes = {
            name: subprocess.Popen(
                [sys.executable, "-m", name, "--help"],
                cwd=ROOT,
                env=users_environment(),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in names
        }
        told = {name: process.communicate()[1] for name, process in processes.items()}
    assert {name: process.returncode for name, process in processes.items()} == dict.fromkeys(
        names, 6
    )
    for line in told.values():
        assert line.startswith(
            "error: storage: [Errno 28] No space left on device: standard output"
        )
        assert line.count("\n") == 1


def test_training_is_done_whatever_takes_its_words(tmp_path):
    """Standard output on a full disk, and standard error into a pipe that nobody reads."""
    argv = ["--model", "perceptron", "--epochs", "1", "--histograms", "false", "--run-dir"]
    reader, gone = os.pipe()
    os.close(reader)
    with open("/dev/full", "w") as full:
        streams = {"stdout": full.fileno(), "stderr": gone}
        with Command("trainers.run", *argv, tmp_path / "run", **streams) as process:
            assert process.wait(120) == 6
    os.close(gone)
    assert (tmp_path / "run" / "summary.json").is_file()


@pytest.mark.parametrize("width", [0, 1])
def test_terminal_of_any_width_ends_no_command(width):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", width, width, 0, 0))
    environment = users_environment(COLUMNS="\N{SUPERSCRIPT TWO}", NO_COLOR="1")
    environment.pop("TERM", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo"], cwd=ROOT, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the process has closed its end
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait() == 0
    assert written
    assert b"error" not in written
