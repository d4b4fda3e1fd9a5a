"""The launcher: what it refuses, and what it hands to its workers; none of them is started here."""

import subprocess
import sys

import pytest
from places import ROOT

import configs
import datasets
import zoo
from trainers import launch
from trainers.cli.exit import describe

MISTAKES = {
    "": "nothing to run; write `python -m trainers.launch --workers 2 -- --model mlp`",
    "--workers 0 -- --model mlp": "--workers is 0; give at least 1",
    "--workers -1 -- --model mlp": "--workers is -1; give at least 1",
    "--workers two -- --model mlp": "--workers cannot be 'two'; allowed: int",
    "-- --model nope": "no model is called 'nope'",
    "-- --model mlp --batch-size 0": "batch_size is 0; give --batch-size a number at least 1",
    "-- --model mlp --model.dropout 2": "model 'mlp' got dropout=2.0; allowed: float in [0, 1)",
    "-- --model mlp --loss hinge --model.output-activation softmax": "loss 'hinge' needs scores",
    "-- --model mlp --dataset nope": "unknown dataset 'nope'",
    "-- --model mlp --strategy mirrored": "--strategy mirrored is for one process",
    "-- --model mlp --replicas 2": "--replicas and --devices do not apply to the workers",
    "-- --model policy": "trains on one device",
    "-- --model mlp --compile eager": "--compile eager with 2 replicas",
    "-- --model mlp --resume --run-dir /nowhere": "/nowhere holds no config.yaml",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistake_is_one_line_before_any_worker_starts(line, monkeypatch):
    monkeypatch.setattr(launch, "launch", lambda *_: pytest.fail("workers were started"))
    refusals = (configs.ConfigError, zoo.ModelError, datasets.UnknownDatasetError)
    with pytest.raises(refusals) as caught:
        launch.main(line.split())
    code, text = describe(caught.value)
    assert code == 2
    assert MISTAKES[line] in text


def test_existing_run_is_refused_before_any_worker_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "launch", lambda *_: pytest.fail("workers were started"))
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(configs.ConfigError, match=r"already holds a run; add --resume"):
        launch.main(["--", "--model", "mlp", "--run-dir", str(tmp_path)])


def test_workers_get_the_arguments_and_the_wish_for_tracebacks(monkeypatch):
    started = []
    monkeypatch.setattr(launch, "launch", lambda *given: started.append(given) or 0)
    monkeypatch.setattr(sys, "argv", ["launch", "--debug"])
    launch.main(["--workers", "3", "--", "--model", "cnn"])
    # They name their folder themselves, when they begin.
    assert started == [(3, [sys.executable, "-m", "trainers.run", "--model", "cnn", "--debug"])]


@pytest.mark.parametrize("line", ["--help", "-- --help", "-- --model mlp --print-config"])
def test_what_trains_nothing_starts_no_worker_and_no_tensorflow(line):
    command = [sys.executable, "-X", "importtime", "-m", "trainers.launch", *line.split()]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stdout
    assert " tensorflow\n" not in result.stderr
