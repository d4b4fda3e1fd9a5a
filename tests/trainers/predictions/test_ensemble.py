"""Several runs together: a vote, ties by probability, the mean; and who may not be together."""

import json

import numpy as np
import pytest

import configs
import datasets
from trainers import evaluate
from trainers.api.fit import open as opened
from trainers.assembly.resolve import resolve
from trainers.cli.exit import describe
from trainers.predictions.ensemble import Ensemble, voted
from trainers.runs.opened import opened as opened_run

SHORT = ["--histograms", "false", "--report", "false", "--steps", "40"]
SHORT += ["--model", "mlp", "--model.hidden-units", "6"]


@pytest.fixture(scope="module")
def members(train_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("members")
    for seed in (1, 2, 3):
        train_here(folder / str(seed), *SHORT, "--seed", str(seed))
    return [folder / str(seed) for seed in (1, 2, 3)]


@pytest.fixture
def told(capsys):
    def run(*argv):
        capsys.readouterr()
        evaluate.main([*map(str, argv)])
        return capsys.readouterr().out

    return run


def test_equal_votes_are_decided_by_probability_and_more_votes_by_nothing_else():
    votes = np.array([[2, 2, 0], [1, 3, 0], [1, 1, 1], [2, 2, 0]])
    mean = np.array([[0.3, 0.4, 0.3], [0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.4, 0.4, 0.2]])
    assert voted(votes, mean).tolist() == [1, 1, 2, 0]


def test_vote_and_mean_of_runs_are_those_of_their_predictions(members, told):
    found = json.loads(told(*members, "--json"))
    data = datasets.load("digits").splits["test"]
    raw = np.rint(data.inputs * 16).astype(np.uint8)
    said = [opened(path).predict(raw) for path in members]
    for each, path, member in zip(said, members, found["members"], strict=True):
        assert member["run"] == str(path)
        assert member["accuracy"] == pytest.approx(np.mean(each.argmax(1) == data.targets))
        assert member["errors"] == np.sum(each.argmax(1) != data.targets)
    mean = np.mean(said, axis=0)
    assert found["mean"]["errors"] == np.sum(mean.argmax(1) != data.targets)
    errors = 0
    for row, target in enumerate(data.targets):
        choices = [each[row].argmax() for each in said]
        most = max(map(choices.count, choices))
        best = [choice for choice in choices if choices.count(choice) == most]
        errors += max(best, key=lambda choice: mean[row, choice]) != target
    assert found["vote"]["errors"] == errors
    assert found["vote"]["accuracy"] == pytest.approx(1 - errors / data.size)
    lines = told(*members).splitlines()
    assert lines[0] == "3 runs on digits, test"
    assert [line.split()[0] for line in lines[1:]] == [*map(str, members), "vote", "mean"]


def test_numbers_are_averaged_in_their_own_units(train_here, told, tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path, steps in zip(paths, ("5", "60"), strict=True):
        train_here(path, "--model", "linear_regression", "--histograms", "false", "--steps", steps)
    found = json.loads(told(*paths, "--json"))
    assert "vote" not in found
    data = datasets.load("diabetes")
    test, inputs = data.splits["test"], data.preparation["inputs"]
    raw = test.inputs * np.array(inputs["deviation"]) + np.array(inputs["mean"])
    said = np.mean([opened(path).predict(raw.astype(np.float32)) for path in paths], axis=0)
    error = np.abs(said - test.targets).mean()
    assert found["mean"]["mean_absolute_error"] == pytest.approx(error, rel=1e-4)


def test_runs_that_answer_other_questions_are_refused(members, train_here, tmp_path):
    other, numbers = tmp_path / "nowhere", tmp_path / "numbers"
    train_here(numbers, "--model", "linear_regression", "--histograms", "false", "--steps", "2")
    cases = [
        ([members[0], numbers], "predicts numbers"),
        ([members[0], members[0]], "is given twice"),
        ([members[0], other], "is not a run folder"),
    ]
    for argv, message in cases:
        with pytest.raises(configs.ConfigError) as caught:
            evaluate.main([*map(str, argv)])
        code, text = describe(caught.value)
        assert code == 2
        assert message in text
        assert "\n" not in text


def test_members_that_saw_other_examples_are_refused(members):
    run = opened_run(members[0], resolve(opened(members[0]).config))
    ensemble = Ensemble()
    ensemble.add("one", run.step, run.parts, run.parts.dataset.splits["test"])
    with pytest.raises(configs.ConfigError, match="two is measured on other examples than one"):
        ensemble.add("two", run.step, run.parts, run.parts.dataset.splits["train"])
