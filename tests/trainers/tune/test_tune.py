"""`trainers.tune`: a study, what it found, and what it goes on with."""

import csv
import json
import math
import shutil
import signal

import optuna
import pytest
import yaml
from PIL import Image

import configs
from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.engine.loop import Loop
from trainers.errors import DivergedError, PreemptedError
from trainers.tune import study as studies
from trainers.tune import trial as trials
from trainers.tune.__main__ import main
from trainers.tune.space import space_of


def rows(folder):
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drawn(folder):
    return [(row["optimizer.learning_rate"], row["batch_size"]) for row in rows(folder)]


def test_every_trial_is_an_ordinary_run(tuned):
    found = rows(tuned)
    assert [int(row["trial"]) for row in found] == list(range(8))
    for row in found:
        folder = tuned / "trials" / f"{int(row['trial']):04d}"
        config = yaml.safe_load((folder / "config.yaml").read_text())
        assert config["optimizer"]["learning_rate"] == float(row["optimizer.learning_rate"])
        assert config["batch_size"] == int(row["batch_size"])
        assert 1e-4 <= config["optimizer"]["learning_rate"] <= 1
        summary = json.loads((folder / "summary.json").read_text())
        if row["state"] == "complete":
            assert summary["best"]["validation"]["loss"] == pytest.approx(float(row["loss"]))
        else:
            assert (row["state"], row["loss"]) == ("pruned", "")
            assert "behind the others" in row["reason"]


def test_the_best_is_the_lowest_validation_loss_and_its_recipe_trains_the_same(
    tuned, tmp_path, capsys
):
    found = json.loads((tuned / "summary.json").read_text())
    whole = [row for row in rows(tuned) if row["state"] == "complete"]
    best = min(whole, key=lambda row: float(row["loss"]))
    assert found["best"]["trial"] == int(best["trial"])
    assert sum(found["trials"].values()) == 8
    text = (tuned / "best.yaml").read_text()
    assert text.startswith(f"# The best of 8 trials, number {best['trial']}: validation loss")
    assert "# Found by: python -m trainers.tune --model perceptron" in text
    assert f"# Train it: python -m trainers.run --config {tuned / 'best.yaml'}" in text
    run.main(["--config", str(tuned / "best.yaml"), "--run-dir", str(tmp_path / "run")])
    again = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert again["final_weights_sha256"] == found["best"]["final_weights_sha256"]
    assert again["best"]["test"] == found["best"]["test"]


def test_importance_and_pictures_are_there(tuned):
    found = json.loads((tuned / "summary.json").read_text())
    shares = found["importances"]
    assert set(shares) == {"optimizer.learning_rate", "batch_size"}
    assert sum(shares.values()) == pytest.approx(1)
    # Over four decades the rate decides more than one doubling of the batch.
    assert shares["optimizer.learning_rate"] > shares["batch_size"]
    for name in ("importance", "history", "slices"):
        with Image.open(tuned / f"{name}.png") as picture:
            assert picture.width > 600


@pytest.mark.slow
def test_a_study_that_was_ended_goes_on_to_the_same_trials(tuned, words, tmp_path):
    main([*words, "--trials", "3", "--study", str(tmp_path / "study")])
    assert len(rows(tmp_path / "study")) == 3
    main(["--study", str(tmp_path / "study"), "--trials", "8"])
    assert drawn(tmp_path / "study") == drawn(tuned)
    assert [row["loss"] for row in rows(tmp_path / "study")] == [row["loss"] for row in rows(tuned)]


@pytest.mark.slow
def test_a_stopped_trial_is_gone_on_with(tuned, words, tmp_path, monkeypatch):
    folder, calls, advance = tmp_path / "study", [], Loop.advance

    def stopping(self, feed, done, most):
        calls.append(done)
        if calls.count(0) == 2:
            signal.raise_signal(signal.SIGTERM)
        return advance(self, feed, done, most)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "advance", stopping)
        with pytest.raises(PreemptedError) as stopped:
            main([*words, "--trials", "3", "--study", str(folder)])
    assert str(stopped.value).endswith(f"continue with python -m trainers.tune --study {folder}")
    assert describe(stopped.value)[0] == 75
    main(["--study", str(folder)])
    assert [row["loss"] for row in rows(folder)] == [row["loss"] for row in rows(tuned)[:3]]


def opened(folder):
    setting = studies.read(folder)
    return studies.Study(folder, setting, space_of(setting.searches, "perceptron", "adam"))


def test_a_trial_whose_process_is_gone_is_taken_up_twice_and_then_given_up(words, tmp_path):
    folder = tmp_path / "study"
    main([*words, "--trials", "1", "--study", str(folder)])
    main(["--study", str(folder), "--trials", "1"])  # nothing is left to do
    assert len(rows(folder)) == 1
    setting = studies.read(folder)
    studies.write(folder, studies.Setting(**{**vars(setting), "trials": 2}))
    taken = []
    for _ in range(3):
        with opened(folder).next_trial() as trial:
            taken.append(None if trial is None else trial.number)
    # A new one, the same one after what looks like a kill, and none: there are two by now.
    assert taken == [1, 1, None]
    assert opened(folder).trials[1].state.name == "FAIL"
    assert opened(folder).trials[1].user_attrs["reason"] == "its process was killed 2 times"


def test_two_processes_never_work_on_one_trial(words, tmp_path):
    folder = tmp_path / "study"
    main([*words, "--trials", "1", "--study", str(folder)])
    setting = studies.read(folder)
    studies.write(folder, studies.Setting(**{**vars(setting), "trials": 3}))
    with opened(folder).next_trial() as one, opened(folder).next_trial() as other:
        assert {one.number, other.number} == {1, 2}


def test_a_trial_that_diverges_is_told_and_the_study_goes_on(words, tmp_path, monkeypatch):
    train = trials.train

    def diverging(plan, path, *given, **options):
        if path.name == "0001":
            raise DivergedError("the loss of update 3 is nan")
        return train(plan, path, *given, **options)

    monkeypatch.setattr(trials, "train", diverging)
    main([*words, "--trials", "3", "--study", str(tmp_path / "study")])
    found = rows(tmp_path / "study")
    assert [row["state"] for row in found] == ["complete", "fail", "complete"]
    assert found[1]["reason"] == "diverged: the loss of update 3 is nan"


@pytest.mark.slow
def test_grid_tries_every_combination_once_by_a_metric(tmp_path):
    words = ["--model", "perceptron", "--epochs", "1", "--compile", "graph"]
    words += ["--histograms", "false", "--best-by", "metric", "--sampler", "grid"]
    words += ["--search", "learning_rate=[0.01,0.1]", "--search", "batch_size=[32,64]"]
    main([*words, "--pruner", "none", "--study", str(tmp_path / "study")])
    expected = [("0.01", "32"), ("0.01", "64"), ("0.1", "32"), ("0.1", "64")]
    assert drawn(tmp_path / "study") == expected
    found = json.loads((tmp_path / "study" / "summary.json").read_text())
    values = [float(row["accuracy"]) for row in rows(tmp_path / "study")]
    assert found["best"]["value"] == max(values)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--search", "learning_rate=uniform(-1,1)"], "give --optimizer.learning-rate a number"),
        (["--search", "model.dropout=uniform(0,2)", "--model", "mlp"], "allowed: float in"),
        (["--search", "activation=[tahn]", "--model", "mlp"], "did you mean 'tanh'"),
        (["--search", "batch_size=[8,9]", "--batch-size", "7"], "is given, and searched"),
        (["--search", "batch_size=[8,9]", "--trial", "7"], "did you mean '--trials'"),
        (["--search", "batch_size=[8,9]", "--sampler", "tp"], "did you mean 'tpe'"),
        (["--search", "batch_size=[8,9]", "--trials", "0"], "give a number above 0"),
        (["--search", "batch_size=[8,9]", "--seeds", "0-3"], "not of a study"),
        (["--search", "batch_size=[8,9]", "--run-dir", "a"], "--study says where"),
        (["--search", "batch_size=[8,9]", "--resume"], "holds no study"),
        (["--search", "batch_size=int(8,64)", "--sampler", "grid"], "is a range"),
        (["--search", "batch_size=[8,9]", "--epoch", "3"], "did you mean '--epochs'"),
        ([], "give --search at least once"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(argv, told, tmp_path):
    with pytest.raises(Exception) as caught:
        main([*argv, "--study", str(tmp_path / "study")])
    code, line = describe(caught.value)
    assert code == 2
    assert told in line
    assert list(tmp_path.iterdir()) == []


def test_a_study_takes_no_other_setting(tuned, words):
    with pytest.raises(configs.ConfigError, match=r"another epochs; go on with it by"):
        main([*words, "--epochs", "9", "--study", str(tuned)])
    with pytest.raises(configs.ConfigError, match=r"--pruner is none, and the study's is median"):
        main(["--study", str(tuned), "--pruner", "none"])


def test_commands_that_want_one_run_name_the_trials(tuned):
    with pytest.raises(configs.ConfigError, match=r"the runs of a study; give one of .*0000"):
        evaluate.main([str(tuned)])


def test_the_dark_pictures_are_dark(tuned, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(tuned, folder)
    main(["--study", str(folder), "--theme", "dark"])
    with Image.open(folder / "slices.png") as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == (0x12, 0x16, 0x1C)


def test_medians_that_prune_are_optunas(tuned):
    """A trial is ended where its best so far is above the median of the others' at that number."""
    found = optuna.load_study(study_name="study", storage=f"sqlite:///{tuned / 'study.db'}").trials
    pruned = [trial for trial in found if trial.state.name == "PRUNED"]
    for trial in pruned:
        step = max(trial.intermediate_values)
        before = [
            min(v for k, v in other.intermediate_values.items() if k <= step)
            for other in found[: trial.number]
            if other.state.name == "COMPLETE"
        ]
        own = min(trial.intermediate_values.values())
        middle = sorted(before)
        half = len(middle) // 2
        median = (middle[half] + middle[~half]) / 2
        assert own > median
        assert math.isfinite(median)
