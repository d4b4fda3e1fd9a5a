import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from places import embedded_here, require_embedded
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)

from datasets import DataError, load
from datasets.catalogue import EMBEDDED_DATASETS
from datasets.embedded.builder import content_sha256

SIZES = {
    "breast_cancer": {"train": 341, "validation": 114, "test": 114},
    "iris": {"train": 90, "validation": 30, "test": 30},
    "wine": {"train": 106, "validation": 36, "test": 36},
    "digits": {"train": 1077, "validation": 360, "test": 360},
    "diabetes": {"train": 264, "validation": 89, "test": 89},
    "mnist_5k": {"train": 4_000, "validation": 500, "test": 500},
    "longley": {"train": 16, "validation": 16, "test": 16},
    "parity": {"train": 16, "validation": 16, "test": 16},
    "spirals": {"train": 194, "validation": 192, "test": 192},
    "symmetry": {"train": 64, "validation": 64, "test": 64},
    "xor": {"train": 4, "validation": 4, "test": 4},
    "oscillators": {"train": 4_000, "validation": 500, "test": 500},
    "ring": {"train": 20_000, "validation": 2_500, "test": 2_500},
    "grid": {"train": 20_000, "validation": 2_500, "test": 2_500},
    "reber": {"train": 18_000, "validation": 2_000, "test": 2_000},
    "stdlib_source": {"train": 49, "validation": 3, "test": 4},
}


@pytest.fixture(params=sorted(EMBEDDED_DATASETS))
def builder(request, tfds_dir):
    require_embedded(request.param)
    return EMBEDDED_DATASETS[request.param].builder_class()(data_dir=tfds_dir)


RECORDED = sorted(set(EMBEDDED_DATASETS) - {"stdlib_source"})


@pytest.fixture(params=RECORDED)
def recorded_builder(request, tfds_dir):
    """A builder whose content is the same everywhere."""
    require_embedded(request.param)
    return EMBEDDED_DATASETS[request.param].builder_class()(data_dir=tfds_dir)


def read(builder, split):
    """All records of a split through TFDS alone, by feature."""
    return next(iter(tfds.as_numpy(builder.as_dataset(split=split, batch_size=20_000))))


def test_builder_declares_version_splits_description_and_citation(builder):
    sizes = {split: info.num_examples for split, info in builder.info.splits.items()}
    assert sizes == SIZES[builder.name]
    assert str(builder.version) == "1.0.0"
    assert builder.info.description
    assert "year = {" in builder.info.citation
    assert builder.info.download_size == 0


def test_recorded_checksum_is_that_of_the_content(recorded_builder):
    content = recorded_builder.content()
    assert content_sha256(content) == recorded_builder.CONTENT_SHA256
    first = next(iter(content["test"]))
    content["test"][first] = content["test"][first][::-1]
    assert content_sha256(content) != recorded_builder.CONTENT_SHA256


def test_changed_content_is_refused_and_leaves_nothing(recorded_builder, monkeypatch, tmp_path):
    monkeypatch.setattr(type(recorded_builder), "CONTENT_SHA256", "0" * 64)
    with pytest.raises(DataError, match=r"has SHA-256 [0-9a-f]{64}, expected 0{64}"):
        load(recorded_builder.name, data_dir=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_splits_partition_the_digits_table(tfds_dir):
    builder = EMBEDDED_DATASETS["digits"].builder_class()(data_dir=tfds_dir)
    images, labels = load_digits(return_X_y=True)
    rows = []
    for split in builder.info.splits:
        records = read(builder, split)
        flat = records["image"].reshape(-1, 64).astype(np.float64)
        rows.append(np.column_stack([flat, records["label"]]))
    table = np.column_stack([images, labels])
    np.testing.assert_array_equal(sort_rows(np.concatenate(rows)), sort_rows(table))


def test_splits_partition_the_diabetes_table(tfds_dir):
    builder = EMBEDDED_DATASETS["diabetes"].builder_class()(data_dir=tfds_dir)
    features, target = load_diabetes(return_X_y=True, scaled=False)
    rows = [
        np.column_stack([records["features"], records["target"]])
        for records in (read(builder, split) for split in builder.info.splits)
    ]
    table = np.column_stack([features, target]).astype(np.float32)
    np.testing.assert_array_equal(sort_rows(np.concatenate(rows)), sort_rows(table))


@pytest.mark.parametrize(
    ("name", "read_table"),
    [("iris", load_iris), ("wine", load_wine), ("breast_cancer", load_breast_cancer)],
)
def test_tables_with_classes_are_standardized_and_stratified(tfds_dir, name, read_table):
    data, table = load(name, data_dir=tfds_dir), read_table()
    assert data.class_names == tuple(map(str, table.target_names))
    assert data.task == "classification"
    raw = {
        split: read(EMBEDDED_DATASETS[name].builder_class()(data_dir=tfds_dir), split)
        for split in data.splits
    }
    train = raw["train"]["features"].astype(np.float64)
    shares = np.bincount(table.target) / len(table.target)
    for split, arrays in data.splits.items():
        expected = (raw[split]["features"] - train.mean(axis=0)) / train.std(axis=0)
        np.testing.assert_allclose(arrays.inputs, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(arrays.targets, raw[split]["label"])
        np.testing.assert_allclose(np.bincount(arrays.targets) / arrays.size, shares, atol=0.02)
    np.testing.assert_allclose(data.preparation["inputs"]["mean"], train.mean(axis=0), rtol=1e-6)
    assert data.preparation["outputs"] == {"kind": "classes", "names": list(data.class_names)}
    everything = np.concatenate(
        [np.column_stack([each["features"], each["label"]]) for each in raw.values()]
    )
    whole = np.column_stack([table.data.astype(np.float32), table.target])
    np.testing.assert_array_equal(sort_rows(everything), sort_rows(whole))


def test_a_name_that_tfds_has_too_is_ours_and_stays_theirs():
    """Seen to fail where ours were registered with TFDS: whichever came second raised."""
    ours, theirs = EMBEDDED_DATASETS["iris"].builder_class(), tfds.builder_cls("iris")
    assert ours.__module__ == "datasets.embedded.iris"
    assert theirs.__module__.startswith("tensorflow_datasets.")


def sort_rows(table):
    return table[np.lexsort(table.T)]


# One that is drawn, one of pictures, one of a table, one of text; others in the longer form.
PREPARED_TWICE = ("reber", "digits", "iris", "stdlib_source")


@pytest.mark.parametrize(
    "name",
    [
        name if name in PREPARED_TWICE else pytest.param(name, marks=pytest.mark.slow)
        for name in filter(embedded_here, EMBEDDED_DATASETS)
    ],
)
def test_two_preparations_write_the_same_bytes(name, tfds_dir, tmp_path):
    load(name, data_dir=tmp_path)
    for file in sorted((tfds_dir / name).rglob("*")):
        other = tmp_path / file.relative_to(tfds_dir)
        if file.is_dir() or file.name == "dataset_info.json":
            continue
        assert other.read_bytes() == file.read_bytes(), file.name
    infos = [
        json.loads(next((folder / name).rglob("dataset_info.json")).read_text())
        for folder in (tfds_dir, tmp_path)
    ]
    assert infos[0]["splits"] == infos[1]["splits"]


def test_oscillators_hold_their_frequency_and_targets_their_noise(tfds_dir):
    """The documented series recomputed from its own parameters, and the best error met."""
    content = EMBEDDED_DATASETS["oscillators"].builder_class()(data_dir=tfds_dir).content()
    series, target = content["train"]["series"][..., 0], content["train"]["target"]
    random = np.random.Generator(np.random.PCG64(1974))
    frequency, damping, phase = (
        random.uniform(low, high, 4_000) for low, high in ((0.2, 1.6), (0, 0.05), (0, 2 * np.pi))
    )
    for step in (0, 7, 39):
        expected = np.exp(-damping * step) * np.cos(2 * np.pi * frequency * step / 10 + phase)
        np.testing.assert_allclose(series[:, step], expected, atol=6e-4)
    error = target - frequency
    assert np.mean(error**2) == pytest.approx(0.05**2, rel=0.05)
    assert np.mean(abs(error)) == pytest.approx(0.05 * np.sqrt(2 / np.pi), rel=0.05)


@pytest.mark.parametrize(("name", "deviation"), [("ring", 0.01), ("grid", 0.05)])
def test_mixtures_are_normal_around_their_centres_in_the_sources_units(name, deviation, tfds_dir):
    data = load(name, data_dir=tfds_dir)
    train = data.splits["train"]
    modes = np.arange(data.num_classes)
    if name == "ring":
        centres = np.exp(2j * np.pi * modes / 8).view(float).reshape(-1, 2)
    else:
        centres = 2.0 * np.stack([modes // 5, modes % 5], axis=1) - 4
    assert set(np.bincount(train.targets)) == {20_000 // data.num_classes}
    noise = (train.inputs - centres[train.targets]) / deviation
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.02)
    # Alike in every direction: the squared distance of a normal point of the plane is exponential.
    assert (np.hypot(*noise.T) < 3).mean() == pytest.approx(1 - np.exp(-4.5), abs=0.003)
    names = [np.array(each.strip("()").split(","), float) for each in data.class_names]
    np.testing.assert_allclose(names, centres, atol=0.005)
    assert data.preparation["inputs"]["mean"] is None
