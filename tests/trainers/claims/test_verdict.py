"""The verdict on made-up samples: of every shipped claim, and of claims by interval and by seed."""

import math

import numpy as np
import pytest
import scipy.stats

import configs
from trainers.claims.verdict import Range, interval, judge
from trainers.experiments import experiment

NAMES = experiment.names()


def inside(expected):
    """Return a number strictly inside a range, and a small distance that stays inside."""
    low, high = expected.low, expected.high
    if math.isinf(low):
        return high - max(1.0, abs(high)), 0.1
    if math.isinf(high):
        return low + max(1.0, abs(low)), 0.1
    return (low + high) / 2, (high - low) / 100


def made_up(recipe, seeds=5):
    """Return samples that meet every range of a recipe, a little apart from each other."""
    samples = {}
    for name, each in recipe.expected.items():
        middle, distance = inside(each)
        samples[name] = [middle + distance * (i % 2) for i in range(seeds)]
    return samples


def held(recipe, samples):
    return {check.figure: check.held for check in judge(recipe.expected, samples)}


@pytest.mark.parametrize("values", [[1.0, 2.0], [0.3, 0.31, 0.5, -2.0, 7.0]])
def test_interval_is_students(values):
    found = interval(values)
    mean, error = np.mean(values), scipy.stats.sem(values)
    expected = scipy.stats.t.interval(0.95, len(values) - 1, loc=mean, scale=error)
    assert found == pytest.approx(expected, rel=1e-12)


def test_interval_covers_the_mean_19_times_in_20():
    random = np.random.default_rng(0)
    found = [interval(list(random.normal(3.0, 2.0, 4))) for _ in range(4000)]
    # The standard error of the share is 0.0034.
    assert np.mean([low < 3.0 < high for low, high in found]) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ([1.0, 1.1, 0.9], True),
        # The mean is inside, the interval is not.
        ([1.9, 1.0, 1.9], False),
        ([0.6, 0.6, 0.61], True),
        ([0.4, 0.41, 0.4], False),
        # An end is outside.
        ([0.5, 0.5, 0.5], False),
        ([2.0, 2.0, 2.0], False),
        # One seed says nothing of the others.
        ([1.0], False),
        ([1.0, 1.0, math.nan], False),
        ([1.0, 1.0, math.inf], False),
    ],
)
def test_a_mean_is_judged_by_its_interval(values, holds):
    (check,) = judge({"figure": Range(0.5, 2.0)}, {"figure": values})
    assert check.held is holds
    assert str(check).startswith("holds" if holds else "DOES NOT HOLD")


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ([0.75] * 5, True),
        ([0.75], True),
        # The mean is far below the end; the interval too.
        ([0.0] * 99 + [0.9], False),
        ([0.875] * 5, False),
        ([0.75, math.nan], False),
        ([0.75, math.inf], False),
        # An open end is outside as well.
        ([-math.inf], False),
    ],
)
def test_a_theorem_is_judged_by_every_seed(values, holds):
    expected = {"figure": Range(-math.inf, 0.875, every_seed=True)}
    (check,) = judge(expected, {"figure": values})
    assert check.held is holds


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (-math.inf, math.inf)])
def test_a_range_that_claims_nothing_or_the_impossible_is_refused(ends):
    with pytest.raises(ValueError, match=r"strictly between|claims nothing"):
        Range(*ends)


def test_a_figure_that_was_not_measured_is_an_error():
    with pytest.raises(KeyError, match="figure"):
        judge({"figure": Range(0, 1)}, {})
    with pytest.raises(ValueError, match="no value of 'figure'"):
        judge({"figure": Range(0, 1)}, {"figure": []})


@pytest.mark.parametrize("name", NAMES)
def test_samples_inside_every_range_hold(name):
    recipe = experiment.load(name)
    assert all(held(recipe, made_up(recipe)).values())
    short = recipe.shortened()
    assert all(held(short, made_up(short, seeds=1)).values())


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_claim_can_fail(name):
    recipe = experiment.load(name)
    for figure, expected in recipe.expected.items():
        others = {other: True for other in recipe.expected if other != figure}
        good = made_up(recipe)
        ends = [end for end in (expected.low, expected.high) if math.isfinite(end)]
        beyond = [2 * end - inside(expected)[0] for end in ends]
        for values in (
            *([end] * 5 for end in ends),
            *([value] * 5 for value in beyond),
            [*good[figure][:4], math.nan],
            # One bad seed: a theorem's counterexample, and a deviation that any interval shows.
            *([*good[figure][:4], 2 * value - inside(expected)[0]] for value in beyond),
        ):
            assert held(recipe, {**good, figure: values}) == {**others, figure: False}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("expected: {figure: [1, 1]}", "between 1 and 1"),
        ("expected: {figure: {each: [0, 1]}}", "every_seed"),
        ("expected: {figure: 3}", "null for an open end"),
        ("expected: {figure: [0, 1]}\nwhy: none", "may have \\['ranges', 'remark'\\]"),
        ("", "needs .*'expected'"),
        ("expected: {figure: [0, 1]}\nranges: {by luck: [figure]}", "give figures by how"),
        ("expected: {figure: [0, 1]}\nranges: {by theory: [figur]}", "does not have it"),
        ("expected: {figure: [0, 1]}\nranges: [by theory]", "give figures by how"),
    ],
)
def test_a_recipe_of_another_form_is_refused(lines, message, tmp_path, monkeypatch):
    path = tmp_path / "recipe.yaml"
    path.write_text(f"claim: c\nsource: s\nsettings: {{}}\nshort: {{}}\n{lines}\n")
    monkeypatch.setattr(experiment, "_added", {})
    experiment.register_experiment("refused", path, "module")
    with pytest.raises(configs.ConfigError, match=message):
        experiment.load("refused")


@pytest.mark.parametrize("key", ["settings", "short", "expected"])
@pytest.mark.parametrize("value", ["null", "3", "[a]", "word"])
def test_recipe_with_another_form_is_refused_naming_the_key(key, value, tmp_path, monkeypatch):
    parts = {"settings": "{}", "short": "{}", "expected": "{}", key: value}
    path = tmp_path / "formless.yaml"
    lines = [f"{name}: {part}" for name, part in parts.items()]
    path.write_text("\n".join(["claim: a", "source: b", *lines]))
    monkeypatch.setattr(experiment, "_added", {"formless": (path, "module")})
    with pytest.raises(configs.ConfigError, match=f"`{key}` is .*, not `name: value` lines"):
        experiment.load("formless")
