"""Every published row: its recipe, its shortened form, its record and the table."""

import json

import pytest
from places import PREPARED, ROOT

import configs
from trainers import reproduce
from trainers.experiments import experiment
from trainers.published import reading, records, runs, table
from trainers.published.statistics.of_one_run import STATISTICS

ROWS = reading.names()
# The others train for minutes together.
QUICK: set[str] = set()


def ask(name, tmp_path):
    return runs.asked(reading.load(name), tmp_path, {"dataset.data_dir": str(PREPARED)})


@pytest.mark.parametrize("name", ROWS)
def test_every_run_of_a_row_can_be_configured(name, tmp_path):
    row = reading.load(name)
    asked = ask(name, tmp_path)
    assert len({each.run.path for each in asked}) == len(asked)
    if not row.needs:
        for each, plan in zip(asked, runs.plans(asked), strict=True):
            assert plan.config.seed == each.run.seed
    for figure in row.figures.values():
        assert figure.reading.statistic in STATISTICS or "." in figure.reading.statistic
        assert figure.means


def test_seeds_divide_the_data_anew_where_the_row_says_so(tmp_path):
    seeds = [each.config.seed for each in ask("sonar", tmp_path)]
    assert [each.config.dataset.split_seed for each in ask("sonar", tmp_path)] == seeds
    assert {each.config.dataset.split_seed for each in ask("symmetry", tmp_path)} == {0}


def test_names_are_those_of_no_experiment_or_set():
    assert not set(ROWS) & {*experiment.names(), "all", *reading.SETS}


@pytest.mark.parametrize(
    "name", [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in ROWS]
)
def test_a_rows_shortened_form_gives_every_figure(name, tmp_path, capsys):
    words = [name, "--short", "--output", str(tmp_path)]
    asked = ask(name, tmp_path)
    if any(each.config.dataset.data_path is None and reading.load(name).needs for each in asked):
        pytest.skip(f"{name} needs {reading.load(name).needs}")
    if any(each.config.dataset.data_dir for each in asked):
        if not all((PREPARED / each.config.dataset.name).is_dir() for each in asked):
            pytest.skip(f"data of {name} are not prepared under {PREPARED}")
        words += ["--data-dir", str(PREPARED)]
    reproduce.main(words)
    row, found = (
        reading.load(name),
        json.loads((tmp_path / f"{name}-short" / "record.json").read_text()),
    )
    assert [each["figure"] for each in found["figures"]] == list(row.figures)
    assert found["honest"].keys() == row.variants.keys()
    assert found["verdict"] is None
    assert (tmp_path / f"{name}-short" / "plot.png").exists() == (row.picture is not None)


def test_the_table_is_what_the_records_say():
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.in_page(page) == page


def test_every_record_is_whole_and_of_its_row_as_it_is():
    for path in sorted(records.FOLDER.glob("*.json")):
        found = records.read(path)
        assert found is not None, f"{path.name} was edited"
        assert path.stem in ROWS
        assert not records.is_stale(found, reading.load(path.stem)), (
            f"{path.name} is of other settings; python -m trainers.reproduce {path.stem} --record"
        )
        if reading.load(path.stem).picture:
            assert (ROOT / ".github" / "images" / "published" / f"{path.stem}.png").is_file()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("set: fast", "lacks set"),
        ("counts: [650, 650]", "no figure says what counts"),
        ("seeds: 1", "lacks seeds"),
    ],
)
def test_a_row_that_lacks_something_says_so(change, told, tmp_path):
    text = (ROOT / "tests" / "toys" / "toy_row.yaml").read_text()
    assert change in text
    (tmp_path / "row.yaml").write_text(text.replace(change, ""))
    with pytest.raises(configs.ConfigError, match=told):
        reading.read("row", tmp_path / "row.yaml")


@pytest.mark.parametrize(
    ("change", "to", "told"),
    [
        ("set: fast", "set: quick", "give fast or slow"),
        ("given:", "gave:", "no key 'gave'; did you mean 'given'"),
        ("[650, 650]", "[7, 6]", r"\[7, 6\] is no range"),
        ("seeds: 1", "seeds: [1, 1]", "different ones"),
        ("name: summary, key", "named: summary, key", "give its name"),
        ("counts:", "of: runn\n    counts:", "no variant 'runn'; did you mean 'run'"),
        ("counts:", "over_seeds: avg\n    counts:", "over_seeds is 'avg'"),
        ("seeds: 1", "seeds: 1\nvariants: {a/b: {}}", "part of a path"),
        ("seeds: 1", "seeds: 1\nvariants: {run: {grid: {seed: [1]}}}", "a grid needs"),
        (
            "seeds: 1",
            "seeds: 1\npicture: {split: test, figure: loss, at: {x: 1}}",
            "no variant 'x'",
        ),
    ],
)
def test_a_row_that_is_wrong_says_where(change, to, told, tmp_path):
    text = (ROOT / "tests" / "toys" / "toy_row.yaml").read_text()
    assert change in text
    (tmp_path / "row.yaml").write_text(text.replace(change, to))
    with pytest.raises(configs.ConfigError, match=told):
        reading.read("row", tmp_path / "row.yaml")
