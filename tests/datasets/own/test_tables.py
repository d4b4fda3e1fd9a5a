"""Tables as datasets: inputs and targets recomputed in NumPy, splits, and what is refused."""

import functools

import numpy as np
import pyarrow as pa
import pytest
from standin_tables import SIZE, load, rows_of, write_table

import datasets
from datasets.own.columns import raw_columns
from datasets.own.frames import read_frame


@pytest.fixture
def table(tmp_path):
    return functools.partial(write_table, tmp_path / "table.csv")


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
