"""Columns that no model can use, targets that may be either, and what else is refused of tables."""

import functools

import numpy as np
import pytest
from standin_tables import SIZE, load, rows_of, write_table

import datasets
from datasets import DataError, DataOptionError


@pytest.fixture
def table(tmp_path):
    return functools.partial(write_table, tmp_path / "table.csv")


UNUSABLE = {
    "row": np.arange(SIZE),
    "user_id": np.random.default_rng(0).permutation(SIZE) * 7,
    "code": [f"k{number * 37 % 1000}" for number in range(SIZE)],
    "same": ["x"] * SIZE,
    "zero": [0] * SIZE,
    "none": [""] * SIZE,
    "day": [f"2024-0{1 + number % 9}-11" for number in range(SIZE)],
    "clock": [f"11/0{1 + number % 9}/2024 10:15" for number in range(SIZE)],
    "words": [f"a sentence of several words {number % 150}" for number in range(SIZE)],
    "many": [f"m{number % 150}" for number in range(SIZE)],
}


def test_columns_of_no_use_are_named_with_the_flag_that_drops_them(table):
    path = table(**UNUSABLE)
    with pytest.raises(DataError) as raised:
        load(path)
    message = str(raised.value)
    assert message.endswith(f"pass --drop {','.join(UNUSABLE)}, or --drop unusable")
    for part in (
        "10 columns are of no use",
        "row (row numbers)",
        "user_id (identifiers, another in every row)",
        "code (identifiers, another in every row)",
        "same (constant), zero (constant), none (no values)",
        "day (dates or times, as in '2024-01-11')",
        "clock (dates or times",
        "words (free text)",
        "many (150 categories, at most 100)",
    ):
        assert part in message
    data = load(path, drop="unusable")
    by_name = load(path, drop=",".join(UNUSABLE))
    assert data.fingerprint == by_name.fingerprint == load(table()).fingerprint
    assert any(note.startswith("10 columns are left out: row (row numbers)") for note in data.notes)


def test_many_columns_of_no_use_are_told_by_their_reasons(table):
    blank = {f"pixel{number}": [0] * SIZE for number in range(300)}
    with pytest.raises(DataError) as raised:
        load(table(**blank, day=UNUSABLE["day"]))
    told = str(raised.value).partition(": ")[2]
    assert told == (
        "301 columns are of no use to a model: constant: pixel0, pixel1, pixel2 and 297 more; "
        "dates or times: day; pass --drop unusable"
    )


def test_row_numbers_are_learned_from_if_there_is_nothing_else(table):
    lines = "\n".join(f"{x},{x * x / 7}" for x in range(50))
    data = load(table(text=f"x,y\n{lines}"), "y")
    assert data.input_shape == (1,)


def test_rows_without_a_target_are_refused_or_left_out(table):
    labels = np.array(rows_of()["label"])
    labels[[4, 9]] = ""
    path = table(label=labels)
    with pytest.raises(DataError, match=r"2 of 200 rows have no label, the first is row 5;"):
        load(path)
    data = load(path, drop="unusable")
    assert not {4, 9} & set(np.concatenate(list(data.rows.values())))
    assert "2 of 200 rows have no label and are left out" in data.notes


@pytest.mark.parametrize(
    ("values", "task", "expected"),
    [
        ("word", "auto", ("classification", ("a", "b", "c"))),
        ("truth", "auto", ("classification", ("false", "true"))),
        ("two", "auto", ("classification", ("3", "5"))),
        ("few", "classification", ("classification", ("0", "1", "2", "10"))),
        ("few", "regression", ("regression", ())),
        ("many", "auto", ("regression", ())),
        ("fraction", "auto", ("regression", ())),
    ],
)
def test_what_a_target_is_predicted_as(table, values, task, expected):
    columns = {
        "word": np.array(["a", "c", "b"])[np.arange(SIZE) % 3],
        "truth": np.array(["true", "FALSE"])[np.arange(SIZE) % 2],
        "two": np.array([5, 3])[np.arange(SIZE) % 2],
        "few": np.array([0, 10, 2, 1])[np.arange(SIZE) % 4],
        "many": np.arange(SIZE) % 150,
        "fraction": np.arange(SIZE) % 3 / 2,
    }
    data = load(table(label=columns[values]), task=task)
    assert (data.task, data.class_names) == expected


@pytest.mark.parametrize(
    ("changes", "options", "error", "message"),
    [
        ({}, {"target": None}, DataOptionError, "needs target, .* --target with one of age, city"),
        ({}, {"target": "labl"}, DataError, "no target column 'labl': did you mean 'label'"),
        ({}, {"drop": "citi"}, DataError, "no column to drop 'citi': did you mean 'city'"),
        ({}, {"drop": "label"}, DataOptionError, "'label' is given as target and as drop"),
        ({}, {"weight_column": "w"}, DataError, "no column for weight_column 'w'"),
        ({}, {"weight_column": "city"}, DataError, "weight column 'city' holds no numbers"),
        ({}, {"weight_column": "age"}, DataError, "weight column 'age' is nan in row"),
        ({"w": [1, -1] * 100}, {"weight_column": "w"}, DataError, "is -1.0 in row 2, allowed is 0"),
        ({}, {"group_column": "city"}, DataError, "group column 'city' is empty in row"),
        ({}, {"task": "regression"}, DataError, "target 'label' holds words .'no', 'yes'."),
        ({"label": ["x"] * SIZE}, {}, DataError, r"has one class alone \(x\)"),
        ({"label": [2.5] * SIZE}, {"task": "regression"}, DataError, "is 2.5 in every row"),
        ({"label": np.arange(SIZE) % 7}, {}, DataError, "7 different whole numbers .*pass --task"),
        ({}, {"target": "amount", "task": "classification"}, DataError, "too many for classes"),
        ({}, {"target": "age,label"}, DataError, "target 'label' holds words"),
        ({}, {"target": "age,amount", "task": "classification"}, DataOptionError, "2 targets"),
        ({"visits": [1e39, 2.0] * 100}, {}, DataError, r"column 'visits' has 1e\+39 in row 1"),
        ({"amount": [1.5, "inf"] * 100}, {"target": "amount"}, DataError, "is inf in row 2"),
        ({}, {"drop": "age,city,member,visits,amount"}, DataError, "no column to learn from"),
        ({"amount": ["1,5"] * 0}, {"image_size": "2x2"}, DataOptionError, "image_size"),
    ],
)
def test_what_cannot_be_is_one_line(table, changes, options, error, message):
    with pytest.raises(error, match=message) as raised:
        load(table(**changes), **{"target": "label", **options})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ['{"a": {"0": 1}, "b": {"0": 2}}', '[{"a": 1, "b": 2}]', "[\n {}]"]
)
def test_json_is_no_table(text, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match="is JSON, expected a table; save it as CSV or Parquet"):
        load(path)


def test_a_class_that_is_spelt_as_a_missing_number_is_told(table):
    label = np.array(["yes", "NA", "no", ""])[np.arange(SIZE) % 4]
    data = load(table(label=label), drop="unusable")
    assert data.class_names == ("NA", "no", "yes")
    told = [note for note in data.notes if "'NA'" in note]
    assert told == [
        "target 'label' has 'NA' as a class: where that means a missing one, empty the cell"
    ]


@pytest.mark.parametrize("first", [0, 1, 1947])
def test_only_what_counts_from_0_or_1_is_taken_for_row_numbers(first, tmp_path):
    rows = [f"{first + row},{row % 7},{row % 3 + row % 7 / 2}" for row in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["year,x,y", *rows]) + "\n")
    asked = {"data_path": tmp_path / "t.csv", "target": "y", "task": "regression"}
    if first > 1:
        assert datasets.load("table", **asked).input_shape == (2,)
        return
    with pytest.raises(datasets.DataError, match=r"year \(row numbers\)"):
        datasets.load("table", **asked)
