"""A run that is killed and resumed again and again."""

import json
import signal

import pytest
from forked import Command, users_environment

from trainers.runs import checkpoints

# Killed between two checkpoints, so that each start has something to repeat.
KILLED = """
import os, signal
from trainers.engine.loop import Loop

advance = Loop.advance

def advance_or_die(self, feed, step, updates):
    if step >= int(os.environ["LAST_STEP"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return advance(self, feed, step, updates)

Loop.advance = advance_or_die
"""


@pytest.mark.slow
def test_fault_08_four_resumes_in_a_row_end_in_the_same_bits(
    tmp_path, small_arguments, train_here, rows_of
):
    """Seen to fail without the seeds of dropout among what is restored."""
    module = tmp_path / "killed.py"
    module.write_text(KILLED)
    run = tmp_path / "run"
    argv = [*small_arguments, "--steps", "40", "--histograms", "false"]
    argv += ["--checkpoint-every-steps", "7", "--log-every-steps", "5"]
    for last, saved in ((9, 7), (16, 14), (23, 21), (33, 28), (40, None)):
        words = [*argv, "--run-dir", run] if last == 9 else ["--run-dir", run, "--resume"]
        environment = users_environment(LAST_STEP=str(last))
        with Command("trainers.run", *words, "--import", module, env=environment) as process:
            _, errors = process.communicate(240)
        assert process.returncode == (0 if saved is None else -signal.SIGKILL), errors
        if saved:
            assert checkpoints.available(run / "checkpoints")[0] == saved
    straight = train_here(tmp_path / "straight", *argv)
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    assert summary["final_weights_sha256"] == straight["final_weights_sha256"]
    assert summary["best_step"] == straight["best_step"]
    assert set(rows_of(run)) == set(rows_of(tmp_path / "straight"))
