"""A stop signal in each phase of a run: it is left there, saved, and goes on to the same end.

The signals are real and come to this very process, at a moment that a patched function marks.
"""

import os
import signal
import time

import keras
import numpy as np
import pytest

import datasets
import trainers.assembly.assemble
import trainers.assembly.data
import trainers.runs.summary
from trainers import run
from trainers.cli.exit import describe
from trainers.engine import pauses
from trainers.engine.evaluation import Evaluation
from trainers.engine.loop import Loop
from trainers.errors import PreemptedError
from trainers.problems.adversarial import feature_classifier
from trainers.runs import checkpoints
from trainers.runs.recorder import Recorder
from trainers.runs.tensorboard import event_files

# Two epochs of 34 updates, as in `small_run`.
LENGTH = ["--epochs", "2", "--checkpoint-every-steps", "17"]
# By phase: the function before whose call the signal comes, which of its calls since the start or
# the resume, and the step that the run is saved at then.
PHASES = {
    "the first update compiles": (Loop, "_call", 1, 0),
    "a validation begins": (Evaluation, "measure", 1, 34),
    "the last validation begins": (Evaluation, "measure", 2, 68),
    "the final weights are measured": (Evaluation, "measure", 2, 68),
    "the model is exported": (trainers.runs.summary, "export", 1, 68),
}
RARER = {
    "the first checkpoint is written": (checkpoints, "save", 1, 0),
    "the graph is shown": (event_files.EventFiles, "graph", 1, 0),
    "a validation is logged": (Recorder, "log_validation", 1, 34),
    "a validation is in its middle": (Evaluation, "_sums", 1, 68),
    "the model's file is written": (keras.Model, "save", 1, 68),
    "the summary is put together": (trainers.runs.summary.provenance, "hardware", 1, 68),
}
UNWRITTEN = {
    "data are prepared": (trainers.assembly.data, "_load"),
    "the model is built": (trainers.assembly.assemble, "_mode"),
}


def let_stop(patch, owner, name, call=1, number=signal.SIGTERM):
    """Let a signal come just before the `call`-th call of a function."""
    original, calls = getattr(owner, name), []

    def signalled(*args, **options):
        calls.append(name)
        if len(calls) == call:
            os.kill(os.getpid(), number)
        return original(*args, **options)

    patch.setattr(owner, name, signalled)


def stopped(*argv):
    """Run until the signal: the one line that is told, with exit code 75, within seconds."""
    began = time.monotonic()
    with pytest.raises(PreemptedError) as caught:
        run.main([str(each) for each in argv])
    assert time.monotonic() - began < 60
    code, message = describe(caught.value)
    assert code == 75
    return message


def saying(step, run_dir):
    """What can be pasted behind the command that was stopped."""
    return f"stopped and saved at step {step}; continue with --resume --run-dir {run_dir}"


def check_phases(phases, run_dir, small_arguments):
    """Stop a run in one phase after the other, each time resumed from the one before."""
    argv = [*small_arguments, *LENGTH]
    for phase, (owner, name, call, step) in phases.items():
        with pytest.MonkeyPatch.context() as patch:
            let_stop(patch, owner, name, call)
            message = stopped(*argv, "--run-dir", run_dir)
        assert message == saying(step, run_dir), phase
        assert checkpoints.load_newest(run_dir / "checkpoints").step == step, phase
        assert not list(run_dir.rglob(".*tmp*")), phase
        assert not (run_dir / "summary.json").exists(), phase
        argv = ["--resume"]


@pytest.fixture
def check_same_run(small_run, rows_of, events_of):
    def check(run_dir, summary):
        folder, straight = small_run
        for key in ("final_weights_sha256", "best", "best_step", "final"):
            assert summary[key] == straight[key], key
        rows, expected = rows_of(run_dir), rows_of(folder)
        assert set(rows) == set(expected)
        for key, value in rows.items():
            if key[1] != "examples_per_second":
                assert value == pytest.approx(expected[key], rel=1e-6), key
        for split in ("train", "validation"):
            assert set(events_of(run_dir, split)) == set(events_of(folder, split))

    return check


@pytest.mark.parametrize(
    "phases", [PHASES, pytest.param(RARER, marks=pytest.mark.slow)], ids=["often", "rarer"]
)
def test_fault_06_stop_in_any_phase_is_saved_and_ends_alike(
    phases, tmp_path, small_arguments, train_here, check_same_run
):
    """Seen to fail without the handler's leaving, and without the pauses of the evaluation."""
    check_phases(phases, tmp_path / "run", small_arguments)
    check_same_run(tmp_path / "run", train_here(tmp_path / "run", "--resume"))


def test_fault_51_dropped_terminal_and_batch_systems_warnings_do_as_sigterm(
    tmp_path, small_arguments, train_here, check_same_run
):
    """Seen to fail where they are no stop signals: this process is ended."""
    run_dir, argv = tmp_path / "run", [*small_arguments, *LENGTH, "--run-dir", tmp_path / "run"]
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        with pytest.MonkeyPatch.context() as patch:
            let_stop(patch, Loop, "advance", 2, number)
            message = stopped(*argv)
        saved = checkpoints.load_newest(run_dir / "checkpoints").step
        assert 0 < saved < 68
        assert message == saying(saved, run_dir)
        argv = ["--resume", "--run-dir", run_dir]
    check_same_run(run_dir, train_here(run_dir, "--resume"))


@pytest.mark.parametrize("phase", UNWRITTEN)
def test_fault_06_stop_before_anything_is_written_leaves_nothing(phase, tmp_path, small_arguments):
    """Seen to fail without the handler's leaving: the run begins and is saved at step 0."""
    with pytest.MonkeyPatch.context() as patch:
        let_stop(patch, *UNWRITTEN[phase])
        patch.chdir(tmp_path)
        message = stopped(*small_arguments, *LENGTH)
    assert message == "stopped before the run began; nothing was written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_fault_06_stop_while_the_feature_classifier_trains(tmp_path, train_here):
    """Seen to fail without `most_updates`, and without the handler's leaving."""
    argv = ["--model", "gan", "--model.filters", "4", "--model.latent-dim", "8"]
    argv += ["--batch-size", "32", "--problem.classifier-steps", "200", "--steps", "2"]
    calls = []

    def advance(self, feed, done, most):
        call = original(self, feed, done, most)
        calls.append(done + call.updates)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGUSR1)
        return call

    original = Loop.advance
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "advance", advance)
        patch.setattr(feature_classifier, "_UPDATES_PER_CALL", 5)
        message = stopped(*argv, "--histograms", "false", "--run-dir", tmp_path / "run")
    assert message == saying(0, tmp_path / "run")
    assert calls == [1, 6]
    assert not list((tmp_path / "run").glob("*feature_classifier*"))
    resumed = train_here(tmp_path / "run", "--resume")
    straight = train_here(tmp_path / "straight", *argv)
    assert resumed["final_weights_sha256"] == straight["final_weights_sha256"]
    assert resumed["final"] == straight["final"]


@pytest.mark.parametrize("length", [1, 3, 100])
def test_evaluation_gives_the_same_bits_in_however_many_calls(
    length, make_step, make_data, monkeypatch
):
    monkeypatch.setattr("trainers.engine.evaluation._EXAMPLES_PER_CALL", 3)
    data = make_data(23, weighted=True)
    split = datasets.Split(*(np.asarray(each) for each in data[:3]))
    asked = []

    def answer(most):
        asked.append(most)
        return False, length

    evaluation = Evaluation(make_step(), "graph")
    with pauses.asking(answer):
        values = evaluation.measure(split)
    assert values == Evaluation(make_step(), "graph").measure(split)
    assert len(asked) == -(-8 // length)  # batches of 3 of the 23


def test_evaluation_is_left_between_its_calls(make_step, make_data, monkeypatch):
    monkeypatch.setattr("trainers.engine.evaluation._EXAMPLES_PER_CALL", 3)
    split = datasets.Split(*(np.asarray(each) for each in make_data(23)[:3]))
    answers = iter([(False, 1), (False, 1), (True, 1)])
    step = make_step()
    with pauses.asking(lambda most: next(answers)), pytest.raises(pauses.StopRequested):
        Evaluation(step, "graph").measure(split)
    assert next(answers, None) is None
    assert pauses.next_call(5) == 5
