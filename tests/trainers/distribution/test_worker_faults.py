"""Rarer faults of two workers, each of which costs two starts of TensorFlow."""

import errno
import fcntl
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from worker_runs import ARGUMENTS, LONG, Workers, errors_of, handles, launched, summary_of

from trainers.distribution.rendezvous import split
from trainers.runs import checkpoints

pytestmark = pytest.mark.slow


@pytest.fixture
def run_dir(tmp_path):
    return tmp_path / "run"


def test_killed_chief_ends_the_other_and_the_run_goes_on(run_dir, tmp_path):
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 51)
        workers.send(0, signal.SIGKILL)
        code, told, seconds = workers.end(1)
    assert code == 7
    assert seconds < 10
    [line] = told
    assert re.match(r"error: (a worker of the 2|worker 0 \(\S+\)) is lost \(", line)
    assert launched("--run-dir", run_dir, "--resume")[0] == 0
    assert launched(*LONG, "--run-dir", tmp_path / "straight")[0] == 0
    hashes = {summary_of(d)["final_weights_sha256"] for d in (run_dir, tmp_path / "straight")}
    assert len(hashes) == 1


@pytest.mark.parametrize("frozen", [0, 1])
def test_frozen_worker_is_noticed_in_the_time_given(run_dir, frozen):
    with Workers(*LONG, "--run-dir", run_dir, "--peer-timeout-seconds", 5) as workers:
        workers.wait_for_step(run_dir, 51)
        workers.send(frozen, signal.SIGSTOP)
        code, told, seconds = workers.end(1 - frozen)
        assert workers.processes[frozen].poll() is None
    assert code == 7
    assert seconds < 15
    assert len(errors_of(told)) == 1
    assert re.match(rf"error: (a worker of the 2|worker {frozen} \(\S+\)) is lost \(", told[-1])


def test_worker_that_lives_and_hangs_is_ended_by_the_watchdogs(run_dir):
    """The chief writes to a full pipe that nobody reads; its heartbeat goes on."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    arguments = [*LONG, "--run-dir", run_dir, "--peer-timeout-seconds", 5]
    with Workers(*arguments, stderr={0: writer}) as workers:
        os.close(writer)
        code, told, _ = workers.end(1)
        assert workers.processes[0].wait(60) == 7
    os.close(reader)
    assert code == 7
    assert len(told) == 1
    assert "worker 1 got no further for " in told[0] or "is lost (" in told[0]


def test_sigterm_while_waiting_for_others_writes_nothing(run_dir):
    with Workers(*LONG, "--run-dir", run_dir, started=[0]) as workers:
        workers.wait_for_handlers()
        time.sleep(8)  # past the import of TensorFlow
        workers.send(0, signal.SIGTERM)
        code, told, seconds = workers.end(0)
    assert code == 75
    assert seconds < 10
    assert told[0] == "SIGTERM: saving, then stopping"
    assert told[1].startswith("error: stopped before ")
    assert told[1].endswith("; nothing was written")
    assert not run_dir.exists()


@pytest.mark.parametrize("delay", [0, 4, 6, 8])
def test_sigterm_to_the_launcher_is_answered_by_75_at_any_time(run_dir, delay):
    endless = [*LONG, "--epochs", "5000"]  # no machine is done before the signal
    process = subprocess.Popen(
        [sys.executable, "-m", "trainers.launch", "--", *endless, "--run-dir", str(run_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not handles(process):
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 75, errors
    assert errors.count("SIGTERM: saving, then stopping") == 2
    assert errors.count("error: stopped ") == 2
    assert ("nothing was written" in errors) == (not run_dir.exists())


def test_full_disk_of_the_chief_is_its_own_failure(run_dir):
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 51)
        resource.prlimit(workers.processes[0].pid, resource.RLIMIT_FSIZE, (4096, 4096))
        ended = [workers.end(index) for index in (0, 1)]
    assert [code for code, _, _ in ended] == [6, 7]
    assert errors_of(ended[0][1])[-1].startswith(f"error: storage: [Errno {errno.EFBIG}] ")
    assert len(errors_of(ended[1][1])) == 1
    newest = checkpoints.load_newest(run_dir / "checkpoints").step
    assert newest >= 51
    assert not list((run_dir / "checkpoints").glob(".*"))


def test_folder_that_cannot_be_written_is_the_launchers_code(tmp_path):
    (tmp_path / "file").write_text("")
    code, out, errors = launched(*LONG, "--run-dir", tmp_path / "file" / "run")
    assert (code, out) == (6, [])
    assert len(errors) == 2
    [chiefs] = [line for line in errors if line.startswith("[0] ")]
    assert chiefs == (
        f"[0] error: cannot write to {tmp_path}/file/run (Not a directory); give a writable "
        "--run-dir"
    )


def test_diverging_run_ends_alike_everywhere(run_dir):
    hot = ["--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "2"]
    code, out, errors = launched(*ARGUMENTS, *hot, "--run-dir", run_dir)
    assert (code, out) == (5, [])
    told = [line.partition("] ")[2] for line in errors if "error: " in line]
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0].startswith("error: the loss is not finite at step 2; ")
    assert checkpoints.available(run_dir / "checkpoints") == [0]


def test_workers_with_folders_of_their_own_are_refused(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    with Workers(*LONG, folders=folders) as workers:
        ended = [workers.end(index) for index in (0, 1)]
    assert [code for code, _, _ in ended] == [2, 2]
    assert [told for _, told, _ in ended] == [
        [
            "error: the workers do not all see the chief's checkpoint of step 0; --run-dir must be "
            f"one folder that they share, here it is {folder}"
        ]
        for folder in folders
    ]
    assert not folders[1].exists()


def test_workers_that_would_resume_different_runs_are_refused(run_dir, tmp_path):
    assert launched(*ARGUMENTS, "--epochs", 1, "--run-dir", run_dir)[0] == 0
    assert launched(*ARGUMENTS, "--epochs", 1, "--run-dir", tmp_path / "other")[0] == 0
    more = ["--resume", "--epochs", 2]
    with Workers(*more, folders=[run_dir, tmp_path / "other"]) as workers:
        ended = [workers.end(index) for index in (0, 1)]
    assert [code for code, _, _ in ended] == [2, 2]
    assert all("do not all see the chief's checkpoint of step 34" in t[0] for _, t, _ in ended)


def test_second_launch_into_a_folder_in_use_is_refused_and_harms_nothing(run_dir):
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 34)
        for index in (0, 1):
            workers.send(index, signal.SIGSTOP)
        code, _, errors = launched("--run-dir", run_dir, "--resume")
        for index in (0, 1):
            workers.send(index, signal.SIGCONT)
        ended = [workers.end(index) for index in (0, 1)]
    assert code == 6, errors
    text = f"[0] error: another run is writing to {run_dir}; wait for it, or give another --run-dir"
    assert text in errors
    assert [c for c, _, _ in ended] == [0, 0]


def test_port_in_use_is_one_line(run_dir):
    with Workers(*LONG, "--run-dir", run_dir, started=[]) as workers:
        address = workers.addresses[0]
        with socket.create_server(split(address)):
            workers.start(0)
            code, told, _ = workers.end(0)
    assert code == 2
    assert told == [
        f"error: worker 0 cannot listen on {address} (Address already in use); free the port, or "
        "give the worker another"
    ]
    assert not run_dir.exists()


def test_run_goes_on_with_another_number_of_workers(run_dir):
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 51)
        workers.send(0, signal.SIGTERM)
        assert [workers.end(index)[0] for index in (0, 1)] == [75, 75]
    shutil.copytree(run_dir, run_dir.with_name("one"))
    for workers, folder in ((3, run_dir), (1, run_dir.with_name("one"))):
        code, _, errors = launched("--run-dir", folder, "--resume", workers=workers)
        assert code == 0, errors
        assert summary_of(folder)["workers"] == workers
    losses = [summary_of(d)["final"]["test"]["loss"] for d in (run_dir, run_dir.with_name("one"))]
    assert max(losses) < 0.6
