"""Disks without room, and folders that may not be written in: real ones, of a few kilobytes."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from forked import Command, users_environment
from places import ROOT


@pytest.fixture(scope="module")
def unshared():
    """The beginning of a command whose mounts nobody else sees; skips where there may be none."""
    for flags in ("-m", "-rm"):
        command = ["unshare", flags]
        mount = ["sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
        try:
            if not subprocess.run([*command, *mount], capture_output=True).returncode:
                return command
        except FileNotFoundError:
            break
    pytest.skip("no file system of a test's own can be mounted here")


def on_a_small_disk(unshared, folder, size, program):
    """Run a program with `folder`, a file system of `size`, as its argument."""
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={size} tmpfs "$1" && exec "$2" -c "$3" "$1"'
    return subprocess.run(
        [*unshared, "sh", "-c", mount, "sh", str(folder), sys.executable, program],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


SAVES = """
import os, resource, sys
from pathlib import Path
import numpy as np
from trainers.cli.exit import run_main
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.folder import RunFolder

def main(argv):
    if argv[1:]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(argv[1]), int(argv[1])))
    with RunFolder(Path(argv[0]) / "run", resume=False) as folder:
        try:
            for step, size in ((1, 10), (2, 100_000)):
                arrays = {"a": np.ones(size, np.float32)}
                checkpoints.save(folder.checkpoints, Checkpoint(step, arrays, {}), keep=1)
        finally:
            newest = checkpoints.load_newest(folder.checkpoints)
            print(newest.step, newest.arrays["a"].sum(), os.listdir(folder.checkpoints))

run_main(main)
"""
KEPT = "1 10.0 ['step-000000001']\n"


def test_fault_10_full_disk_while_saving_keeps_the_earlier_checkpoint(tmp_path, unshared):
    """Seen to fail without the removal of what is temporary, and with a prune before the rename."""
    result = on_a_small_disk(unshared, tmp_path / "disk", "200k", SAVES)
    assert (result.returncode, result.stdout) == (6, KEPT)
    assert result.stderr == (
        "error: storage: [Errno 28] No space left on device; free some space, then continue with "
        "--resume\n"
    )


def test_fault_10_limit_of_a_files_size_keeps_the_earlier_checkpoint(tmp_path):
    """Seen to fail without the removal of what is temporary."""
    result = subprocess.run(
        [sys.executable, "-c", SAVES, str(tmp_path), "50000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (6, KEPT)
    assert result.stderr == "error: storage: [Errno 27] File too large\n"


METRICS = """
import sys
import tempfile
from pathlib import Path
from pathlib import Path
from trainers.runs.logs.history import Row
from trainers.runs.logs.metrics import MetricsFile, read

folder = Path(sys.argv[1])
rows = [Row.of(step, step / 10, "train", "loss", step / 7) for step in range(2000)]
file = MetricsFile(folder / "metrics.csv", rows[:10])
for row in rows[10:1900]:
    file.write([row])
assert len(read(folder / "metrics.csv").rows) < 1900
assert (folder / "metrics.csv").read_bytes().endswith(b"\\n")
(folder / "filler").unlink()
for row in rows[1900:]:
    file.write([row])
file.close()
assert read(folder / "metrics.csv") == (rows, 0, True)
"""


def test_fault_11_full_disk_in_metrics_is_one_warning_and_no_row_is_lost(tmp_path, unshared):
    """Seen to fail without the cut of a half-written row, and without the rows that wait."""
    program = f"import sys\nopen(sys.argv[1] + '/filler', 'wb').write(bytes(100_000))\n{METRICS}"
    result = on_a_small_disk(unshared, tmp_path / "disk", "120k", program)
    assert result.returncode == 0, result.stderr
    assert result.stderr == (
        f"warning: {tmp_path}/disk/metrics.csv cannot be written (No space left on device); "
        "training goes on, and its rows are written when they can be\n"
    )


FULL_LOGS = """
import ctypes, os, subprocess

def mount(*words):
    subprocess.run(["mount", *words], check=True)

if ctypes.CDLL(None).unshare(0x20000):  # a copy of the mounts for this process alone
    raise OSError("unshare")
mount("--make-rprivate", "/")
for split in ("train", "validation"):
    folder = os.path.join(os.environ["RUN"], split)
    mount("-t", "tmpfs", "-o", "size=16k", "tmpfs", folder)
"""


def test_fault_11_full_disk_in_the_event_files_is_one_warning_and_a_resume_mends_them(
    tmp_path, small_arguments, small_run, train_here, rows_of, events_of
):
    """Seen to fail without the guard around the summaries, and without the mending."""
    if os.geteuid():
        pytest.skip("only root may mount in a process that is running")
    run, module = tmp_path / "run", tmp_path / "full_logs.py"
    for split in ("train", "validation"):
        (run / split).mkdir(parents=True)
    module.write_text(FULL_LOGS)
    argv = [*small_arguments, "--epochs", "2", "--checkpoint-every-steps", "17"]
    environment = users_environment(RUN=str(run))
    with Command(
        "trainers.run", *argv, "--run-dir", run, "--import", module, env=environment
    ) as process:
        _, errors = process.communicate(240)
    assert process.returncode == 0, errors
    warnings = [line for line in errors.splitlines() if "warning" in line]
    assert len(warnings) == 1, errors
    assert warnings[0].startswith("warning: no more TensorBoard summaries: ")
    assert "No space left on device" in warnings[0]
    assert not any((run / "train").iterdir())  # what was written there went with its disk
    rows = rows_of(run)
    assert set(rows) == set(rows_of(small_run[0]))

    module.write_text("")
    summary = train_here(run, "--resume", "--import", str(module))
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert rows_of(run) == rows
    for split in ("train", "validation"):
        events = events_of(run, split)
        pages = {(split, "seconds", summary["steps"])} if split == "train" else set()
        assert {(split, tag, step) for tag, step in events if step} == pages | {
            key for key in rows if key[0] == split
        }


# Loads what the run will use, then gives up the rights that no permission holds for.
AS_NOBODY = """
import importlib, os, pkgutil
import trainers

for module in pkgutil.walk_packages(trainers.__path__, "trainers."):
    # Some of what times other frameworks imports them.
    if not module.name.endswith(("__main__", "cli.quiet")) and ".peers." not in module.name:
        importlib.import_module(module.name)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
"""


@pytest.fixture
def open_folder():
    """A folder that every user may come to, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="zoo-tests-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def of_another_user(open_folder, *argv):
    """Run `trainers.run` as a user who is not root, with a data folder and a home of its own."""
    module = open_folder / "as_nobody.py"
    module.write_text(AS_NOBODY)
    for name in ("data", "home"):
        (open_folder / name).mkdir()
        (open_folder / name).chmod(0o777)
    environment = users_environment(
        TFDS_DATA_DIR=str(open_folder / "data"), HOME=str(open_folder / "home")
    )
    with Command("trainers.run", *argv, "--import", module, env=environment) as process:
        _, errors = process.communicate(240)
    return process.returncode, errors.splitlines()


def test_fault_12_read_only_folder_is_found_before_the_first_step(open_folder, small_arguments):
    """Seen to fail where only the run's own folder is tried and not that of the checkpoints."""
    (open_folder / "mine").mkdir()
    (open_folder / "mine").chmod(0o555)
    run = open_folder / "mine" / "run"
    code, lines = of_another_user(open_folder, *small_arguments, "--steps", "3", "--run-dir", run)
    assert code == 6, lines
    assert lines == [f"error: cannot write to {run} (Permission denied); give a writable --run-dir"]
    assert not run.exists()


HOLDS = """
import os, sys
from pathlib import Path
from trainers.cli.exit import run_main
from trainers.runs.folder import RunFolder

if os.geteuid() == 0:
    os.setresuid(65534, 65534, 65534)
run_main(lambda argv: RunFolder(Path(argv[0]), resume=True))
"""


@pytest.mark.parametrize("closed", [".", "checkpoints", ".lock"])
def test_fault_12_part_of_a_folder_that_is_read_only_is_found_as_well(open_folder, closed):
    """Seen to fail where nothing is written on trial: a resumed run saves after an interval."""
    run = open_folder / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / ".lock").touch()
    for path in (run, run / "checkpoints", run / ".lock"):
        path.chmod(0o777)
    (run / closed).chmod(0o444 if closed == ".lock" else 0o555)
    result = subprocess.run(
        [sys.executable, "-c", HOLDS, str(run)], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 6
    named = run / closed if closed == ".lock" else run
    assert result.stderr == (
        f"error: cannot write to {named} (Permission denied); give a writable --run-dir\n"
    )
