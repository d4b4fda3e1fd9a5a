"""The page of a run: what it says is what was measured, whatever state the folder is in."""

import json
import re
import shutil

import numpy as np
import pytest

import configs
from trainers import report
from trainers.predictions.example_record import FILE, ExampleRecord
from trainers.predictions.measured_examples import _worst
from trainers.reports.intervals import of_examples
from trainers.reports.pages.classes import Calibration, classes_section
from trainers.reports.pages.facts import RunFacts
from trainers.reports.pages.mistakes import mistakes_section
from trainers.reports.pages.run_page import interval_text


@pytest.fixture(scope="module")
def told_run(small_run, tmp_path_factory):
    """A finished run with its page and its test examples measured, by the command."""
    folder = shutil.copytree(small_run[0], tmp_path_factory.mktemp("told") / "run")
    report.main([str(folder), "--measure"])
    return folder


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_command_measures_each_example_as_the_run_did(told_run):
    record, summary = (
        ExampleRecord.read(told_run),
        json.loads((told_run / "summary.json").read_text()),
    )
    test = summary["best"]["test"]
    assert record.about["splits"] == {"train": 1077, "validation": 360, "test": 360}
    right = record.answers == record.targets
    assert right.mean() == pytest.approx(test["accuracy"], abs=1e-12)
    assert record.figures["loss"].mean() == pytest.approx(test["loss"], rel=1e-6)
    # Of the answer alone the loss is known too: it is right where the loss is - ln confidence.
    expected = -np.log(record.confidence[right])
    assert record.figures["loss"][right] == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_the_worst_mistakes_are_wrong_and_worst_first(told_run):
    record = ExampleRecord.read(told_run)
    wrong = record.answers != record.targets
    losses = record.figures["loss"][record.worst]
    assert wrong[record.worst].all()
    assert len(record.worst) == min(24, wrong.sum()) > 3
    assert (np.diff(losses) <= 0).all()
    assert losses[0] == record.figures["loss"][wrong].max()
    assert record.pictures.shape == (len(record.worst), 8, 8, 1)
    shown = mistakes_section(record)["rows"][0]
    names, place = record.about["names"], record.worst[0]
    assert shown["lines"][1] == f"is {names[record.targets[place]]}"
    assert shown["picture"].startswith("data:image/png;base64,")


def test_an_episode_that_ends_as_most_do_is_no_mistake():
    def worst(*returns):
        values = np.array(returns)
        return _worst({"mean_return": values}, np.ones(len(values)), "none", None, None).tolist()

    assert worst(500.0, 368.0, 500.0, 400.0, 500.0) == [1, 3]
    assert worst(500.0, 500.0) == []


def test_the_page_tells_the_interval_and_every_class(told_run):
    facts, page = RunFacts.read(told_run), page_of(told_run)
    accuracy = facts.figures("test")["accuracy"]
    low, high = facts.interval("accuracy")
    assert low < accuracy < high
    assert f"95 %: {interval_text((low, high))}" in page
    section = classes_section(facts.record)
    assert sum(row["support"] for row in section["rows"]) == 360
    counts = [[cell["count"] for cell in row["cells"]] for row in section["matrix"]["rows"]]
    table = np.array([[int(count or 0) for count in row] for row in counts])
    assert table.trace() / table.sum() == pytest.approx(accuracy)
    assert table.sum(axis=1).tolist() == np.bincount(facts.record.targets).tolist()


def test_settings_that_are_not_the_recipes_are_told(told_run):
    page = page_of(told_run)
    row = r"<code>optimizer\.name</code></td><td>adam</td><td>momentum</td>"
    assert re.search(row, page)
    assert "<code>seed</code>" not in page


def test_calibration_is_its_formula():
    random = np.random.default_rng(0)
    confidence, weights = random.uniform(0.05, 1, 500), random.uniform(0, 2, 500)
    right = random.uniform(size=500) < confidence**2
    found, error = Calibration.of(confidence, right, weights, 10), 0.0
    for m in range(1, 11):
        inside = (confidence > (m - 1) / 10) & (confidence <= m / 10)
        if inside.any():
            accuracy = np.average(right[inside], weights=weights[inside])
            sure = np.average(confidence[inside], weights=weights[inside])
            error += weights[inside].sum() / weights.sum() * abs(accuracy - sure)
    assert found.expected_error == pytest.approx(error, rel=1e-12)
    # An edge belongs to the bin below it, and certainty to the last.
    edges = Calibration.of(np.array([0.1, 1.0]), np.array([True, True]), np.ones(2), 10)
    assert edges.confidence.tolist() == [0.1, 1.0]


def test_the_interval_over_examples_is_its_formula_and_holds_as_often_as_it_says():
    random = np.random.default_rng(1)
    x, w = random.normal(3, 2, (2000, 200)), random.uniform(0.5, 1.5, 200)
    n, m = 200, np.average(x[0], weights=w)
    s = np.sqrt(n / (n - 1) * (w**2 * (x[0] - m) ** 2).sum()) / w.sum()
    low, high = of_examples(x[0], w)
    assert (low, high) == pytest.approx((m - 1.959964 * s, m + 1.959964 * s), rel=1e-6)
    ends = np.array([of_examples(row, w) for row in x])
    assert ((ends[:, 0] < 3) & (ends[:, 1] > 3)).mean() == pytest.approx(0.95, abs=0.015)
    # What has no weight is not there; one example tells nothing of its deviation.
    assert of_examples(np.append(x[0], 99), np.append(w, 0)) == (low, high)
    assert of_examples(np.array([1.0]), np.array([1.0])) == (-np.inf, np.inf)


def test_a_run_that_did_not_end_has_a_page_of_what_it_logged(copied_run, capsys):
    (copied_run / "summary.json").unlink()
    report.main([str(copied_run)])
    page = page_of(copied_run)
    assert "not finished" in page
    assert "Learning curves" in page
    assert "--resume" in page
    assert "--measure makes it" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"not a zip", None])
def test_a_damaged_record_is_said_and_left_out(told_run, tmp_path, capsys, content):
    folder = shutil.copytree(told_run, tmp_path / "run")
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[: len(whole) // 2] if content is None else content)
    report.main([str(folder)])
    assert f"{FILE} is damaged" in capsys.readouterr().err
    page = page_of(folder)
    assert "Learning curves" in page
    assert "Worst mistakes" not in page


def test_a_record_is_never_unpickled(told_run, tmp_path, capsys):
    folder = shutil.copytree(told_run, tmp_path / "run")
    with np.load(folder / FILE) as held:
        arrays = dict(held)
    arrays["labels"] = np.array([{"a": 1}] * len(arrays["rows"]), dtype=object)
    np.savez(folder / FILE, **arrays)
    report.main([str(folder)])
    assert f"{FILE} is damaged" in capsys.readouterr().err


def test_words_of_the_user_are_no_html(told_run, tmp_path):
    folder = shutil.copytree(told_run, tmp_path / "<b>run & co")
    record = ExampleRecord.read(folder)
    record.about["names"][0] = "<script>alert(1)</script>"
    record.write(folder)
    report.main([str(folder)])
    page = page_of(folder)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>run" not in page


@pytest.mark.parametrize("fails", ["write_report", "record_examples"])
def test_a_report_that_fails_costs_a_warning_and_not_the_run(
    fails, tmp_path, train_here, small_arguments, monkeypatch, capsys
):
    """Seen to end the run with a traceback without the guard."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"trainers.train.{fails}", full)
    words = [*small_arguments, "--report", "true", "--steps", "2"]
    summary = train_here(tmp_path / "run", *words)
    assert summary["steps"] == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert (tmp_path / "run" / "report.html").exists() == (fails == "record_examples")


def test_wrong_requests_are_refused_before_anything_is_written(told_run, tmp_path):
    for argv, words in (
        ([str(tmp_path)], "is not a run folder"),
        ([str(told_run), "--output", str(tmp_path / "page.pdf")], "give a .html file"),
        ([str(told_run), "--output", str(tmp_path / "no" / "page.html")], "lies in no folder"),
        (["perceptron:digits"], "come without a report"),
        ([str(told_run), "--mesure"], "did you mean"),
    ):
        with pytest.raises(configs.ConfigError, match=words):
            report.main(argv)
    assert list(tmp_path.iterdir()) == []
