"""Two workers: what they leave behind, and how they end and go on after each kind of end."""

import re
import signal

import pytest
from worker_runs import EPOCHS, LONG, STEPS_PER_EPOCH, Workers, errors_of, launched, summary_of

from trainers.runs import checkpoints


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run of two workers that nothing has disturbed: its folder, code, and lines."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "temporary").mkdir()
    ended = launched(*LONG, "--run-dir", folder / "run", TMPDIR=str(folder / "temporary"))
    assert ended[0] == 0, ended
    return folder / "run", *ended


def names_in(folder):
    """The files of a run, with N where their names differ from run to run."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {re.sub(r"step-\d+|tfevents\.\S+", "N", name) for name in names}


def test_only_the_chief_writes_and_tells(uninterrupted, small_run, rows_of, events_of):
    run_dir, _, out, errors = uninterrupted
    assert names_in(run_dir) == names_in(small_run[0])
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


def test_sigterm_to_one_and_kill_9_of_another_leave_the_same_run(
    uninterrupted, tmp_path, rows_of, events_of
):
    run_dir = tmp_path / "run"
    with Workers(*LONG, "--run-dir", run_dir) as workers:
        workers.wait_for_step(run_dir, 85)
        workers.send(1, signal.SIGTERM)
        ended = [workers.end(index) for index in (0, 1)]
    assert [code for code, _, _ in ended] == [75, 75]
    saved = checkpoints.available(run_dir / "checkpoints")[0]
    line = f"error: stopped and saved at step {saved}; continue with --resume"
    assert errors_of(ended[0][1]) == [line]
    assert ended[1][1] == ["SIGTERM: saving, then stopping", line]

    with Workers("--run-dir", run_dir, "--resume") as workers:
        workers.wait_for_step(run_dir, saved + 51)
        workers.send(1, signal.SIGKILL)
        code, told, seconds = workers.end(0)
        assert workers.end(1)[0] == -signal.SIGKILL
    assert code == 7
    assert seconds < 30
    [line] = errors_of(told)
    assert re.fullmatch(
        r"error: a worker of the 2 is lost \((its connection closed|\w+)\); start all of them "
        "again with --resume: the run goes on from its newest checkpoint",
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


def test_worker_that_never_starts_is_named_in_time(tmp_path):
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
