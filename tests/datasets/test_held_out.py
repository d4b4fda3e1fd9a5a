"""Splits that are the last of the source's files: in their order, stored or recovered."""

import dataclasses
import json

import numpy as np
import places
import pytest
import standins
import tensorflow_datasets as tfds

import configs
import datasets
from datasets import load
from datasets.catalogue import EMBEDDED_DATASETS
from datasets.errors import DataOptionError
from datasets.partition import Division, Source
from datasets.prepare import prepared_builder
from datasets.records import read_batches, source_places
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.assembly.rows import rows_text
from trainers.assembly.shaping import shaped


def pixels(split):
    return np.rint(split.inputs[:, 0, 0, 0] * 255).astype(int).tolist()


@pytest.mark.parametrize("batch", [1, 9, 100])
def test_places_alone_divide_whatever_the_batches(batch):
    order = np.random.default_rng(1).permutation(100)
    sizes = {"train": 70, "validation": 20, "test": 10}
    division = Division(Source("train", sizes, order), None, seed=3)
    found = {split: np.full(size, -1) for split, size in sizes.items()}
    for start in range(0, 100, batch):
        records = order[start : start + batch]
        for split, chosen, rows in division.next(len(records)):
            found[split][rows] = records[chosen]
    # A record's value is its place.
    assert np.concatenate(list(found.values())).tolist() == list(range(100))


@pytest.mark.parametrize(("gib", "files"), [(2.0, 1), (0.0, 1), (2.0, 4)])
def test_last_records_of_files_in_order_are_held_out(tmp_path, gib, files):
    settings = tfds.download.DownloadConfig(num_shards=files)
    standins.ZooSorted(data_dir=tmp_path).download_and_prepare(download_config=settings)
    drawn = load("zoo_sorted", data_dir=tmp_path, max_resident_gib=gib)
    data = load("zoo_sorted", data_dir=tmp_path, max_resident_gib=gib, held_out="last")
    assert pixels(data.splits["train"]) == list(range(161))
    assert pixels(data.splits["validation"]) == list(range(161, 181))
    assert pixels(data.splits["test"]) == list(range(181, 201))
    for split in data.splits.values():
        np.testing.assert_array_equal(split.targets, np.array(pixels(split)) // 20)
    assert data.fingerprint.startswith("carved2-")
    assert data.fingerprint != drawn.fingerprint
    fewer = shaped(configs.DatasetConfig(train_size=7, held_out="last"), data)
    assert pixels(fewer.splits["train"]) == list(range(7))


def test_order_that_the_hash_of_keys_took_away_is_recovered(tmp_path):
    """Seen to fail with another salt: the records themselves are looked at."""
    content = EMBEDDED_DATASETS["digits"].builder_class()(data_dir=tmp_path).content()["train"]
    stored = load("digits").splits["train"]
    recovered = load("digits", held_out="last")  # its splits are its own, and keep their sizes
    kept = load("digits", held_out="last")  # from the cache
    assert recovered.fingerprint == kept.fingerprint != load("digits").fingerprint
    np.testing.assert_array_equal(recovered.splits["train"].targets, content["label"])
    assert not np.array_equal(stored.targets, content["label"])
    found = recovered.splits["train"].inputs
    images = np.asarray(content["image"]).reshape(found.shape)
    np.testing.assert_allclose(found * images.max(), images, atol=1e-4)


def test_order_of_mnists_own_files_is_recovered():
    folder, source = places.prepared("mnist"), Source("train", {"train": 60_000})
    with prepared_builder("mnist", folder, scratch=False) as builder:
        order = source_places("mnist", builder, source)
        read = read_batches("mnist", builder, source, ("label",), 8)
        labels = np.concatenate([batch for (batch,) in read])
    files = np.empty_like(labels)
    files[order] = labels
    # The first of train-labels-idx1-ubyte.
    assert files[:20].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9]
    # Of the 50,000 of mnist.pkl.gz, as published with it.
    assert np.bincount(files[:50_000]).tolist() == [
        *(4932, 5678, 4968, 5101, 4859),
        *(4506, 4951, 5175, 4842, 4988),
    ]


def test_last_rows_of_a_table_and_of_arrays_are_held_out(tmp_path):
    file = tmp_path / "rows.csv"
    lines = [f"{row * row % 97},{row % 2},{row // 4}" for row in range(40)]
    file.write_text("\n".join(["number,label,day", *lines]))
    data = load("table", data_path=file, target="label", held_out="last")
    assert data.rows["validation"].tolist() == [32, 33, 34, 35]
    assert data.rows["test"].tolist() == [36, 37, 38, 39]
    config = configs.recipe("mlp", dataset={"name": "table", "held_out": "last"})
    assert json.loads(rows_text(config, data))["held_out"] == "last"
    rows = np.arange(40.0)[:, None]
    np.savez(tmp_path / "own.npz", x_train=rows, y_train=rows % 2, x_test=rows, y_test=rows % 2)
    arrays = load("arrays", data_path=tmp_path / "own.npz", held_out="last")
    assert arrays.rows["train"].tolist() == list(range(36))
    assert arrays.rows["validation"].tolist() == [36, 37, 38, 39]
    fewer = shaped(configs.DatasetConfig(train_size=5, held_out="last"), arrays)
    assert fewer.rows["train"].tolist() == list(range(5))
    with pytest.raises(DataOptionError, match="held_out is 'last' and 'table' has groups"):
        load("table", data_path=file, target="label", held_out="last", group_column="day")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("zoo_train_only", "last", "the order of 'zoo_train_only' before it was prepared is not"),
        ("zoo_documents", "last", "held_out is 'last', and dataset 'zoo_documents' is a text"),
        ("images", "last", "allowed only with dataset 'arrays' or dataset 'table' or"),
        ("adding", "last", "allowed only with dataset 'arrays' or dataset 'table' or"),
        ("reber", "last", "allowed only with dataset 'arrays' or dataset 'table' or"),
        ("cartpole", "last", "allowed only with dataset 'arrays' or dataset 'table' or"),
        ("zoo_sorted", "lasts", "held_out is 'lasts', allowed is 'drawn' or 'last'"),
    ],
)
def test_what_has_no_known_order_is_refused(name, value, message, tmp_path):
    path = {"data_path": tmp_path} if name == "images" else {}
    with pytest.raises(datasets.DataError, match=message) as caught:
        load(name, data_dir=tmp_path, held_out=value, **path)
    assert "\n" not in str(caught.value)


def test_what_changes_nothing_is_refused(tmp_path):
    """Seen to fail without the question in `_require_effect`."""

    def ask(name, *typed, **changes):
        config = configs.recipe("mlp", dataset={"name": name, "held_out": "last", **changes})
        typed = frozenset(f"dataset.{key}" for key in typed)
        return load_data(dataclasses.replace(resolve(config), typed=typed))

    with pytest.raises(configs.ConfigError, match="--held-out last changes nothing: "):
        ask("digits", "held_out")
    assert ask("digits", "held_out", "train_size", train_size=9).dataset.splits["train"].size == 9
    file = tmp_path / "rows.csv"
    file.write_text(
        "\n".join(["number,label", *[f"{row * row % 97},{row % 2}" for row in range(40)]])
    )
    table = {"data_path": str(file), "target": "label"}
    ask("table", "held_out", "data_path", **table)
    with pytest.raises(configs.ConfigError, match=r"--split-seed 3 changes nothing: .*its last"):
        ask("table", "held_out", "split_seed", split_seed=3, **table)
