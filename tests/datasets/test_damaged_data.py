import json
import struct

import numpy as np
import pytest
import tensorflow as tf

from datasets import DataError, load
from datasets.catalogue import EMBEDDED_DATASETS
from datasets.partition import Source
from datasets.records import read_batches
from trainers.cli.exit import describe


def shard(folder, name, split):
    return folder / name / "1.0.0" / f"{name}-{split}.tfrecord-00000-of-00001"


def rewrite(path, edit):
    """Pass every record's features through `edit`, with valid checksums."""
    records = [raw.numpy() for raw in tf.data.TFRecordDataset(str(path))]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for index, raw in enumerate(records):
            example = tf.train.Example.FromString(raw)
            edit(index, example.features.feature)
            writer.write(example.SerializeToString())


def refusal(name, folder):
    with pytest.raises(DataError) as caught:
        load(name, data_dir=folder)
    code, text = describe(caught.value)
    assert code == 3
    assert "\n" not in text
    assert name in text
    return text


@pytest.mark.parametrize("offset", [0, 9, 40, -2])  # length, its checksum, data, its checksum
def test_fault_26_flipped_record_file_is_named(offset, copied_dir):
    """A flipped bit is found by the records' checksums, and the file that has it is told.

    Seen to fail without the second reading that looks for the damaged file.
    """
    path = shard(copied_dir, "digits", "validation")
    content = bytearray(path.read_bytes())
    content[offset] ^= 4
    path.write_bytes(content)
    text = refusal("digits", copied_dir)
    assert str(path) in text
    assert "split 'validation'" in text


def test_fault_27_cut_record_file_is_named(copied_dir):
    """A file cut between two records, in a header or in a record is told, with its counts.

    TensorFlow takes the first two for the file's end. Seen to fail without the counts of the second
    reading.
    """
    path = shard(copied_dir, "diabetes", "train")
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    record = 12 + length + 4  # length and its checksum, data, its checksum
    boundary = len(content) - record
    for size in (0, record, boundary, boundary + 5, boundary + 20):
        path.write_bytes(content[:size])
        text = refusal("diabetes", copied_dir)
        assert str(path) in text
    path.write_bytes(content[:boundary])
    assert "holds 263 records, expected 264" in refusal("diabetes", copied_dir)


def test_missing_file_is_named(copied_dir):
    path = shard(copied_dir, "diabetes", "test")
    path.unlink()
    assert str(path) in refusal("diabetes", copied_dir)


def test_surplus_records_are_detected(copied_dir):
    path = shard(copied_dir, "diabetes", "test")
    path.write_bytes(path.read_bytes() * 2)
    assert "holds 178 records, expected 89" in refusal("diabetes", copied_dir)


@pytest.mark.parametrize("label", [10, -1, 2**32])
def test_label_out_of_range_is_refused(label, copied_dir):
    def edit(index, feature):
        if index == 17:
            feature["label"].int64_list.value[0] = label

    rewrite(shard(copied_dir, "digits", "test"), edit)
    text = refusal("digits", copied_dir)
    assert f"split 'test': label {label} is out of range, expected 0 to 9" in text


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("key", ["features", "target"])
def test_value_that_is_not_finite_is_refused(key, value, copied_dir):
    def edit(index, feature):
        if index == 3:
            feature[key].float_list.value[0] = value

    rewrite(shard(copied_dir, "diabetes", "train"), edit)
    assert f"split 'train': 1 values of {key} are NaN or infinite" in refusal(
        "diabetes", copied_dir
    )


def shaped(*shape):
    def edit(feature):
        png = tf.io.encode_png(tf.zeros(shape, tf.uint8)).numpy()
        feature["image"].bytes_list.value[0] = png

    return edit


def integers(feature):
    feature["features"].int64_list.value[:] = [1] * 10


def nine(feature):
    del feature["features"].float_list.value[9]


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        ("digits", shaped(7, 8, 1), ("[8,8,1]", "[7,8,1]")),
        ("digits", shaped(8, 8, 3), ("[8,8,1]", "[8,8,3]")),
        ("digits", shaped(16, 16, 1), ("[8,8,1]", "[16,16,1]")),
        ("diabetes", integers, ("features", "int64", "float")),
        ("diabetes", nine, ("features", "not parsed", "shape=(10,), dtype=float32")),
    ],
    ids=["shape", "channels", "size", "type", "columns"],
)
def test_fault_31_wrong_shape_channels_or_type_is_refused(name, edit, said, copied_dir):
    """Records of another form than declared are refused, with the expected form and theirs.

    Seen to fail without the check of a decoded image's shape, and without asking how many channels
    it has.
    """
    rewrite(shard(copied_dir, name, "test"), lambda _index, feature: edit(feature))
    text = refusal(name, copied_dir)
    for part in ("split 'test'", *said):
        assert part in text


def test_one_image_of_another_shape_is_refused(copied_dir):
    def edit(index, feature):
        if index == 100:
            png = tf.io.encode_png(tf.zeros([8, 7, 1], tf.uint8)).numpy()
            feature["image"].bytes_list.value[0] = png

    rewrite(shard(copied_dir, "digits", "train"), edit)
    assert "[8,7,1]" in refusal("digits", copied_dir)


def test_string_with_a_foreign_symbol_is_refused(copied_dir):
    def edit(index, feature):
        if index == 0:
            feature["string"].bytes_list.value[0] = b"BTBQ"

    rewrite(shard(copied_dir, "reber", "test"), edit)
    assert "'BTBQ', expected at least 2 of the symbols BTPSXVE" in refusal("reber", copied_dir)


def test_string_outside_the_grammar_is_refused(copied_dir):
    def edit(index, feature):
        if index == 0:
            feature["string"].bytes_list.value[0] = b"BTBTXSEPE"

    rewrite(shard(copied_dir, "reber", "test"), edit)
    with pytest.raises(DataError, match="symbol 7 is 'P', allowed T"):
        load("reber", data_dir=copied_dir)


def test_fault_28_empty_dataset_is_refused(copied_dir):
    """A split without examples is named, with the sizes of all.

    Seen to fail without the check of sizes where splits are made.
    """
    info_path = copied_dir / "digits" / "1.0.0" / "dataset_info.json"
    info = json.loads(info_path.read_text())
    for split in info["splits"]:
        if split["name"] == "test":
            split["shardLengths"] = ["0"]
    info_path.write_text(json.dumps(info))
    shard(copied_dir, "digits", "test").write_bytes(b"")
    assert "split 'test' is empty, expected at least 1" in refusal("digits", copied_dir)


def test_garbage_description_is_refused_and_another_folder_is_the_way_out(copied_dir, tmp_path):
    (copied_dir / "digits" / "1.0.0" / "dataset_info.json").write_text("{")
    text = refusal("digits", copied_dir)
    assert "cannot be opened" in text
    assert "pass --data-dir with an intact copy, or with a new folder" in text
    assert load("digits", data_dir=tmp_path / "new").splits["test"].size > 0


def test_one_changed_label_changes_the_fingerprint(copied_dir):
    before = load("digits", data_dir=copied_dir).fingerprint

    def edit(index, feature):
        if index == 0:
            values = feature["label"].int64_list.value
            values[0] = (values[0] + 1) % 10

    rewrite(shard(copied_dir, "digits", "train"), edit)
    assert load("digits", data_dir=copied_dir).fingerprint != before


def test_count_is_checked_whatever_tfds_thinks_of_it(tfds_dir):
    builder = EMBEDDED_DATASETS["diabetes"].builder_class()(data_dir=tfds_dir)
    with pytest.raises(DataError, match="found 89 records, expected 90"):
        list(read_batches("diabetes", builder, Source("test", {"test": 90}), ("target",), 4))


@pytest.mark.parametrize("older", [False, True])
def test_fault_44_class_that_prepared_data_name_is_not_imported(older, tmp_path, monkeypatch):
    """Seen to fail without `require_known_features` before TFDS opens the folder."""
    module = tmp_path / "code" / "zoo_foreign_features.py"
    module.parent.mkdir()
    module.write_text(f"import os; os.mkdir({str(tmp_path / 'marker')!r})")
    monkeypatch.syspath_prepend(str(module.parent))
    data = tmp_path / "data" / "zoo_foreign" / "1.0.0"
    data.mkdir(parents=True)
    inner = {"pythonClassName": "zoo_foreign_features.Feature", "text": {}}
    features = {
        "pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
        "featuresDict": {"features": {"text": inner}},
    }
    if older:
        features = {"type": "zoo_foreign_features.Feature", "content": {}}
    (data / "features.json").write_text(json.dumps(features))
    info = {"name": "zoo_foreign", "version": "1.0.0", "splits": [], "fileFormat": "tfrecord"}
    (data / "dataset_info.json").write_text(json.dumps(info))
    text = refusal("zoo_foreign", tmp_path / "data")
    assert "features.json needs 'zoo_foreign_features.Feature', which would be imported" in text
    assert not (tmp_path / "marker").exists()
