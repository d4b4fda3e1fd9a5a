"""Interrupted runs, by real signals to real processes, end in the uninterrupted run's bits."""

import contextlib
import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from forked import Command
from places import ROOT

import configs
from trainers import run
from trainers.cli.exit import describe
from trainers.errors import StorageError
from trainers.runs import checkpoints

LONG = ["--model", "mlp", "--model.dropout", "0.2", "--model.hidden-units", "8"]
LONG += ["--optimizer", "momentum", "--learning-rate", "0.05", "--batch-size", "32"]
LONG += ["--epochs", "24", "--checkpoint-every-steps", "20", "--evaluate-every-steps", "136"]
LONG += [
    "--report",
    "false",
    "--histograms",
    "false",
]  # the short runs below have them, and are compared in them too
LONG += ["--compile", "auto"]
LAST_STEP = 24 * 34
WAIT_SECONDS = 90


def wait_for(condition, process):
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        if process.poll() is not None:
            pytest.fail(f"ended with {process.returncode}: {process.communicate()}")
        if time.monotonic() > end:
            process.kill()
            pytest.fail("the run did not get there in time")
        time.sleep(0.002)


def wait_for_step(run_dir, step, process):
    wait_for(
        lambda: max(checkpoints.available(run_dir / "checkpoints"), default=-1) >= step, process
    )


def newest_step(run_dir):
    return checkpoints.available(run_dir / "checkpoints")[0]


@pytest.fixture(scope="module")
def uninterrupted(train_here, tmp_path_factory, rows_of):
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    summary = train_here(folder, *LONG)
    assert summary["steps"] == LAST_STEP
    return summary["final_weights_sha256"], rows_of(folder)


@pytest.fixture
def assert_same_run(uninterrupted, rows_of, events_of):
    """The weights' bits, every logged figure but the speed, and no step logged twice."""

    def check(run_dir, summary):
        expected_hash, expected_rows = uninterrupted
        assert summary["final_weights_sha256"] == expected_hash
        rows = rows_of(run_dir)
        assert set(rows) == set(expected_rows)
        for key, value in rows.items():
            if key[1] != "examples_per_second":
                assert value == pytest.approx(expected_rows[key], rel=1e-6), key
        for split in ("train", "validation"):
            scalars = {
                (tag, step)
                for tag, step in events_of(run_dir, split)
                if (split, tag, step) in expected_rows
            }
            assert scalars == {(name, step) for s, name, step in expected_rows if s == split}

    return check


def test_fault_16_rival_is_refused_and_two_kills_and_a_move_leave_the_same_run(
    tmp_path, train_here, assert_same_run, capsys
):
    """Seen to fail without the lock of the run folder."""
    chance, run_dir = random.Random(), tmp_path / "run"
    with Command("trainers.run", *LONG, "--run-dir", run_dir) as first:
        wait_for_step(run_dir, chance.randrange(20, 200), first)
        first.send_signal(signal.SIGSTOP)
        with pytest.raises(StorageError) as caught:
            run.main(["--run-dir", str(run_dir), "--resume"])
        assert describe(caught.value) == (
            6,
            f"another run is writing to {run_dir}; wait for it, or give another --run-dir",
        )
    killed_at = newest_step(run_dir)

    with Command("trainers.run", "--run-dir", run_dir, "--resume") as second:
        wait_for_step(run_dir, killed_at + chance.randrange(20, 250), second)
        time.sleep(chance.uniform(0, 0.05))
        second.kill()
        assert second.wait() == -signal.SIGKILL
    assert killed_at < newest_step(run_dir) < LAST_STEP

    moved = tmp_path / "läufe [1] {a,b} *" / "mein lauf"
    moved.parent.mkdir()
    shutil.move(run_dir, moved)
    assert_same_run(moved, train_here(moved, "--resume"))


SAYING = r"error: stopped and saved at step (\d+); continue with --resume --run-dir \S+/run"


@pytest.fixture(scope="module")
def terminated(tmp_path_factory):
    """The folder of a run that got SIGTERM, its exit code, and the lines that it told."""
    run_dir = tmp_path_factory.mktemp("terminated") / "run"
    with Command("trainers.run", *LONG, "--run-dir", run_dir) as process:
        wait_for_step(run_dir, 200, process)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
    return run_dir, process.returncode, errors.splitlines()


def test_fault_04_sigterm_saves_at_a_step_and_exits_75(
    terminated, tmp_path, train_here, assert_same_run
):
    """Seen to fail without the handlers of signals."""
    run_dir, code, lines = terminated
    assert code == 75
    assert "SIGTERM: saving, then stopping" in lines
    assert int(re.fullmatch(SAYING, lines[-1])[1]) == newest_step(run_dir)
    again = shutil.copytree(run_dir, tmp_path / "run")
    assert_same_run(again, train_here(again, "--resume"))


def test_fault_05_second_signal_ends_at_once_and_the_checkpoint_is_whole(
    terminated, tmp_path, train_here, assert_same_run
):
    """Both come while the process is halted, so that none is answered before the other is there.

    Seen to fail where the second signal, too, only asks to stop.
    """
    run_dir = shutil.copytree(terminated[0], tmp_path / "run")
    saved = newest_step(run_dir)
    with Command("trainers.run", "--run-dir", run_dir, "--resume") as process:
        wait_for_step(run_dir, saved + 1, process)
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
            process.send_signal(number)
        assert process.wait(WAIT_SECONDS) in (128 + signal.SIGTERM, 128 + signal.SIGINT)
    newest = checkpoints.load_newest(run_dir / "checkpoints").step
    assert saved < newest < LAST_STEP
    assert_same_run(run_dir, train_here(run_dir, "--resume"))


def read_all(descriptor, into):
    """Read a terminal until its other end is closed."""
    with contextlib.suppress(OSError):
        while more := os.read(descriptor, 65536):
            into += more


@pytest.mark.slow
def test_fault_07_control_c_in_a_terminal_does_as_sigterm(terminated, tmp_path, assert_same_run):
    """Seen to fail where SIGINT is no stop signal."""
    run_dir = shutil.copytree(terminated[0], tmp_path / "run")
    saved = newest_step(run_dir)
    master, slave = pty.openpty()
    streams = {"stdin": slave, "stdout": slave, "stderr": slave, "terminal": True}
    with Command("trainers.run", "--run-dir", run_dir, "--resume", **streams) as process:
        os.close(slave)
        shown = bytearray()
        # From the start on: a terminal that nobody reads is full in time, and then the run waits.
        reader = threading.Thread(target=read_all, args=(master, shown), daemon=True)
        reader.start()
        wait_for_step(run_dir, saved + 100, process)
        os.write(master, b"\x03")
        reader.join(WAIT_SECONDS)
        os.close(master)
        assert process.wait(WAIT_SECONDS) == 75
    assert b"SIGINT: saving, then stopping" in shown
    assert int(re.search(SAYING.encode(), shown)[1]) == newest_step(run_dir)
    assert saved < newest_step(run_dir) < LAST_STEP

    with Command("trainers.run", "--run-dir", run_dir, "--resume") as resumed:
        out, errors = resumed.communicate()
    assert resumed.returncode == 0, errors
    assert out.startswith("test ")
    assert_same_run(run_dir, json.loads((run_dir / "summary.json").read_text(encoding="utf-8")))


def test_sigterm_in_start_up_stops_before_anything_is_written(tmp_path):
    """In an interpreter of its own: its start is what is interrupted."""
    run_dir = tmp_path / "run"
    command = [sys.executable, "-m", "trainers.run", *LONG, "--run-dir", str(run_dir)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    bit = 1 << signal.SIGTERM - 1

    def catches_sigterm():
        text = Path(f"/proc/{process.pid}/status").read_text()
        return int(re.search(r"SigCgt:\s*(\w+)", text)[1], 16) & bit

    wait_for(catches_sigterm, process)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 75
    assert errors.splitlines() == [
        "SIGTERM: saving, then stopping",
        "error: stopped before the run began; nothing was written",
    ]
    assert not run_dir.exists()


def test_existing_run_is_not_overwritten_without_resume(copied_run):
    before = sorted(path.stat().st_mtime_ns for path in copied_run.rglob("*"))
    with pytest.raises(configs.ConfigError) as caught:
        run.main(["--model", "mlp", "--epochs", "1", "--run-dir", str(copied_run)])
    assert describe(caught.value) == (
        2,
        f"{copied_run} already holds a run; add --resume to continue it, or give another --run-dir",
    )
    assert sorted(path.stat().st_mtime_ns for path in copied_run.rglob("*")) == before


def test_finished_run_goes_on_to_more_epochs_as_one_longer_run(
    copied_run, small_arguments, train_here, tmp_path, rows_of, events_of
):
    longer = train_here(copied_run, "--resume", "--epochs", "3")
    straight = train_here(tmp_path / "straight", *small_arguments, "--epochs", "3")
    assert longer["final_weights_sha256"] == straight["final_weights_sha256"]
    assert set(rows_of(copied_run)) == set(rows_of(tmp_path / "straight"))
    straight_events = set(events_of(tmp_path / "straight", "train"))
    # The page of seconds is written at every end.
    assert set(events_of(copied_run, "train")) == straight_events | {("seconds", 68)}


def test_resume_from_the_very_start_logs_nothing_twice(
    copied_run, small_run, train_here, events_of, rows_of
):
    """As after a kill before the first checkpoint but that of step 0."""
    first = small_run[0].with_name("first")
    for step in checkpoints.available(copied_run / "checkpoints"):
        shutil.rmtree(copied_run / "checkpoints" / f"step-{step:09d}")
    shutil.copytree(first, copied_run / "checkpoints" / "step-000000000")
    summary = train_here(copied_run, "--resume")
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert set(rows_of(copied_run)) == set(rows_of(small_run[0]))
    assert set(events_of(copied_run, "train")) == set(events_of(small_run[0], "train"))
