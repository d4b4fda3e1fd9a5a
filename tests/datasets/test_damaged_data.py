import json
import struct

import numpy as np
import pytest
import tensorflow as tf

from datasets import DataError, load
from datasets.catalogue import EMBEDDED_DATASETS
from datasets.partition import Source
from datasets.records import read_batches


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
    text = str(caught.value)
    assert "\n" not in text
    assert name in text
    return text


@pytest.mark.parametrize("offset", [0, 9, 40, -2])  # length, its checksum, data, its checksum
def test_flipped_bit_is_detected_and_its_file_named(offset, copied_dir):
    path = shard(copied_dir, "digits", "validation")
    content = bytearray(path.read_bytes())
    content[offset] ^= 4
    path.write_bytes(content)
    text = refusal("digits", copied_dir)
    assert str(path) in text
    assert "split 'validation'" in text


def test_cut_file_is_detected_at_a_boundary_in_a_header_and_in_a_record(copied_dir):
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


def test_image_of_another_shape_is_refused(copied_dir):
    def edit(_index, feature):
        png = tf.io.encode_png(tf.zeros([7, 8, 1], tf.uint8)).numpy()
        feature["image"].bytes_list.value[0] = png

    rewrite(shard(copied_dir, "digits", "test"), edit)
    text = refusal("digits", copied_dir)
    assert "split 'test'" in text
    assert "[8,8,1]" in text
    assert "[7,8,1]" in text


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


def test_empty_split_is_refused(copied_dir):
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
