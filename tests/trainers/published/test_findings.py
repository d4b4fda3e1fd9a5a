"""What made-up runs say: every statistic of one run and over runs, and the three verdicts."""

import json
import math

import numpy as np
import pytest

import configs
from trainers.published import findings, records
from trainers.published.reading import read
from trainers.published.row import Reading
from trainers.published.statistics import held_out, of_one_run
from trainers.published.statistics.measured_run import DIVERGED, MeasuredRun
from trainers.published.statistics.over_runs import over_seeds
from trainers.published.words import honest_text, number

ACCURACIES = {
    # seed: validation and test accuracies after epochs 1, 2 and 3
    0: ([0.70, 0.90, 0.80], [0.60, 0.85, 0.88]),
    1: ([0.75, 0.85, 0.95], [0.65, 0.80, 0.92]),
}
ROW = """
source: made up
set: fast
given: nothing
settings: {model: mlp, dataset: digits, epochs: 3, best_by: metric}
seeds: 2
variants: {plain: {}, other: {}}
figures:
  highest:
    printed: 92.5
    unit: "%"
    means: the highest of 3 epochs, best of 2 runs
    of: plain
    statistic: {name: highest, split: test, figure: accuracy}
    over_seeds: highest
    counts: [LOW, null]
    better_setting: {of: other, why: luck}
"""


def make_run(folder, variant, seed, more=0.0):
    """Write the folder of a run of three epochs, `more` added to its accuracies."""
    path = folder / f"{variant}-seed-{seed}"
    path.mkdir(parents=True)
    validation, test = ([round(x + more, 6) for x in each] for each in ACCURACIES[seed])
    lines = ["step,epoch,split,name,value"]
    for epoch in (1, 2, 3):
        lines.append(f"{10 * epoch},{epoch},train,loss,{1 / epoch}")
        lines.append(f"{10 * epoch},{epoch},validation,accuracy,{validation[epoch - 1]}")
        lines.append(f"{10 * epoch},{epoch},test,accuracy,{test[epoch - 1]}")
    (path / "metrics.csv").write_text("\n".join([*lines, ""]))
    best = int(np.argmax(validation))
    summary = {
        weights: {
            "validation": {"loss": 1.0, "accuracy": validation[index]},
            "test": {"loss": 1.0, "accuracy": test[index]},
        }
        for weights, index in (("best", best), ("final", 2))
    }
    summary |= {"parameters": 650, "seconds": {"train": 2.0, "compile": 1.0}, "versions": {}}
    summary |= {"git_revision": None, "hardware": {"processor": "X", "cores": 2, "gpus": []}}
    (path / "summary.json").write_text(json.dumps(summary))
    config = configs.recipe("mlp", best_by="metric", seed=seed)
    (path / "config.yaml").write_text(configs.to_yaml(config))
    return MeasuredRun(path, variant, seed)


@pytest.fixture
def runs(tmp_path):
    return {
        variant: [make_run(tmp_path, variant, seed, more) for seed in (0, 1)]
        for variant, more in (("plain", 0.0), ("other", 0.01))
    }


def row_with(tmp_path, low):
    (tmp_path / "row.yaml").write_text(ROW.replace("LOW", str(low)))
    return read("row", tmp_path / "row.yaml")


OF_TEST = {"split": "test", "figure": "accuracy"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("final", OF_TEST, 0.88),
        ("final", {"split": "train", "figure": "loss"}, 1 / 3),
        ("final", {"split": "test", "figure": "error"}, 0.12),
        ("at_best_validation", {"figure": "accuracy"}, 0.85),
        ("highest", OF_TEST, 0.88),
        ("lowest", OF_TEST, 0.60),
        ("lowest", {"split": "test", "figure": "error"}, 0.12),
        ("updates_until", {**OF_TEST, "at_least": 0.8}, 20),
        ("updates_until", {**OF_TEST, "at_least": 0.99}, math.inf),
        ("updates_until", {"split": "train", "figure": "loss", "at_most": 0.5}, 20),
        ("at_epoch", {**OF_TEST, "epoch": 1.5}, (0.60 + 0.85) / 2),
        ("curve_distance", {**OF_TEST, "points": [[1, 0.6], [3, 0.9]]}, 0.02),
        ("curve_distance", {**OF_TEST, "points": [[1, 0.9], [3, 0.9]]}, 0.3),
        ("curve_distance", {**OF_TEST, "points": [[1, 0.9], [3, 0.9]], "from_epoch": 2}, 0.02),
        ("summary", {"key": "parameters"}, 650),
        ("summary", {"key": "seconds.train"}, 2),
    ],
)
def test_statistics_of_one_run(name, options, expected, runs):
    value = of_one_run.STATISTICS[name](runs["plain"][0], **options)
    assert value == pytest.approx(expected, rel=1e-12)


def stopped(tmp_path, seed, steps, reached, batch_size):
    """Return a run that was to stop when right: of 10 training examples."""
    path = tmp_path / f"right-seed-{seed}"
    path.mkdir()
    over = {"stopped_when_right": {"last": 10, "reached": reached}}
    told = {"steps": steps, "training_examples": 10, **over}
    (path / "summary.json").write_text(json.dumps(told))
    config = {"model": "mlp", "dataset": "xor", "batch_size": batch_size, "seed": seed}
    (path / "config.yaml").write_text(json.dumps(config))
    return MeasuredRun(path, "right", seed)


def test_what_never_became_right_is_infinitely_late(tmp_path, runs):
    """And a share of runs in per cent counts runs, not hundredths of updates."""
    three = [stopped(tmp_path, 0, 12, True, 3), stopped(tmp_path, 1, 30, False, 3)]
    three.append(stopped(tmp_path, 2, 7, True, "full"))
    updates, epochs = (
        [of_one_run.STATISTICS[name](run) for run in three]
        for name in ("updates_until_right", "epochs_until_right")
    )
    assert updates == [12, math.inf, 7]
    assert epochs == [12 / 4, math.inf, 7]
    share = Reading("updates_until_right", {}, "share", (1, 12))
    assert findings._read(share, three, "%") == (pytest.approx(200 / 3), tuple(updates))
    median = Reading("updates_until_right", {}, "median")
    assert findings._read(median, three, "")[0] == 12
    with pytest.raises(configs.ConfigError, match="give `stop_when_right: N`"):
        of_one_run.updates_until_right(runs["plain"][0])


def test_both_held_out_parts_are_weighted_by_their_predictions(runs):
    value = held_out.final_of_both(
        runs["plain"][0], figure="accuracy", predictions={"validation": 30, "test": 10}
    )
    assert value == pytest.approx((30 * 0.80 + 10 * 0.88) / 40)


@pytest.mark.parametrize(
    ("way", "within", "expected"),
    [
        ("mean", None, 0.3),
        ("median", None, 0.3),
        ("highest", None, 0.4),
        ("lowest", None, 0.2),
        ("deviation", None, np.std([0.2, 0.4], ddof=1)),
        # Of seed 1, whose best validation is 0.95.
        ("best_validated", None, 0.4),
        ("share", [0.2, 0.3], 0.5),
        ("share", [0.3, None], 0.5),
    ],
)
def test_statistics_over_runs(way, within, expected, runs):
    assert over_seeds(way, within, [0.2, 0.4], runs["plain"]) == pytest.approx(expected)


def test_a_run_that_diverged_counts_in_shares_alone(tmp_path, runs):
    path = tmp_path / "gone"
    path.mkdir()
    (path / DIVERGED).write_text("loss is nan")
    gone = MeasuredRun(path, "plain", 2)
    assert math.isnan(of_one_run.final(gone, split="test", figure="accuracy"))
    assert math.isnan(of_one_run.highest(gone, split="test", figure="accuracy"))
    values, three = [0.2, 0.4, math.nan], [*runs["plain"], gone]
    assert over_seeds("mean", None, values, three) == pytest.approx(0.3)
    assert over_seeds("share", [0, 1], values, three) == pytest.approx(2 / 3)
    assert math.isnan(over_seeds("mean", None, [math.nan], [gone]))


@pytest.mark.parametrize(
    ("low", "verdict"),
    [
        (92.0, findings.REPRODUCED),  # the end itself counts
        (92.1, findings.BETTER),
        (93.1, findings.MISSED),
    ],
)
def test_the_three_verdicts(low, verdict, tmp_path, runs):
    row = row_with(tmp_path, low)
    figures = findings.found(row, runs)
    assert findings.verdict(figures) == verdict
    assert figures[0].value == pytest.approx(92)
    assert figures[0].better_value == pytest.approx(93)


def test_the_honest_figure_is_test_at_the_best_validation_with_students_interval(tmp_path, runs):
    honest = findings.honest(row_with(tmp_path, 92), runs)["plain"]
    assert honest.values == pytest.approx((85, 92))
    mean, half = 88.5, 12.706205 * np.std([85, 92], ddof=1) / np.sqrt(2)
    assert honest.interval == pytest.approx((mean - half, mean + half), rel=1e-6)
    assert honest_text(honest) == (
        "test accuracy at the best validation 88.50 %, interval 44.03 % to 132.97 % over 2 seeds"
    )


def test_the_best_point_of_a_grid_is_chosen_by_validation(tmp_path, runs):
    row_with(tmp_path, 92)
    choose = {"name": "highest", "split": "validation", "figure": "accuracy"}
    with (tmp_path / "row.yaml").open("a") as file:
        file.write(f"choose: {json.dumps({'statistic': choose, 'highest': True})}\n")
    row = read("row", tmp_path / "row.yaml")
    points = [("plain", run) for variant in ("plain", "other") for run in runs[variant]]
    assert {run.variant for run in findings.chosen(row, points)["plain"]} == {"other"}
    assert {run.variant for run in findings.chosen(row, points[::-1])["plain"]} == {"other"}


def test_a_figure_that_was_not_logged_is_told_with_those_that_were(runs):
    with pytest.raises(configs.ConfigError, match=r"no 'f1' of 'test'; it logged test accuracy"):
        of_one_run.highest(runs["plain"][0], split="test", figure="f1")
    with pytest.raises(configs.ConfigError, match="did you mean 'accuracy'"):
        of_one_run.final(runs["plain"][0], split="test", figure="acuracy")


def count_seeds(runs, *, plus):
    """Return the sum of the seeds of several runs, and more."""
    return sum(run.seed for run in runs) + plus


def test_a_statistic_may_be_of_all_runs_together(tmp_path, runs):
    text = ROW.replace("LOW", "10").replace(
        "{name: highest, split: test, figure: accuracy}",
        f"{{name: {__name__}.count_seeds, plus: 0.5}}",
    )
    text = text.replace("over_seeds: highest", "over_seeds: together").replace(
        'unit: "%"', 'unit: ""'
    )
    (tmp_path / "row.yaml").write_text(text)
    (found,) = findings.found(read("row", tmp_path / "row.yaml"), runs)
    assert (found.value, found.values) == (1.5, ())


def test_an_unknown_statistic_names_the_nearest():
    with pytest.raises(configs.ConfigError, match="did you mean 'final'"):
        findings.statistic("finall")
    assert findings.statistic("math.hypot") is math.hypot


def test_a_record_is_sealed_and_stale_for_other_ranges(tmp_path, runs):
    row = row_with(tmp_path, 92)
    found = records.record(row, runs, [*runs["plain"], *runs["other"]])
    assert found["seconds"] == 12
    assert found["verdict"] == findings.REPRODUCED
    assert found["hardware"] == "2 cores of X, no GPU"
    records.write(tmp_path / "record.json", found)
    assert records.read(tmp_path / "record.json") == found
    assert not records.is_stale(found, row)
    assert records.is_stale(found, row_with(tmp_path, 91))
    other_words = ROW.replace("best of 2 runs", "better of 2").replace("why: luck", "why: chance")
    (tmp_path / "row.yaml").write_text(other_words.replace("LOW", "92"))
    assert not records.is_stale(found, read("row", tmp_path / "row.yaml"))
    text = (tmp_path / "record.json").read_text()
    (tmp_path / "record.json").write_text(text.replace("reproduced", "improved"))
    assert records.read(tmp_path / "record.json") is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (95.421, "%", "95.42 %"),
        (31390.0, "sequences", "31,390 sequences"),
        (1.4697, "nats", "1.47 nats"),
        (math.inf, "", "never"),
        (math.nan, "%", "none"),
        ("an ordering", "", "an ordering"),
    ],
)
def test_numbers_in_words(value, unit, text):
    assert number(value, unit) == text
