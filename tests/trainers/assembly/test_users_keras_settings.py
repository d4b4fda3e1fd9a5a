"""A run where Keras is set otherwise, or whose folder is gone, is the same run."""

import keras
import pytest

from trainers import evaluate

RUN = ["--model", "cnn", "--model.filters", "[2]", "--steps", "3", "--batch-size", "32"]


@pytest.fixture
def own_settings():
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(0.5)
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@pytest.fixture(scope="module")
def plain(train_here, tmp_path_factory):
    return train_here(tmp_path_factory.mktemp("plain") / "run", *RUN)


@pytest.mark.usefixtures("own_settings")
def test_a_run_is_the_same_whatever_keras_was_set_to(train_here, tmp_path, plain):
    summary = train_here(tmp_path / "run", *RUN)
    assert summary["final_weights_sha256"] == plain["final_weights_sha256"]


def test_a_run_is_read_from_a_folder_that_is_gone(small_run, tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    evaluate.main([str(small_run[0])])
    assert capsys.readouterr().out.startswith("mlp on digits, test, step ")
