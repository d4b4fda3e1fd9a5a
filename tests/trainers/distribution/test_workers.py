"""Two workers: what they leave behind, and how they end and go on after each kind of end."""

import re
import signal
import subprocess
import sys
import time

import pytest
from places import ROOT
from worker_runs import EPOCHS, LONG, STEPS_PER_EPOCH, Workers, errors_of, launched, summary_of

from trainers.runs import checkpoints

REPORT = ["--report", "true"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run of two workers that nothing has disturbed: its folder, code, and lines."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "temporary").mkdir()
    ended = launched(*LONG, *REPORT, "--run-dir", folder / "run", TMPDIR=str(folder / "temporary"))
    assert ended[0] == 0, ended
    return folder / "run", *ended


def names_in(folder):
    """The files of a run, with N where their names differ from run to run."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {re.sub(r"step-\d+|tfevents\.\S+", "N", name) for name in names}


def test_fault_49_only_the_chief_writes_and_tells(uninterrupted, small_run, rows_of, events_of):
    """Seen to fail where every worker's run folder writes."""
    run_dir, _, out, errors = uninterrupted
    looked_at = {"report.html", "test_examples.npz"}
    looked_at |= {name for name in names_in(run_dir) if name.startswith("projector")}
    assert looked_at < names_in(run_dir)
    assert names_in(run_dir) - looked_at == names_in(small_run[0])
    for split in ("train", "validation"):
        assert len(list((run_dir / split).iterdir())) == 1
        steps = {step for tag, step in events_of(run_dir, split) if tag == "loss"}
        assert steps == {step for s, name, step in rows_of(run_dir) if (s, name) == (split, "loss")}
    assert list((run_dir.parent / "temporary").iterdir()) == []
    assert len(errors) == 1 + EPOCHS
    progress = re.compile(r"\[0\] (mlp on digits -> |epoch \d)")
    assert [line for line in errors if not progress.match(line)] == []
    assert [line for line in out if not line.startswith("[0] ")] == []
    summary = summary_of(run_dir)
    assert (summary["workers"], summary["replicas"], summary["steps"]) == (
        2,
        2,
        len(errors[1:]) * STEPS_PER_EPOCH,
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder of a run one of whose workers got SIGTERM, and how both ended."""
    run_dir = tmp_path_factory.mktemp("stopped") / "run"
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 85)
        workers.send(1, signal.SIGTERM)
        return run_dir, [workers.end(index) for index in (0, 1)]


@pytest.mark.slow
def test_fault_50_sigterm_to_one_worker_saves_in_all_at_the_same_step(stopped):
    """That the run goes on to the same end is part of the next test.

    Seen to fail where a worker asks only itself whether to stop.
    """
    run_dir, ended = stopped
    assert [code for code, _, _ in ended] == [75, 75]
    saved = checkpoints.available(run_dir / "checkpoints")[0]
    line = f"error: stopped and saved at step {saved}; continue with --resume --run-dir {run_dir}"
    assert errors_of(ended[0][1]) == [line]
    assert ended[1][1] == ["SIGTERM: saving, then stopping", line]


@pytest.mark.slow
def test_fault_45_death_of_a_worker_ends_the_other_and_the_run_goes_on(
    stopped, uninterrupted, rows_of, events_of
):
    """Seen to fail without the conversion of TensorFlow's errors: its own code is 1."""
    run_dir = stopped[0]
    saved = checkpoints.available(run_dir / "checkpoints")[0]
    with Workers("--run-dir", run_dir, "--resume") as workers:
        workers.wait_for_step(run_dir, saved + 51)
        workers.send(1, signal.SIGKILL)
        code, told, seconds = workers.end(0)
        assert workers.end(1)[0] == -signal.SIGKILL
    assert code == 7
    assert seconds < 30
    [line] = errors_of(told)
    assert re.fullmatch(
        r"error: (?:a worker of the 2|worker 1 \(\S+\)) is lost \((its connection closed|\w+)\); "
        "start all of them again with --resume: the run goes on from its newest checkpoint",
        line,
    )
    assert (
        saved
        < checkpoints.available(run_dir / "checkpoints")[0]
        < summary_of(uninterrupted[0])["steps"]
    )

    with Workers("--run-dir", run_dir, "--resume") as workers:
        ended = [workers.end(index) for index in (0, 1)]
    assert [code for code, _, _ in ended] == [0, 0], ended
    expected = summary_of(uninterrupted[0])
    assert summary_of(run_dir)["final_weights_sha256"] == expected["final_weights_sha256"]
    assert summary_of(run_dir)["best"] == expected["best"]
    rows, expected_rows = rows_of(run_dir), rows_of(uninterrupted[0])
    assert set(rows) == set(expected_rows)
    for key, value in rows.items():
        if key[1] != "examples_per_second":
            assert value == pytest.approx(expected_rows[key], rel=1e-6), key
    for split in ("train", "validation"):
        scalars = {key for key in events_of(run_dir, split) if (split, *key) in expected_rows}
        assert scalars == {(name, step) for s, name, step in expected_rows if s == split}


def other_worker(addresses):
    """A process that meets worker 0 and says that it lives, as worker 1, and does nothing else."""
    code = (
        "import sys, time\n"
        "from trainers.distribution import peer_watch, rendezvous\n"
        "addresses = sys.argv[1:]\n"
        "met = rendezvous.meet(addresses, 1, 60, lambda: False)\n"
        "peer_watch.PeerWatch(addresses, met, 60)\n"
        "print('met', flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, *addresses]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("number", "sign"),
    [(signal.SIGKILL, r"its connection closed"), (signal.SIGSTOP, r"silent for \d+ s")],
)
@pytest.mark.slow
def test_fault_46_worker_that_freezes_or_dies_as_tensorflow_starts_is_noticed(
    tmp_path, number, sign
):
    """Where TensorFlow itself waits without end, holding Python's lock.

    Seen to fail without `python_goes_on`, and the frozen one without the count of silence.
    """
    arguments = ["--run-dir", tmp_path / "run", "--peer-timeout-seconds", 5]
    with Workers(*LONG, *arguments, started=[0]) as workers:
        with other_worker(workers.addresses) as other:
            try:
                assert other.stdout.readline() == "met\n"
                time.sleep(1)
                other.send_signal(number)
                code, told, seconds = workers.end(0)
            finally:
                other.kill()
        address = re.escape(workers.addresses[1])
    assert code == 7
    assert seconds < 10
    assert re.match(rf"error: worker 1 \({address}\) is lost \({sign}\); start all", told[-1])
    assert not (tmp_path / "run").exists()


def test_fault_47_worker_that_never_starts_is_named_in_time(tmp_path):
    """Seen to fail without the bound of the rendezvous."""
    run_dir = tmp_path / "run"
    timeout = ["--start-timeout-seconds", "5"]
    with Workers(*LONG, "--run-dir", run_dir, *timeout, started=[1]) as workers:
        code, told, _ = workers.end(1)
    assert code == 7
    [line] = told
    assert re.fullmatch(
        r"error: worker 0 \(127\.0\.0\.1:\d+\) did not start within 5 s; start every worker, or "
        "raise --start-timeout-seconds",
        line,
    )
    assert not run_dir.exists()
