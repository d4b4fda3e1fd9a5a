"""Callbacks: four events with the run's figures, and a run that is saved when one fails."""

import pytest

import trainers

SETTINGS = {
    "seed": 3, "schedule": "constant", "histograms": False, "verbose": False,
}  # fmt: skip


class Notes(trainers.Callback):
    def __init__(self):
        self.seen = []

    def on_begin(self, moment):
        self.seen.append(("begin", moment.step, dict(moment.figures)))

    def on_logged(self, moment):
        self.seen.append(("logged", moment.step, moment.figures["loss"]))

    def on_validated(self, moment):
        self.seen.append(("validated", moment.step, moment.figures["loss"]))

    def on_end(self, moment):
        self.seen.append(("end", moment.step, moment.figures["accuracy"]))


def test_four_events_come_in_order_with_the_logged_figures(tmp_path):
    notes = Notes()
    run = trainers.fit(
        "perceptron", "digits", epochs=2, callbacks=[notes], run_dir=tmp_path / "run", **SETTINGS
    )
    events = [(event, step) for event, step, _ in notes.seen]
    one = [("logged", 34), ("validated", 34)]
    assert events == [("begin", 0), *one, ("logged", 68), ("validated", 68), ("end", 68)]
    assert notes.seen[1][2] == pytest.approx(run.history["loss"][0], rel=1e-8)
    assert notes.seen[4][2] == pytest.approx(run.history["val_loss"][1], rel=1e-8)
    assert notes.seen[5][2] == run.summary["best"]["test"]["accuracy"]


def test_stop_ends_the_training_as_early_stopping_does(tmp_path):
    class Stops(trainers.Callback):
        def on_validated(self, moment):
            moment.stop()

    run = trainers.fit(
        "perceptron", "digits", epochs=9, callbacks=[Stops()], run_dir=tmp_path / "run", **SETTINGS
    )
    assert run.summary["steps"] == 34


def test_error_of_a_callback_is_the_callers_and_the_run_goes_on_from_there(tmp_path):
    class Fails(trainers.Callback):
        def on_logged(self, moment):
            raise OverflowError("mine")

    settings = {"epochs": 2, **SETTINGS}
    whole = trainers.fit("perceptron", "digits", run_dir=tmp_path / "whole", **settings)
    settings |= {"log_every_steps": 10, "checkpoint_every_steps": 30}
    with pytest.raises(OverflowError, match="mine"):
        trainers.fit(
            "perceptron", "digits", callbacks=[Fails()], run_dir=tmp_path / "run", **settings
        )
    run = trainers.open(tmp_path / "run")
    assert sorted(path.name[-2:] for path in (run.path / "checkpoints").iterdir()) == ["00", "10"]
    resumed = run.resume(verbose=False)
    assert resumed.summary["final_weights_sha256"] == whole.summary["final_weights_sha256"]
