"""Keras's callbacks at a run's validations."""

import csv

import keras
import pytest

import configs
import trainers
from trainers.api.keras_callbacks import adapted


def test_csv_logger_lambda_and_early_stopping_see_epochs(tmp_path):
    seen = []
    watching = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: seen.append(("begin", epoch)),
            on_epoch_end=lambda epoch, logs: seen.append(("end", epoch, logs["val_loss"])),
            on_train_end=lambda logs: seen.append("over"),
        ),
        keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10, mode="min"),
        keras.callbacks.TerminateOnNaN(),
    ]
    run = trainers.fit(
        "perceptron",
        "digits",
        epochs=5,
        schedule="constant",
        callbacks=watching,
        run_dir=tmp_path / "run",
        histograms=False,
        verbose=False,
    )
    losses = run.history["val_loss"]
    assert len(losses) == 2  # stopped: nothing betters the loss by 10
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert [float(row["val_loss"]) for row in rows] == pytest.approx(losses, rel=1e-8)
    assert [float(row["accuracy"]) for row in rows] == pytest.approx(
        run.history["accuracy"], rel=1e-8
    )
    assert seen[:2] == [("begin", 0), ("end", 0, pytest.approx(losses[0], rel=1e-8))]
    assert seen[2:] == [("begin", 1), ("end", 1, pytest.approx(losses[1], rel=1e-8)), "over"]


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
