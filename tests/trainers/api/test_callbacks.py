"""Callbacks, ours and Keras's, and interrupts: a run that is saved whatever they do."""

import csv
import signal

import keras
import pytest

import configs
import trainers
from trainers.api.keras_callbacks import adapted


def test_four_events_come_in_order_with_the_logged_figures(watched):
    run, notes, _ = watched
    events = [(event, step) for event, step, _ in notes.seen]
    one = [("logged", 34), ("validated", 34)]
    assert events == [("begin", 0), *one, ("logged", 68), ("validated", 68), ("end", 68)]
    assert notes.seen[1][2] == pytest.approx(run.history["loss"][0], rel=1e-8)
    assert notes.seen[4][2] == pytest.approx(run.history["val_loss"][1], rel=1e-8)
    assert notes.seen[5][2] == run.summary["best"]["test"]["accuracy"]


def test_csv_logger_of_keras_writes_the_figures_of_every_validation(watched):
    run, _, log = watched
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert [float(row[name]) for row in rows] == pytest.approx(run.history[name], rel=1e-8)


def test_early_stopping_and_lambdas_of_keras_see_epochs_and_stop(tmp_path, settings):
    seen = []
    watching = [
        keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: seen.append(("begin", epoch)),
            on_epoch_end=lambda epoch, logs: seen.append(("end", epoch, logs["val_loss"])),
            on_train_end=lambda logs: seen.append("over"),
        ),
        keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10, mode="min"),
        keras.callbacks.TerminateOnNaN(),
    ]
    folder = tmp_path / "run"
    run = trainers.fit(
        "perceptron", "digits", epochs=5, callbacks=watching, run_dir=folder, **settings
    )
    losses = [pytest.approx(loss, rel=1e-8) for loss in run.history["val_loss"]]
    assert len(losses) == 2  # stopped: nothing betters the loss by 10
    assert run.summary["steps"] == 68
    ends = [("end", 0, losses[0]), ("begin", 1), ("end", 1, losses[1])]
    assert seen == [("begin", 0), *ends, "over"]


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (keras.callbacks.ModelCheckpoint("x.keras"), "keep_checkpoints="),
        (keras.callbacks.LearningRateScheduler(lambda epoch: 1), 'schedule="cosine"'),
        (keras.callbacks.LambdaCallback(on_train_batch_end=print), "has on_train_batch_end"),
        (print, "give objects of trainers.Callback"),
    ],
)
def test_callbacks_that_do_not_apply_are_one_line(callback, message):
    with pytest.raises(configs.ConfigError, match=message):
        adapted([callback])


class FailsAt10(trainers.Callback):
    def on_logged(self, moment):
        raise OverflowError("mine")


class InterruptsAt10(trainers.Callback):
    def on_logged(self, moment):
        if moment.step == 10:
            signal.raise_signal(signal.SIGINT)


def test_error_of_a_callback_is_the_callers_once_the_run_is_saved(tmp_path, settings):
    with pytest.raises(OverflowError, match="mine"):
        trainers.fit(
            "perceptron",
            "digits",
            epochs=2,
            log_every_steps=10,
            callbacks=[FailsAt10()],
            run_dir=tmp_path / "run",
            **settings,
        )
    saved = sorted((tmp_path / "run/checkpoints").iterdir())
    assert [int(path.name.rpartition("-")[2]) for path in saved] == [0, 10]


def test_interrupted_run_is_saved_and_goes_on_to_the_same_weights(
    tmp_path, fitted, settings, capsys
):
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=r"saved at step 10; go on with trainers.open\("):
        trainers.fit(
            "perceptron",
            "digits",
            epochs=2,
            log_every_steps=10,
            callbacks=[InterruptsAt10()],
            run_dir=tmp_path / "run",
            **settings,
        )
    assert signal.getsignal(signal.SIGINT) is handler
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted: saving, then stopping"
    run = trainers.open(tmp_path / "run")
    with pytest.raises(trainers.errors.CheckpointError, match="has no model yet"):
        _ = run.model
    run.resume(verbose=False)
    assert run.summary["final_weights_sha256"] == fitted.summary["final_weights_sha256"]
