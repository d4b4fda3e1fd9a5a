"""Training from Python: the command line's bits, the user's process as it was."""

import os
import random
import shutil
import threading

import keras
import matplotlib
import numpy as np
import pytest

import configs
import trainers
from trainers.cli import keyword_arguments


def test_equal_settings_give_the_command_lines_weights(fitted, train_here, tmp_path):
    words = ["--model", "perceptron", "--dataset", "digits", "--epochs", "2"]
    words += ["--seed", "3", "--schedule", "constant", "--compile", "graph"]
    summary = train_here(tmp_path / "typed", *words)
    assert fitted.summary["final_weights_sha256"] == summary["final_weights_sha256"]
    typed = (tmp_path / "typed/config.yaml").read_text(encoding="utf-8")
    assert (fitted.path / "config.yaml").read_text(encoding="utf-8") == typed


def test_history_has_keras_names_and_the_logged_figures(fitted, rows_of):
    rows = rows_of(fitted.path)
    assert fitted.history["val_epoch"] == [1, 2]
    assert fitted.history["loss"] == [rows["train", "loss", step] for step in (34, 68)]
    assert fitted.history["val_accuracy"] == [
        rows["validation", "accuracy", step] for step in (34, 68)
    ]


def test_evaluate_gives_the_figures_of_the_summary(fitted):
    assert fitted.evaluate("test") == fitted.summary["best"]["test"]
    with pytest.raises(configs.ConfigError, match="did you mean 'validation'"):
        fitted.evaluate("validatoin")


def test_opened_run_is_the_run_wherever_it_was_moved(fitted, tmp_path):
    moved = trainers.open(shutil.copytree(fitted.path, tmp_path / "moved"))
    assert moved.history == fitted.history
    assert moved.resume(epochs=3, verbose=False) is moved
    assert moved.history["val_epoch"] == [1, 2, 3]
    assert moved.config.epochs == 3


def test_a_run_writes_its_page(fitted):
    assert "Learning curves over updates" in fitted.report().read_text(encoding="utf-8")


def test_plot_shows_both_curves_and_leaves_the_backend(fitted):
    before = dict.__getitem__(matplotlib.rcParams, "backend")
    axes = fitted.plot().axes
    assert [plot.get_title(loc="left") for plot in axes] == ["loss", "accuracy"]
    assert list(axes[0].lines[0].get_ydata()) == fitted.history["loss"]
    assert dict.__getitem__(matplotlib.rcParams, "backend") == before


class TrainsAgain(trainers.Callback):
    def on_begin(self, moment):
        assert threading.current_thread() is not threading.main_thread()
        with pytest.raises(configs.ConfigError, match="a run is going on in this process"):
            trainers.fit("perceptron", "digits", steps=1)


def test_another_threads_run_leaves_the_users_settings_and_lets_no_second_in(tmp_path, settings):
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    random.seed(5)
    np.random.seed(5)
    expected = random.Random(5).random(), np.random.RandomState(5).rand()
    before, runs = dict(os.environ), []

    def work():
        keras.config.set_dtype_policy("mixed_bfloat16")  # which each thread has its own of
        again = {"callbacks": [TrainsAgain()], "run_dir": tmp_path / "run"}
        runs.append(trainers.fit("cnn", "digits", steps=1, filters=[2], **again, **settings))
        runs.append(keras.config.dtype_policy().name)

    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert keras.config.floatx() == "float64"
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
    assert (random.random(), np.random.rand()) == expected
    assert dict(os.environ) == before
    assert runs[0].config.precision == "float32"
    assert runs[1] == "mixed_bfloat16"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0.1}, "unknown setting 'lr'; did you mean 'learning_rate'?"),
        ({"batch_sise": 1}, "did you mean 'batch_size'?"),
        ({"optimizer": {"name": "adam", "beta_3": 1}}, "optimizer has no setting 'beta_3'"),
        ({"seed": "x"}, "--seed cannot be 'x'; allowed: int"),
        ({"learning_rate": 1, "optimizer": {"learning_rate": 2}}, "is given twice"),
    ],
)
def test_wrong_settings_are_one_line(settings, message):
    with pytest.raises(configs.ConfigError) as error:
        trainers.fit("mlp", "digits", epochs=1, **settings)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_mean_what_their_flags_mean():
    read = keyword_arguments.read(
        {
            "model": "mlp",
            "optimizer": {"name": "momentum", "nesterov": True},
            "hidden_units": (30, 20),
            "learning_rate": np.float64(0.5),
            "batch_size": "full",
            "class_weights": {"cat": 2},
            "drop": ["id", "name"],
            "epochs": 3,
        }
    )
    assert read.config.model.options["hidden_units"] == [30, 20]
    assert read.config.optimizer.options == {"momentum": 0.9, "nesterov": True}
    assert (read.config.optimizer.learning_rate, read.config.batch_size) == (0.5, "full")
    assert read.config.loss.class_weights == "{cat: 2}"
    assert read.config.dataset.drop == "id,name"
    assert {"model.hidden_units", "optimizer.nesterov", "batch_size"} <= read.typed
