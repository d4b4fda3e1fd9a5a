"""Students have macOS and Windows too: what only Unix has is asked for before it is used."""

import ast
import collections
import json
import os
import subprocess
import sys

import pytest
import unix_names
from forked import Command, users_environment
from places import ROOT

PRODUCT = sorted(
    path
    for package in ("configs", "datasets", "trainers", "zoo")
    for path in (ROOT / package).rglob("*.py")
)
# Used without a question, each for its reason.
ALLOWED = {
    ("datasets/cache/entries.py", "rename"): "to a name in a folder made for it alone",
    ("datasets/storage.py", "/proc"): "a folder that is looked into where it is",
    ("datasets/storage.py", "/sys/fs/cgroup"): "a folder that is looked into where it is",
    ("trainers/runs/provenance.py", "/proc/cpuinfo"): "a file that is read where it is",
    ("trainers/timing/process.py", "/proc/self/stat"): "a file that is read where it is",
    ("zoo/process/keras_settings.py", "/tmp"): "named as Keras names it, in a message",
}

# They open no text: descriptors, members of archives, pictures, arrays.
NO_TEXT = ("os.open", "archive.open", "Image.open", "writer.open")


def shown(path):
    return path.relative_to(ROOT).as_posix()


def test_uses_are_found_and_guards_are_known():
    source = '''
"""/proc is only named here."""
import fcntl
import os, signal
from signal import SIGKILL, SIGTERM

def bare(path):
    os.fork()
    signal.signal(signal.SIGHUP, None)
    path.rename("other")
    run(preexec_fn=None)
    return open("/dev/shm/x")

def guarded(path):
    if not hasattr(signal, "pthread_sigmask"):
        return None
    signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        import termios
        text = open("/proc/meminfo")
    except (ImportError, OSError):
        text = getattr(signal, "SIGUSR1", None)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
'''
    assert [name for _, name in unix_names.unguarded(source)] == [
        "fcntl",
        "signal.SIGKILL",
        "os.fork",
        "signal.SIGHUP",
        "rename",
        "preexec_fn",
        "/dev/shm/x",
    ]


def test_the_product_uses_nothing_of_unix_alone_unguarded():
    found = {
        (shown(path), name): line
        for path in PRODUCT
        for line, name in unix_names.unguarded(path.read_text(encoding="utf-8"))
    }
    assert {use: line for use, line in found.items() if use not in ALLOWED} == {}


def test_text_is_read_and_written_in_a_named_encoding():
    """Windows has another one for every country."""
    unnamed = collections.defaultdict(list)
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_text(node):
                unnamed[shown(path)].append(node.lineno)
    assert unnamed == {}


def _is_text(call):
    """Whether a call opens text without an encoding."""
    name = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
    if name in ("open", "fdopen") and ast.unparse(call.func) not in NO_TEXT:
        modes = [each.value for each in call.args if isinstance(each, ast.Constant)]
        binary = any(isinstance(mode, str) and "b" in mode and len(mode) < 4 for mode in modes)
        return not binary and all(each.arg != "encoding" for each in call.keywords)
    texts = ("read_text", "write_text")
    return name in texts and all(each.arg != "encoding" for each in call.keywords)


FEIGNED = users_environment(
    PYTHONPATH=os.pathsep.join(str(ROOT / folder) for folder in (".", "tests", "tests/toys"))
)


def feigned(*argv, cwd):
    """Run a command where what only Unix has is missing: see `toys/without_unix.py`."""
    with Command("without_unix", *argv, cwd=cwd, env=FEIGNED) as process:
        told = process.communicate(180)
    assert process.returncode == 0, told


@pytest.fixture(scope="module")
def feigned_run(tmp_path_factory):
    """A run in the folder that it names itself, and its resume."""
    cwd = tmp_path_factory.mktemp("feigned")
    recipe = ("--model", "perceptron", "--schedule", "constant", "--epochs", "1")
    feigned("trainers.run", *recipe, cwd=cwd)
    (run_dir,) = (cwd / "runs").iterdir()
    feigned("trainers.run", "--run-dir", run_dir, "--resume", "--epochs", "2", cwd=cwd)
    return run_dir


def test_a_run_and_its_resume_need_nothing_that_windows_lacks(feigned_run):
    summary = json.loads((feigned_run / "summary.json").read_text(encoding="utf-8"))
    assert summary["steps"] == 68
    assert summary["hardware"]["cores"] == os.cpu_count()


@pytest.mark.parametrize("module", ["trainers.evaluate", "trainers.plot"])
def test_what_reads_a_run_needs_nothing_that_windows_lacks(module, feigned_run):
    feigned(module, feigned_run, cwd=ROOT)


def test_two_workers_are_started_by_nothing_that_windows_lacks():
    code = (
        "import sys, without_unix\n"
        "without_unix.take_away()\n"
        "from trainers.distribution.local_workers import launch\n"
        "sys.exit(launch(2, [sys.executable, '-c', 'print(7)']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=FEIGNED, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["[0] 7", "[1] 7"]


def test_names_of_files_hold_no_character_that_windows_refuses(feigned_run):
    names = [feigned_run.name, *(path.name for path in feigned_run.rglob("*"))]
    assert len(names) > 10
    assert [name for name in names if set(name) & set('<>:"\\|?*') or name[-1] in ". "] == []
