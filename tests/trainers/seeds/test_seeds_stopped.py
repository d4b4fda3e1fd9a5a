"""A sweep that is killed or asked to stop goes on, to the same weights."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from forked import users_environment
from places import ROOT

from trainers import run
from trainers.engine.loop import Loop
from trainers.errors import PreemptedError


@pytest.mark.slow
def test_a_stop_saves_and_says_how_to_go_on(
    train_here, small_arguments, tmp_path, monkeypatch, capsys
):
    argv = [*small_arguments, "--epochs", "1", "--seeds", "0-1"]
    straight = train_here(tmp_path / "straight", *argv)
    calls, advance = [], Loop.advance

    def stopping(self, feed, done, most):
        call = advance(self, feed, done, most)
        calls.append(done)
        if calls.count(0) == 2:  # the second seed has begun
            os.kill(os.getpid(), signal.SIGTERM)
        return call

    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(Loop, "advance", stopping)
        with pytest.raises(PreemptedError) as stopped:
            train_here(folder, *argv)
    assert re.search(r"saved at step \d+; continue with --resume --run-dir", str(stopped.value))
    assert str(stopped.value).endswith(str(folder))
    values = train_here(folder, "--resume")
    assert values["final_weights_sha256"] == straight["final_weights_sha256"]


@pytest.mark.slow
def test_a_killed_sweep_loses_at_most_an_interval(small_arguments, tmp_path):
    argv = [*small_arguments, "--epochs", "1", "--seeds", "0-1", "--compile", "graph"]
    run.main([*argv, "--run-dir", str(tmp_path / "straight")])
    code = """
import os, signal, sys
from trainers.engine.loop import Loop
advance, begun = Loop.advance, []
def killed(self, feed, done, most):
    call = advance(self, feed, done, min(most, 5))
    begun.append(done == 0)
    if sum(begun) == 2 and done >= 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return call
Loop.advance = killed
from trainers import run
run.main(sys.argv[1:])
"""
    folder = tmp_path / "run"
    words = [sys.executable, "-c", code, *argv, "--run-dir", str(folder)]
    words += ["--checkpoint-every-steps", "10"]
    ended = subprocess.run(words, cwd=ROOT, env=users_environment(), check=False, timeout=300)
    assert ended.returncode == -9
    assert not (folder / "seed-0001" / "summary.json").exists()
    assert (folder / "seed-0000" / "summary.json").exists()
    run.main(["--run-dir", str(folder), "--resume"])
    both = [
        json.loads((path / "summary.json").read_text())["final_weights_sha256"]
        for path in (folder, tmp_path / "straight")
    ]
    assert both[0] == both[1]
