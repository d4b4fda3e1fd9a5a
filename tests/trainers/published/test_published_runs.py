"""A row's runs are ordinary runs: made once, resumed when cut off, made anew for other settings."""

import json
import re

import pytest
from places import ROOT

import configs
import datasets
from trainers import evaluate, reproduce, run
from trainers.errors import PreemptedError
from trainers.published import reading, runs, table
from trainers.published import reproduce as published
from trainers.published.statistics.ensembles import vote_accuracy
from trainers.published.statistics.measured_run import MeasuredRun
from trainers.train import train as the_real_train

ROW = """
source: made up
set: fast
given: nothing
settings:
  model: perceptron
  dataset: digits
  optimizer: {name: sgd, learning_rate: RATE}
  steps: 6
  checkpoint_every_steps: 2
  evaluate_every_steps: 3
  compile: eager
seeds: 2
figures:
  test accuracy:
    printed: 50
    unit: "%"
    means: of the final weights
    statistic: {name: final, split: test, figure: accuracy}
    counts: [COUNTS]
picture: {split: validation, figure: accuracy, unit: "%", points: {run: [[0.1, 0.5]]}}
"""


@pytest.fixture
def row(tmp_path):
    """Register a row; return a function that writes it, and the words of its command."""

    def written(rate="0.1", counts="0, 100"):
        text = ROW.replace("RATE", rate).replace("COUNTS", counts)
        (tmp_path / "own_row.yaml").write_text(text)

    written()
    reading.register_published("own_row", tmp_path / "own_row.yaml")
    yield written, ["own_row", "--output", str(tmp_path / "out")]
    del reading._added["own_row"]


def trained(capsys):
    return capsys.readouterr().err.count("seed ")


def test_what_has_ended_is_not_run_again_and_other_settings_are(row, tmp_path, capsys):
    written, words = row
    reproduce.main(words)
    out, err = capsys.readouterr()
    assert "own_row: made up\n  reproduced\n" in out
    assert err.count("seed ") == 2
    folder = tmp_path / "out" / "own_row"
    assert {path.name for path in folder.iterdir()} == {
        "plot.png", "record.json", "run-seed-0", "run-seed-1",
    }  # fmt: skip
    hashes = {
        json.loads((folder / f"run-seed-{seed}" / "summary.json").read_text())["seconds"]["train"]
        for seed in (0, 1)
    }
    # Others than the source's ranges change the verdict of the same runs.
    written(counts="99, 100")
    with pytest.raises(reproduce.ClaimFailed, match="missed: own_row") as caught:
        reproduce.main(words)
    assert caught.value.exit_code == 1
    assert trained(capsys) == 0
    written(rate="0.2")
    reproduce.main(words)
    assert "is of other settings, and made anew" in capsys.readouterr().err
    again = json.loads((folder / "run-seed-0" / "summary.json").read_text())
    assert again["seconds"]["train"] not in hashes
    config = configs.load_recipe(folder / "run-seed-0" / "config.yaml")
    assert config["optimizer"]["learning_rate"] == 0.2


def test_the_vote_of_a_rows_runs_is_that_of_evaluate(row, tmp_path, capsys):
    _, words = row
    reproduce.main(words)
    folder = tmp_path / "out" / "own_row"
    runs_of_row = [MeasuredRun(folder / f"run-seed-{seed}", "run", seed) for seed in (0, 1)]
    capsys.readouterr()
    evaluate.main([*(str(each.path) for each in runs_of_row), "--json"])
    vote = json.loads(capsys.readouterr().out)["vote"]["accuracy"]
    assert vote_accuracy(runs_of_row, split="test") == vote


def test_a_run_that_is_cut_off_goes_on_to_the_same_weights(row, tmp_path, capsys, monkeypatch):
    _, words = row
    asked = runs.asked(reading.load("own_row"), tmp_path / "out", {})
    whole = tmp_path / "whole"
    config = tmp_path / "config.yaml"
    config.write_text(configs.to_yaml(asked[0].config))
    run.main(["--config", str(config), "--run-dir", str(whole)])

    def cut_off(plan, path, stop, placement, **settings):
        stop.requested = True  # as a signal does, before the first call
        return the_real_train(plan, path, stop, placement, **settings)

    monkeypatch.setattr("trainers.train.train", cut_off)
    with pytest.raises(PreemptedError, match="the same command goes on there") as caught:
        reproduce.main(words)
    assert caught.value.exit_code == 75
    monkeypatch.setattr("trainers.train.train", the_real_train)
    half = tmp_path / "out" / "own_row" / "run-seed-0"
    assert (half / "config.yaml").exists()
    assert not (half / "summary.json").exists()
    capsys.readouterr()
    reproduce.main(words)
    assert "made anew" not in capsys.readouterr().err
    hashes = {
        json.loads((folder / "summary.json").read_text())["final_weights_sha256"]
        for folder in (half, whole)
    }
    assert len(hashes) == 1


def test_sets_and_names_and_misspelt_ones(row, tmp_path, capsys):
    _, words = row
    with pytest.raises(configs.ConfigError, match="did you mean 'own_row'"):
        reproduce.main(["own_rwo"])
    with pytest.raises(configs.ConfigError, match="did you mean 'published'"):
        reproduce.main(["publishd"])
    with pytest.raises(configs.ConfigError, match="name 'xor' is taken"):
        reading.register_published("xor", tmp_path / "own_row.yaml")
    with pytest.raises(configs.ConfigError, match="--record is for published rows"):
        reproduce.main(["xor", "--record"])
    (tmp_path / "file").touch()
    with pytest.raises(configs.ConfigError, match="is no folder"):
        reproduce.main([*words[:-1], str(tmp_path / "file")])
    with pytest.raises(configs.ConfigError, match="leave --short or --record out"):
        reproduce.main([*words, "--short", "--record"])
    assert "running" not in capsys.readouterr().err  # refused before the work
    reproduce.main(["--list"])
    assert re.search(r"^own_row +fast set: made up$", capsys.readouterr().out, re.MULTILINE)


def test_a_row_without_its_data_says_where_to_get_them(row, tmp_path):
    _, words = row
    path = tmp_path / "own_row.yaml"
    text = path.read_text().replace("dataset: digits", "dataset: {name: table, target: y}")
    path.write_text(text + "needs: a table from nowhere, by --data-path\n")
    with pytest.raises(datasets.DataError, match="this row needs a table from nowhere"):
        reproduce.main(words)
    assert not (tmp_path / "out").exists()


def test_in_a_set_a_row_that_cannot_run_stops_no_other(row, tmp_path, capsys, monkeypatch):
    _, words = row
    text = (tmp_path / "own_row.yaml").read_text()
    lost = text.replace("dataset: digits", "dataset: {name: table, target: y}")
    (tmp_path / "lost.yaml").write_text(lost)
    (tmp_path / "slow.yaml").write_text(text.replace("set: fast", "set: slow"))
    monkeypatch.setattr(reading, "FOLDER", tmp_path / "none")
    monkeypatch.setitem(reading._added, "a_lost_row", tmp_path / "lost.yaml")
    monkeypatch.setitem(reading._added, "slow_row", tmp_path / "slow.yaml")
    with pytest.raises(reproduce.ClaimFailed, match=r"^not run: a_lost_row$"):
        reproduce.main(["fast", "--short", *words[1:]])
    out = capsys.readouterr().out
    assert "a_lost_row: not run: " in out
    assert "own_row: made up" in out
    assert "slow_row" not in out
    assert published.members("published") == ["a_lost_row", "own_row", "slow_row"]


def test_the_page_is_generated_between_its_markers_alone():
    page = table.PAGE.read_text(encoding="utf-8")
    start, end = page.index("<!-- table:"), page.index("<!-- /table -->")
    emptied = page[: page.index("\n", start) + 1] + page[end:]
    assert table.in_page(emptied) == page
    assert (ROOT / "trainers" / "published" / "README.md") == table.PAGE
