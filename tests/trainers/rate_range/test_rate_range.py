"""`--lr-find`: the rates, the smoothing, the end and the suggestion, and the command."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

import configs
from trainers import run
from trainers.cli.exit import describe
from trainers.rate_range import curve
from trainers.rate_range.command import _others
from trainers.rate_range.curve import Curve

WORDS = ["--model", "mlp", "--compile", "graph", "--histograms", "false"]


def test_rates_rise_by_one_factor():
    rates = curve.rates(5, 1e-4, 1.0)
    np.testing.assert_allclose(rates, [1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert (curve.rates()[0], curve.rates()[-1]) == pytest.approx((1e-6, 10.0))


def test_smoothing_weighs_what_is_older_less():
    losses = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    powers = 0.9 ** np.arange(5)[::-1]
    for k in range(5):
        weights = powers[4 - k :]
        expected = np.sum(weights * losses[: k + 1]) / np.sum(weights)
        assert curve.smoothed(losses)[k] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("losses", "end"),
    [
        ([1.0, 1.0, 1.0], 3),
        # Smoothed: 1, (0.9 + x) / 1.9 > 4 where x > 6.7.
        ([1.0, 6.6, 1.0], 3),
        ([1.0, 6.8, 1.0], 1),
        ([1.0, np.nan, 1.0], 1),
        ([1.0, 1.0, np.inf], 2),
        ([np.nan], 0),
        # A likelihood's loss may be below 0, where four times of it is no bound.
        ([-1.0, -2.0, -1.0], 3),
    ],
)
def test_the_test_ends_above_four_times_the_least_or_at_no_number(losses, end):
    assert curve.end_of(np.array(losses)) == end


def test_suggested_is_a_tenth_of_the_rate_of_the_least_loss():
    rates = curve.rates(7, 1e-6, 1.0)
    found = Curve(rates, np.array([9.0, 9.0, 9.0, 5.0, 0.1, 9.0, 30.0]))
    assert rates[found.least] == pytest.approx(1e-2)
    assert found.suggestion == pytest.approx(1e-3)


def test_nothing_is_suggested_where_the_loss_does_not_fall():
    assert Curve(curve.rates(4), np.array([1.0, 1.0, 0.999, 2.0])).suggestion is None


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rates") / "found"
    run.main([*WORDS, "--lr-find", "--run-dir", str(folder)])
    with (folder / "lr_find.csv").open(newline="", encoding="utf-8") as file:
        return folder, list(csv.DictReader(file))


def test_losses_are_those_of_training_by_these_rates(found):
    """The first updates, whose rates move nothing yet, and the least loss far below them."""
    rows = found[1]
    rates = [float(row["learning_rate"]) for row in rows]
    losses = np.array([float(row["loss"]) for row in rows])
    np.testing.assert_allclose(rates, curve.rates()[: len(rates)])
    np.testing.assert_allclose(
        [float(row["smoothed_loss"]) for row in rows], curve.smoothed(losses)
    )
    assert curve.end_of(losses) == len(losses)
    # Ten classes: a model that knows nothing is at ln 10 or a little above.
    assert losses[:20].mean() == pytest.approx(np.log(10), rel=0.2)
    assert losses.min() < 1.0


def test_only_a_picture_and_a_table_are_written(found):
    assert sorted(path.name for path in found[0].iterdir()) == ["lr_find.csv", "lr_find.png"]
    with Image.open(found[0] / "lr_find.png") as picture:
        assert picture.width > 700


def test_the_command_that_uses_it_is_printed(tmp_path, capsys):
    run.main([*WORDS, "--learning-rate", "7", "--lr-find", "--run-dir", str(tmp_path / "a")])
    told = capsys.readouterr().out
    rate = re.search(r"suggested ([0-9.e-]+), a tenth of that", told)[1]
    assert 1e-3 < float(rate) < 0.1
    line = f"train     python -m trainers.run {' '.join(WORDS)} --learning-rate {rate}"
    assert line in told.splitlines()


def test_other_words_stay():
    words = ["--lr_find", "--model", "mlp", "--run-dir=a", "--learning_rate", "3", "--epochs", "2"]
    assert _others(words) == ["--model", "mlp", "--epochs", "2"]


@pytest.mark.parametrize("model", ["autoencoder", "linear_regression"])
def test_other_problems_have_a_range_too(model, tmp_path, capsys):
    words = ["--model", model, "--compile", "graph", "--lr-find"]
    run.main([*words, "--run-dir", str(tmp_path / "a")])
    assert "suggested 0.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--model", "gan"], "'gan' has none of"),
        (["--model", "policy"], "'policy' has none of"),
        (["--model", "rosenblatt"], "the perceptron's rule"),
        (["--model", "linear_regression", "--optimizer", "newton"], "first-order rules"),
        (["--model", "mlp", "--seeds", "0-2"], "--lr-find and --seeds"),
    ],
)
def test_where_it_has_no_meaning_it_is_refused(argv, told, tmp_path):
    with pytest.raises(configs.ConfigError, match=told) as caught:
        run.main([*argv, "--lr-find", "--run-dir", str(tmp_path / "a")])
    assert describe(caught.value)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_there_is_left_alone(small_run):
    with pytest.raises(configs.ConfigError, match="already holds a run"):
        run.main([*WORDS, "--lr-find", "--run-dir", str(small_run[0])])
    with pytest.raises(configs.ConfigError, match="trains a fresh model"):
        run.main(["--resume", "--lr-find", "--run-dir", str(small_run[0])])
