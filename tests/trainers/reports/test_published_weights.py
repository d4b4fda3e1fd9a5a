"""Trained weights are worth what their cards say, and the command makes both."""

import json

import numpy as np
import pytest
from places import PREPARED
from safetensors.numpy import load_file
from scipy.stats import norm, t

import configs
import zoo
from trainers import cards
from trainers.reports import weights, weights_table
from trainers.reports.intervals import of_parts, wilson
from trainers.reports.published_weights import matching, publishable
from zoo.weights import names
from zoo.weights.names import ARRAYS, CARD

# Of other orders of summing on other processors.
ROUNDING = 2e-4
# What takes seconds to measure.
LONG = {"autoencoder:digits", "char_lstm:stdlib_source", "gan:digits", "lstm:reber"}


def worth_what_it_says(name):
    card = zoo.weights_card(name)
    data = card.dataset.partition(":")[0]
    if data in ("mnist",) and not (PREPARED / data).is_dir():
        pytest.skip(f"{data} is not prepared under {PREPARED}")
    found = weights.measured(card, str(PREPARED) if data == "mnist" else None)
    if data == "stdlib_source" and found.fingerprint != card.fingerprint:
        pytest.skip(f"the card is of {card.dataset}, another Python's library")
    # A later release may measure more.
    same = {figure: found.figures[figure] for figure in card.figures}
    assert same == pytest.approx(dict(card.figures), rel=ROUNDING, abs=ROUNDING)
    assert found.test.name == card.test.name
    for end in ("value", "low", "high"):
        expected = getattr(card.test, end)
        assert getattr(found.test, end) == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING)
    # A score that is nearly a tie may fall otherwise on another processor.
    most = 1 + card.splits["test"] // 5_000
    for true, row in card.confusion.items():
        for said in {*row, *found.confusion[true]}:
            assert abs(row.get(said, 0) - found.confusion[true].get(said, 0)) <= most
    return found


def shipped(*, quick):
    every = zoo.list_weights()
    long = {name for name in every if name in LONG or name.endswith(":mnist")}
    return sorted(set(every) - long if quick else long)


@pytest.mark.parametrize("name", shipped(quick=True))
def test_a_card_is_right_to_rounding(name):
    worth_what_it_says(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped(quick=False))
def test_a_card_of_larger_weights_is_right_to_rounding(name):
    worth_what_it_says(name)


def test_a_wrong_card_is_found(monkeypatch):
    """The comparison above fails for a figure that is off by a single example."""
    card = zoo.weights_card("perceptron:digits")
    wrong = dict(card.figures) | {"accuracy": card.figures["accuracy"] + 1 / 360}
    changed = card.__class__(**{**vars(card), "figures": wrong})
    monkeypatch.setattr(zoo, "weights_card", lambda name: changed)
    with pytest.raises(AssertionError):
        worth_what_it_says("perceptron:digits")


def test_wilsons_interval_is_its_formula():
    share, count, z = 0.96, 360, norm.ppf(0.975)
    middle = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    expected = (middle - half) / (1 + z**2 / count), (middle + half) / (1 + z**2 / count)
    assert wilson(share, count) == pytest.approx(expected, rel=1e-12)
    assert wilson(1.0, 100) == pytest.approx((0.96300, 1.0), abs=1e-4)


def test_students_interval_is_its_formula_and_holds_the_mean_as_often_as_it_says():
    random = np.random.default_rng(0)
    values = random.normal(3, 1, (4_000, 20))
    low, high = of_parts(list(values[0]), float(values[0].mean()))
    half = t.ppf(0.975, 19) * values[0].std(ddof=1) / np.sqrt(20)
    assert (low, high) == pytest.approx((values[0].mean() - half, values[0].mean() + half))
    ends = np.array([of_parts(list(row), float(row.mean())) for row in values])
    assert ((ends[:, 0] < 3) & (ends[:, 1] > 3)).mean() == pytest.approx(0.95, abs=0.01)


def test_every_shipped_file_has_its_recipe():
    rows = publishable()
    assert set(zoo.list_weights()) <= set(rows)
    for name in zoo.list_weights():
        card = zoo.weights_card(name)
        assert (card.recipe, card.command) == (rows[name].recipe, rows[name].command)
        # What the card says was run is what the recipe says now.
        assert rows[name].config(None).seed == card.seed
        ran = configs.flattened(card.config)
        for key, value in configs.flattened(configs.load_recipe(rows[name].path)).items():
            assert configs.plain(ran[key]) == configs.plain(value), key


def test_a_pattern_that_matches_nothing_is_refused():
    assert next(row.name for row in matching("perceptron")) == "perceptron:digits"
    with pytest.raises(configs.ConfigError, match="did you mean 'perceptron:digits'"):
        matching("perceptron:digist")


def test_the_pages_table_is_that_of_the_cards():
    assert weights_table.table() in weights_table.PAGE.read_text(encoding="utf-8")


def test_the_command_trains_writes_and_does_not_train_again(tmp_path, monkeypatch, capsys):
    """In a folder of its own: the card, the arrays of the run's model.keras, and the table."""
    monkeypatch.chdir(tmp_path)
    shipped_table = weights_table.PAGE.read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(shipped_table)
    for module in (names, weights):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(weights_table, "PAGE", tmp_path / "README.md")
    cards.main(["--weights", "linear_regression:diabetes"])
    stem = tmp_path / "linear_regression-diabetes"
    card = json.loads(stem.with_suffix(CARD).read_text())
    assert card["test"]["name"] == "mean_absolute_error"
    assert card["test"]["value"] == pytest.approx(42.8, abs=0.1)
    run_dir = tmp_path / "runs" / "weights" / "linear_regression-diabetes"
    inside = zoo.trained_model(zoo.load_model(run_dir / "model.keras")).get_weights()
    for array in load_file(stem.with_suffix(ARRAYS)).values():
        assert any(np.array_equal(array, each) for each in inside)
    assert "`linear_regression:diabetes` | regression | 11 |" in weights_table.PAGE.read_text()
    before = (run_dir / "summary.json").stat().st_mtime_ns
    stem.with_suffix(ARRAYS).unlink()
    monkeypatch.setattr(weights, "latency_ms", lambda path: 1.0)
    cards.main(["--weights", "linear_regression:diabetes"])
    assert stem.with_suffix(ARRAYS).is_file()
    assert (run_dir / "summary.json").stat().st_mtime_ns == before
    assert capsys.readouterr().out.count("linear_regression:diabetes: mean_absolute_error") == 2
    config = (run_dir / "config.yaml").read_text()
    (run_dir / "config.yaml").write_text(config.replace("epochs: 400", "epochs: 40"))
    with pytest.raises(configs.ConfigError, match="trained with epochs 40, and configs/linear"):
        cards.main(["--weights", "linear_regression:diabetes"])
