"""Trackers hear of a run, once, however often it goes on; without their package in one line."""

import importlib.util
import json

import pytest

import configs
import trainers
from trainers import run
from trainers.tracking import tracker
from trainers.tracking.chosen import names_of
from trainers.tracking.tracker import Tracker

SETTINGS = {
    "schedule": "constant",
    "histograms": False,
    "report": False,
    "verbose": False,
    "compile": "graph",
}


class Heard(Tracker):
    """A tracker that keeps what it hears."""

    def __init__(self, fails_at=None):
        super().__init__("heard")
        self.fails_at, self.known, self.told, self.kept = fails_at, [], [], None

    def begin(self, moment, known):
        self.known.append(known)
        return known or "id-7"

    def figures(self, values, step):
        if step == self.fails_at:
            raise OSError("the server does not answer")
        self.told.append((step, values))

    def end(self, values, step, files):
        self.kept = values, [path.name for path in files]


def fitted(folder, heard, epochs=2):
    return trainers.fit(
        "perceptron", "digits", epochs=epochs, callbacks=[heard], run_dir=folder, **SETTINGS
    )


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    heard = Heard()
    return fitted(tmp_path_factory.mktemp("tracked") / "run", heard), heard


def test_figures_are_named_by_their_split_and_files_are_kept(followed):
    run, heard = followed
    found = {}
    for step, values in heard.told:
        for name, value in values.items():
            found.setdefault(name, []).append((step, value))
    assert [value for _, value in found["loss"]] == pytest.approx(run.history["loss"])
    accuracies = [value for _, value in found["val_accuracy"]]
    assert accuracies == pytest.approx(run.history["val_accuracy"])
    assert [step for step, _ in found["val_loss"]] == [34, 68]
    assert heard.kept[0] == {f"test_{k}": v for k, v in run.summary["best"]["test"].items()}
    assert heard.kept[1] == ["config.yaml", "summary.json", "model.keras"]


def test_a_run_that_goes_on_is_known_by_its_id(followed):
    run = followed[0]
    assert json.loads((run.path / "trackers.json").read_text()) == {"heard": "id-7"}
    again = Heard()
    run.resume(epochs=3, callbacks=[again])
    assert again.known == ["id-7"]
    assert [step for step, values in again.told if "val_loss" in values] == [102]


def test_a_tracker_that_fails_is_one_warning(tmp_path, capsys):
    heard = Heard(fails_at=34)
    fitted(tmp_path / "run", heard)
    warned = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert warned == [
        "warning: heard failed (OSError: the server does not answer); training goes on without"
    ]
    assert heard.told[-1][0] == 68
    assert heard.kept is not None


@pytest.mark.parametrize("name", ["MLflowCallback", "WandbCallback"])
def test_a_missing_package_is_one_line_that_names_the_extra(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(configs.ConfigError, match=r"which is not installed; .*\[track\]") as caught:
        getattr(trainers, name)()
    assert "\n" not in str(caught.value)


def test_the_command_line_names_trackers_and_refuses_others(tmp_path, monkeypatch):
    words = ["--model", "perceptron", "--run-dir", str(tmp_path / "run"), "--track"]
    with pytest.raises(configs.ConfigError, match="did you mean 'mlflow'"):
        run.main([*words, "mlfow"])
    monkeypatch.setattr(tracker.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(configs.ConfigError, match="--track wandb needs the package wandb"):
        run.main([*words, "wandb"])
    assert list(tmp_path.iterdir()) == []
    assert names_of(configs.Config()) == []


# SQLAlchemy's newest release warns of what MLflow asks of it.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mlflow_has_one_run_over_a_resume(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow-skinny is in the extra `track`")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = fitted(tmp_path / "run", trainers.MLflowCallback("tried"), epochs=1)
    run.resume(epochs=2, callbacks=[trainers.MLflowCallback("tried")])
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tried")
    (found,) = client.search_runs([experiment.experiment_id])
    assert (found.info.status, found.info.run_name) == ("FINISHED", "run")
    assert found.data.params["model.name"] == "perceptron"
    assert found.data.params["batch_size"] == "32"
    history = client.get_metric_history(found.info.run_id, "val_loss")
    assert [each.step for each in history] == [34, 68]
    assert [each.value for each in history] == pytest.approx(run.history["val_loss"], rel=1e-6)
    test = found.data.metrics["test_accuracy"]
    assert test == pytest.approx(run.summary["best"]["test"]["accuracy"])
    kept = {path.path for path in client.list_artifacts(found.info.run_id)}
    assert kept == {"config.yaml", "summary.json", "model.keras"}


@pytest.mark.slow
def test_wandb_writes_offline_under_one_id(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is in the extra `track`")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    run = fitted(tmp_path / "run", trainers.WandbCallback("tried"), epochs=1)
    run.resume(epochs=2, callbacks=[trainers.WandbCallback("tried")])
    own = json.loads((run.path / "trackers.json").read_text())["wandb"]
    written = sorted((tmp_path / "wandb").glob(f"offline-run-*/run-{own}.wandb"))
    assert written
    # The records are protocol buffers, whose names and words stand there as they are.
    content = b"".join(path.read_bytes() for path in written)
    for word in (b"val_accuracy", b"test_loss", b"model.keras", b"perceptron"):
        assert word in content
