"""Runs set against each other: groups of seeds, intervals, paired differences, the page."""

import json

import numpy as np
import pytest
from scipy.stats import t

import configs
from trainers.assembly.resolve import resolve
from trainers.compare.__main__ import main
from trainers.compare.collected import differing, found, grouped, short
from trainers.compare.paired import Difference, bootstrap, difference
from trainers.compare.rows import compared
from trainers.predictions.example_record import ExampleRecord

EXAMPLES = 400


def run_at(folder, *, right, seed=0, fingerprint="abc", unfinished=False, **changes):
    """Write a run as its files tell it, whose examples are right as `right` says, `[examples]`."""
    folder.mkdir(parents=True)
    config = resolve(configs.recipe("mlp", seed=seed, **changes)).config
    (folder / "config.yaml").write_text(configs.to_yaml(config))
    accuracy = float(right.mean())
    rows = "".join(
        f"{step},{step / 10},validation,{name},{value}\n"
        for step, value in ((10, 0.5), (20, accuracy))
        for name in ("loss", "accuracy")
    )
    (folder / "metrics.csv").write_text(f"step,epoch,split,name,value\n{rows}")
    if unfinished:
        return folder
    figures = {"loss": 1 - accuracy, "accuracy": accuracy}
    both = {"validation": figures, "test": figures}
    summary = {"best": both, "final": both, "steps": 20, "best_step": 20, "seconds": {"train": 2.0}}
    (folder / "summary.json").write_text(json.dumps(summary))
    about = {
        "fingerprint": fingerprint,
        "splits": {"test": len(right)},
        "kind": "none",
        "names": [],
        "step": 20,
        "higher": ["accuracy"],
        "headline": "accuracy",
    }
    figures = {"loss": 1.0 - right, "accuracy": right.astype(float)}
    weights = np.ones(len(right))
    ExampleRecord(about, np.arange(len(right)), weights, figures).write(folder)
    return folder


def answers(share, seed=0):
    return np.random.default_rng(seed).uniform(size=EXAMPLES) < share


@pytest.fixture
def folder(tmp_path):
    """Three seeds of one rate, two of another, and a wider net; one run did not end."""
    for seed in range(3):
        run_at(
            tmp_path / f"slow-{seed}",
            right=answers(0.8, seed),
            seed=seed,
            optimizer={"learning_rate": 1e-3},
        )
        if seed < 2:
            run_at(tmp_path / "sweep" / f"seed-{seed}", right=answers(0.9, 10 + seed), seed=seed)
    run_at(tmp_path / "wide", right=answers(0.95, 20), model={"hidden_units": (300,)})
    run_at(tmp_path / "cut", right=answers(0.5), batch_size=7, unfinished=True)
    return tmp_path


def test_seeds_of_one_setting_are_one_row_with_their_interval(folder):
    groups = grouped(found([folder]))
    assert sorted((group.label, len(group.runs)) for group in groups) == [
        ("cut", 1),
        ("slow-0 and 2 more", 3),
        ("sweep", 2),
        ("wide", 1),
    ]
    comparison = compared(groups)
    assert [row.group.label for row in comparison.rows] == [
        "wide",
        "sweep",
        "slow-0 and 2 more",
        "cut",
    ]
    slow = comparison.rows[2].test["accuracy"]
    values = [answers(0.8, seed).mean() for seed in range(3)]
    half = t.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
    assert (slow.mean, slow.low, slow.high) == pytest.approx(
        (np.mean(values), np.mean(values) - half, np.mean(values) + half)
    )
    assert comparison.rows[3].test == {}


def test_settings_that_differ_are_told_by_short_names(folder):
    keys = differing(grouped(found([folder])))
    assert set(keys) == {"batch_size", "model.hidden_units", "optimizer.learning_rate"}
    assert short(keys)["optimizer.learning_rate"] == "learning_rate"
    assert short(["model.name", "a.rate", "b.rate"]) == {
        "model.name": "model",
        "a.rate": "a.rate",
        "b.rate": "b.rate",
    }


def test_the_bootstrap_is_that_of_pairs():
    """Against every pair drawn by hand, and for differences whose interval is known."""
    random = np.random.default_rng(0)
    x, weights = random.normal(size=300), random.uniform(0.5, 2, 300)
    y = x + random.normal(0.1, 0.2, 300)
    value, low, high, sign = bootstrap(x, y, weights)
    assert value == pytest.approx(np.average(x - y, weights=weights))
    drawn = random.integers(0, 300, (4000, 300))
    resampled = ((x - y) * weights)[drawn].sum(1) / weights[drawn].sum(1)
    assert (low, high) == pytest.approx(np.quantile(resampled, (0.025, 0.975)), abs=0.003)
    assert sign == 0.0
    # What is hard for both falls out: unpaired, the interval would be six times as wide.
    assert high - low < 2 * 1.96 * np.sqrt(2 / 300) / 3
    assert bootstrap(x, x, weights) == (0, 0, 0, 1)


def test_examples_that_only_one_has_right_are_counted(tmp_path):
    first, second = answers(0.9, 1), answers(0.85, 2)
    runs = [
        run_at(tmp_path / "a", right=first),
        run_at(tmp_path / "b", right=second, batch_size=9),
    ]
    a, b = grouped(found(runs))
    told = difference(a, b, "accuracy")
    assert isinstance(told, Difference)
    assert told.gained == (first & ~second).sum()
    assert told.lost == (second & ~first).sum()
    assert told.value == pytest.approx(first.mean() - second.mean())
    assert told.low < told.value < told.high
    assert difference(b, a, "accuracy").value == pytest.approx(-told.value)


def test_other_test_examples_are_not_paired(tmp_path):
    runs = [
        run_at(tmp_path / "a", right=answers(0.9)),
        run_at(tmp_path / "b", right=answers(0.8), fingerprint="xyz", batch_size=9),
        run_at(tmp_path / "c", right=answers(0.8), batch_size=10, unfinished=True),
    ]
    a, b, c = grouped(found(runs))
    assert difference(a, b, "accuracy") == "other test examples"
    assert difference(a, c, "accuracy") == "a run kept no test examples"
    assert difference(a, a, "mean_return") == "no mean_return of each example"


def test_one_seed_twice_is_no_second_sample(tmp_path):
    runs = [run_at(tmp_path / name, right=answers(0.9)) for name in "ab"]
    assert [group.label for group in grouped(found(runs))] == ["a", "b"]


def test_the_command_prints_the_best_first_and_writes_a_page(folder, capsys):
    main([str(folder)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["wide", "sweep", "slow-0", "cut"]
    assert lines[-1].endswith("compare.html")
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert "4 settings of mlp on digits" in page
    assert page.count("<tr><td><code>") == 3
    assert 'aria-label="Validation figures over updates"' in page
    assert "Differences from the best row" in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    main([str(folder / "wide"), str(folder / "sweep"), "--json", "--figure", "loss"])
    told = json.loads(capsys.readouterr().out)
    assert told["figure"] == "loss"
    assert told["rows"][0]["run"] == "wide"
    assert told["rows"][0]["test"]["accuracy"]["mean"] == answers(0.95, 20).mean()
    assert told["rows"][1]["beside"]["figure"] == "loss"
    assert (folder / "compare.html").is_file()


def test_a_damaged_run_is_said_and_left_out(folder, capsys):
    (folder / "wide" / "config.yaml").write_text("{")
    main([str(folder)])
    told = capsys.readouterr()
    assert "wide is left out" in told.err
    assert told.out.splitlines()[1].startswith("sweep")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no runs are given"),
        (["wide"], "there is one run to compare"),
        (["nowhere"], "is no run and holds none"),
        (["wide", "sweep", "--figure", "acuracy"], "did you mean 'accuracy'"),
        (["wide", "sweep", "--output", "page.txt"], "give a .html file"),
    ],
)
def test_wrong_requests_are_refused(folder, monkeypatch, words, message):
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    with pytest.raises(configs.ConfigError, match=message):
        main(words)
    assert sorted(folder.rglob("*")) == before
