"""A run that is killed after any of its updates loses at most an interval and ends alike."""

import os
import signal
from pathlib import Path

import pytest
from forked import Command, users_environment
from places import ROOT

from trainers.runs import checkpoints

EVERY, LAST = 4, 20
OFTEN = (12, 19)


@pytest.fixture(scope="module")
def arguments(small_arguments):
    length = ["--steps", str(LAST), "--checkpoint-every-steps", str(EVERY)]
    return [*small_arguments, *length, "--evaluate-every-steps", "10", "--histograms", "false"]


@pytest.fixture(scope="module")
def straight(train_here, tmp_path_factory, arguments):
    return train_here(tmp_path_factory.mktemp("straight") / "run", *arguments)


@pytest.mark.parametrize(
    "step",
    [
        step if step in OFTEN else pytest.param(step, marks=pytest.mark.slow)
        for step in range(1, LAST + 1)
    ],
)
def test_fault_01_kill_9_after_any_step_loses_at_most_an_interval(
    step, tmp_path, arguments, straight, train_here
):
    """Seen to fail where only the end saves."""
    run_dir = tmp_path / "run"
    paths = os.pathsep.join([str(Path(__file__).parent), str(ROOT)])
    environment = users_environment(PYTHONPATH=paths)
    argv = [step, *arguments, "--run-dir", run_dir]
    with Command("killed_run", *argv, env=environment) as killed:
        assert killed.wait(120) == -signal.SIGKILL
    assert step - EVERY <= checkpoints.load_newest(run_dir / "checkpoints").step < step
    resumed = train_here(run_dir, "--resume")
    for key in ("final_weights_sha256", "best", "final"):
        assert resumed[key] == straight[key], key
