"""Tables as datasets: inputs and targets recomputed in NumPy, splits, and what is refused."""

import numpy as np
import pyarrow as pa
import pytest

import datasets
from datasets import DataError, DataOptionError
from datasets.own.columns import raw_columns
from datasets.own.frames import read_frame

SIZE = 200


def rows_of(size=SIZE):
    """Columns of every kind, with gaps; the label goes with `age`, and the file is sorted by it."""
    random = np.random.default_rng(1)
    age = np.sort(random.normal(40, 10, size)).round(1)
    return {
        "age": [f"{value}" if random.random() > 0.1 else "" for value in age],
        "city": random.choice(["Oslo", "Bern", "Rome", ""], size, p=[0.5, 0.3, 0.15, 0.05]),
        "member": random.choice(["true", "false"], size),
        "visits": random.integers(0, 2000, size),
        "label": np.where(np.arange(size) < 3 * size // 4, "no", "yes"),
        "amount": (3.0 * age + random.normal(0, 1, size)).round(3),
    }


@pytest.fixture
def table(tmp_path):
    def write(text=None, **changes):
        path = tmp_path / "table.csv"
        columns = {name: values for name, values in (rows_of() | changes).items() if len(values)}
        rows = zip(*columns.values(), strict=True)
        lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines) if text is None else text)
        return path

    return write


def load(path, target="label", **options):
    return datasets.load("table", data_path=path, target=target, **options)


def test_inputs_are_those_of_numpy_in_float32(table):
    path = table()
    data = load(path, drop="amount", split_seed=3)
    frame, train = read_frame(path), data.rows["train"]
    parts = []
    for name, indicator in (("age", True), ("member", False), ("visits", False)):
        values = frame[name].astype(np.float32)
        there = values[train][~np.isnan(values[train])].astype(np.float64)
        mean, deviation = np.float32(there.mean()), np.float32(there.std())
        filled = np.where(np.isnan(values), np.float32(np.median(there)), values)
        parts.append(((filled - mean) / deviation)[:, None])
        parts += [np.isnan(values)[:, None]] if indicator else []
    hot = frame["city"][:, None] == np.array(["", "Bern", "Oslo", "Rome", "other"])
    expected = np.concatenate([*parts[:2], hot, *parts[2:]], axis=1).astype(np.float32)
    assert data.input_shape == (9,)
    for split, rows in data.rows.items():
        np.testing.assert_array_equal(data.splits[split].inputs, expected[rows])
        np.testing.assert_array_equal(data.splits[split].targets, frame["label"][rows] == "yes")
    assert data.class_names == ("no", "yes")
    assert data.preparation["outputs"] == {"kind": "classes", "names": ["no", "yes"]}


def test_a_sorted_file_gives_stratified_splits_and_a_seed_draws_others(table):
    path = table()
    first, again, other = (load(path, split_seed=seed) for seed in (0, 0, 1))
    assert {split: each.size for split, each in first.splits.items()} == {
        "train": 160,
        "validation": 20,
        "test": 20,
    }
    for split in first.splits.values():
        assert split.targets.mean() == 0.25
    together = np.concatenate(list(first.rows.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(SIZE))
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint.startswith("carved")
    assert set(first.rows["test"]) != set(other.rows["test"])
    assert first.fingerprint != other.fingerprint


def test_the_fingerprint_sees_other_units_and_names(table):
    """Standardized, the arrays are the same."""
    prints = {load(table()).fingerprint}
    doubled = np.array(rows_of()["visits"]) * 2
    prints.add(load(table(visits=doubled)).fingerprint)
    prints.add(load(table(label=np.where(np.arange(SIZE) < 150, "no", "yet"))).fingerprint)
    assert len(prints) == 3


def test_numbers_are_standardized_by_the_training_rows_and_keep_their_units(table):
    path = table()
    data = load(path, "amount,visits", drop="label")
    frame = read_frame(path)
    own = np.stack([frame["amount"], frame["visits"]], axis=1).astype(np.float64)
    train = own[data.rows["train"]]
    outputs = data.preparation["outputs"]
    np.testing.assert_allclose(outputs["mean"], train.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(outputs["deviation"], train.std(axis=0), rtol=1e-6)
    assert data.target_names == ("amount", "visits")
    assert (data.task, data.num_classes, data.class_names) == ("regression", 2, ())
    for split, rows in data.rows.items():
        back = data.splits[split].targets * outputs["deviation"] + outputs["mean"]
        np.testing.assert_allclose(back, own[rows], atol=1e-3)
        assert data.splits[split].targets.dtype == np.float32


def test_a_gap_that_training_did_not_have_is_filled_without_a_mark(table):
    data = load(table(), drop="amount")
    column = data.preparation["inputs"]["columns"][0]
    assert column["name"] == "age"
    assert column["indicator"]
    whole = load(table(age=np.arange(SIZE) % 50), drop="amount")
    column = whole.preparation["inputs"]["columns"][0]
    assert not column["indicator"]
    assert column["fill"] == np.median((np.arange(SIZE) % 50)[whole.rows["train"]])


def test_groups_and_weights(table):
    customers = np.repeat(np.arange(40), 5)
    counts = np.tile([1.0, 2.5, 0.0, 1.0], 50)
    path = table(customer=[f"c{number}" for number in customers], w=counts)
    data = load(path, drop="amount", group_column="customer", weight_column="w")
    kept = np.flatnonzero(counts)
    np.testing.assert_array_equal(np.sort(np.concatenate(list(data.rows.values()))), kept)
    assert "50 rows of weight 0 are left out" in data.notes
    sizes = ", ".join(f"{split} {len(rows)}" for split, rows in data.rows.items())
    assert f"rows of one customer stay together: {sizes} rows" in data.notes
    seen = [set(customers[rows]) for rows in data.rows.values()]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 40
    for split, rows in data.rows.items():
        np.testing.assert_array_equal(data.splits[split].weights, counts[rows])
    names = [column["name"] for column in data.preparation["inputs"]["columns"]]
    assert names == ["age", "city", "member", "visits"]


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


def test_a_class_that_a_split_lacks_is_told(table):
    labels = np.array(rows_of()["label"])
    labels[:1] = "odd"
    data = load(table(label=labels))
    assert sum("has no example of 1 of 3 classes: odd" in note for note in data.notes) == 2


def test_large_numbers_keep_what_float32_has_and_lost_ones_are_told(table):
    times = 1_600_000_000 + np.arange(SIZE) * 86_400 * 30
    data = load(table(visits=times[np.random.default_rng(0).permutation(SIZE)]), drop="amount")
    assert not any("float32 tells apart" in note for note in data.notes)
    seconds = 1_600_000_000 + np.random.default_rng(0).permutation(SIZE) * 3
    notes = load(table(visits=seconds), drop="amount").notes
    assert any("'visits' has values near 1.6e+09, of which float32 tells" in note for note in notes)


def test_a_data_frame_is_the_dataset_of_its_file(table):
    columns = {name: list(values) for name, values in rows_of().items()}
    columns["age"] = [float(value) if value else None for value in columns["age"]]
    columns["member"] = [value == "true" for value in columns["member"]]
    columns["city"] = [str(value) or None for value in columns["city"]]
    given = datasets.from_frame(pa.table(columns), "label", drop="amount", split_seed=2)
    read = load(table(), drop="amount", split_seed=2)
    assert given.fingerprint == read.fingerprint


def test_a_table_beyond_memory_streams_with_the_same_content(table):
    path = table()
    held, mapped = load(path), load(path, max_resident_gib=0)
    assert not mapped.splits["train"].resident
    assert mapped.fingerprint == held.fingerprint


def test_raw_rows_are_what_the_preparation_asks_for(table):
    path = table()
    data = load(path, drop="amount")
    raw = raw_columns(read_frame(path), data.preparation["inputs"]["columns"])
    assert {name: (values.shape, values.dtype.kind) for name, values in raw.items()} == {
        "age": ((SIZE, 1), "f"),
        "city": ((SIZE, 1), "O"),
        "member": ((SIZE, 1), "f"),
        "visits": ((SIZE, 1), "f"),
    }
