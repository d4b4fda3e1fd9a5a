"""Figures of each class and target: scikit-learn's formulas, and what evaluate shows of them."""

import json

import numpy as np
import pytest
from sklearn import metrics

from trainers import evaluate
from trainers.objectives.own_units import in_own_units
from trainers.predictions.class_figures import ClassFigures, Confusion
from trainers.predictions.details import ClassDetails
from trainers.predictions.number_figures import NumberFigures
from trainers.predictions.tables import aligned, table


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 7])
def test_class_figures_are_those_of_scikit_learn(classes, weighted):
    random = np.random.default_rng(classes)
    # Of class 0 nothing is predicted, of the last there is no example: 0 / 0 both ways.
    true = random.integers(0, classes - 1, 200)
    predicted = random.integers(1, classes, 200)
    weights = random.integers(0, 4, 200).astype(np.float32) if weighted else np.ones(200)
    pairs = Confusion.of(true, predicted, weights, classes)
    found = ClassFigures.of(pairs)
    given = {"labels": range(classes), "sample_weight": weights, "zero_division": 0}
    wanted = metrics.precision_recall_fscore_support(true, predicted, **given)
    for name, values in zip(("precision", "recall", "f1", "support"), wanted, strict=True):
        np.testing.assert_allclose(getattr(found, name), values, err_msg=name)
    matrix = np.zeros((classes, classes))
    matrix[pairs.true, pairs.predicted] = pairs.counts
    np.testing.assert_array_equal(
        matrix,
        metrics.confusion_matrix(true, predicted, labels=range(classes), sample_weight=weights),
    )
    f1 = metrics.f1_score(true, predicted, average="macro", sample_weight=weights, zero_division=0)
    assert found.means()["f1"] == pytest.approx(f1)


def test_number_figures_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    true, predicted = random.normal(size=(2, 50, 4)) * [1, 10, 100, 1]
    true[:, 2] = predicted[:, 2] = 3.0
    true[:, 3] = 5.0
    weights = random.integers(0, 4, 50)
    found = NumberFigures.of(true, predicted, weights)
    given = {"sample_weight": weights, "multioutput": "raw_values"}
    for values, function in (
        (found.mean_absolute_error, metrics.mean_absolute_error),
        (found.root_mean_squared_error, metrics.root_mean_squared_error),
        (found.r2, metrics.r2_score),
    ):
        np.testing.assert_allclose(values, function(true, predicted, **given), atol=1e-12)
    assert found.r2[2:].tolist() == [1.0, 0.0]


def test_numbers_come_back_in_their_own_units():
    preparation = {"outputs": {"kind": "numbers", "mean": [10.0, 0.0], "deviation": [2.0, 0.5]}}
    numbers = np.array([[1.0, 4.0]], np.float32)
    np.testing.assert_array_equal(in_own_units(numbers, preparation), [[12.0, 2.0]])
    np.testing.assert_array_equal(in_own_units(numbers, {}), numbers)


def many_classes(count):
    true = np.arange(3 * count) % count
    predicted = np.where(np.arange(3 * count) < 5, (true + 1) % count, true)
    names = tuple(f"class {number}" for number in range(count))
    pairs = Confusion.of(true, predicted, np.ones(3 * count), count)
    return ClassDetails(names, ClassFigures.of(pairs), pairs)


def test_of_a_thousand_classes_the_worst_are_shown_unless_all_are_asked_for():
    found = many_classes(1000)
    shown = table(found).splitlines()
    rows = shown[1 : shown.index("")][:-1]
    assert len(rows) == 20
    # Of these six classes one example each is wrong, or wrongly taken for it.
    assert {line.split()[1] for line in rows[:6]} == {"0", "1", "2", "3", "4", "5"}
    assert "the worst 20 of 1000 classes, lowest F1 first; --all-classes shows all" in shown
    assert shown[-5].split() == ["class", "0", "class", "1", "1"]
    everything = table(found, all_classes=True).splitlines()
    assert sum(line.startswith("class ") for line in everything) > 1000
    assert not any("--all-classes" in line for line in everything)


def test_classes_without_an_example_or_a_prediction_are_told():
    names = ("a", "b\n", "c", "d")
    pairs = Confusion.of(np.array([0, 0, 1]), np.array([0, 2, 0]), np.ones(3), 4)
    shown = table(ClassDetails(names, ClassFigures.of(pairs), pairs)).splitlines()
    assert shown[0].split() == ["class", "precision", "recall", "F1", "support"]
    assert [line.split() for line in shown[1:5]] == [
        ["a", "0.5000", "0.5000", "0.5000", "2"],
        ["b\\n", "0.0000", "0.0000", "0.0000", "1"],
        ["c", "0.0000", "0.0000", "0.0000", "0"],
        ["mean", "0.1667", "0.1667", "0.1667"],
    ]
    assert "1 of 4 classes: no example, no prediction" in shown
    assert "1 of 4 classes never predicted: precision 0/0 counts as 0" in shown
    assert "1 of 4 classes without an example: recall 0/0 counts as 0" in shown
    assert [line.split() for line in shown[-3:]] == [
        ["a", "1", "0", "1"],
        ["b\\n", "1", "0", "0"],
        ["c", "0", "0", "0"],
    ]


def test_columns_are_aligned_and_hold_markup_as_it_is():
    assert aligned(("a", "b"), [("[red]x", "1"), ("y", "200")]) == (
        "a         b\n[red]x    1\ny       200"
    )
    assert aligned(("a", "b"), [("\u732b", "1"), ("ab\x1b", "2")]) == (
        "a       b\n\u732b      1\nab\\x1b  2"
    )


def test_evaluate_shows_each_class_and_agrees_with_the_headline(small_run, capsys):
    folder, summary = small_run
    capsys.readouterr()
    evaluate.main([str(folder), "--json"])
    printed = json.loads(capsys.readouterr().out)
    wanted = summary["best"]["test"]
    assert {name: printed[name] for name in wanted} == wanted
    counts = printed["confusion"]
    right = sum(counts[name].get(name, 0) for name in counts)
    total = sum(sum(row.values()) for row in counts.values())
    assert total == sum(each["support"] for each in printed["classes"].values())
    assert right / total == pytest.approx(wanted["accuracy"])
    evaluate.main([str(folder)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [f"{name:28}{wanted[name]:.6f}" for name in ("loss", "accuracy")]
    recall = printed["classes"]["3"]["recall"]
    assert f"{recall:.4f}" in next(line for line in lines if line.startswith("3 ")).split()
