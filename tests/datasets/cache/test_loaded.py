"""Loaded data are kept between runs, and believed only while the prepared files are the same."""

import errno
import json
import os
import shutil
import sys
import threading
import time

import numpy as np
import pytest

import datasets
from datasets import DataError, load
from datasets.cache import entries, loaded
from datasets.catalogue import EMBEDDED_DATASETS, EmbeddedDataset


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch, nothing_kept):
    """The folder of the cache's entries."""
    monkeypatch.setenv(entries.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "loaded"


@pytest.fixture
def readings(monkeypatch):
    """How often records were read, by the builder's name."""
    names = []
    prepared_builder = datasets.pipeline.prepared_builder

    def noted(name, *arguments):
        names.append(name)
        return prepared_builder(name, *arguments)

    monkeypatch.setattr(datasets.pipeline, "prepared_builder", noted)
    return names


def entry(kept):
    (folder,) = kept.iterdir()
    return folder


def assert_same(one, other):
    for name in ("task", "input_shape", "num_classes", "class_names", "oracle_loss", "version"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("fingerprint", "contiguous", "notes", "preparation", "target_names", "rows"):
        assert getattr(one, name) == getattr(other, name)
    for split, arrays in one.splits.items():
        pairs = zip(arrays.arrays(), other.splits[split].arrays(), strict=True)
        for (name, array), (other_name, same) in pairs:
            assert (name, array.dtype) == (other_name, same.dtype)
            np.testing.assert_array_equal(array, same)


@pytest.mark.parametrize("name", ["digits", "diabetes", "reber", "stdlib_source"])
def test_a_second_run_reads_no_record_and_finds_the_same(name, tfds_dir, readings, kept):
    first = load(name, data_dir=tfds_dir)
    second = load(name, data_dir=tfds_dir)
    streamed = load(name, data_dir=tfds_dir, max_resident_gib=0)
    assert readings == [name]
    assert_same(first, second)
    assert_same(first, streamed)
    assert [each.splits["train"].resident for each in (second, streamed)] == [True, False]
    inputs = sum(split.inputs.nbytes for split in first.splits.values())
    arrays = sum(split.nbytes for split in first.splits.values())
    kept_bytes = (entry(kept) / "arrays.bin").stat().st_size
    assert kept_bytes == arrays - (inputs * 3 // 4 if name == "digits" else 0)


def test_the_run_that_prepares_a_dataset_keeps_it_too(tmp_path, readings):
    first = load("diabetes", data_dir=tmp_path / "data")
    assert_same(first, load("diabetes", data_dir=tmp_path / "data"))
    assert readings == ["diabetes"]


def test_another_way_of_loading_is_another_entry(tfds_dir, readings, kept):
    for fraction in (0.1, 0.2):
        load("stdlib_source", data_dir=tfds_dir, window_steps=64, validation_fraction=fraction)
    load("stdlib_source", data_dir=tfds_dir, window_steps=32)
    assert len(readings) == len(list(kept.iterdir())) == 3


def test_a_changed_byte_is_noticed_and_the_file_named(copied_dir, readings):
    load("digits", data_dir=copied_dir)
    path = copied_dir / "digits" / "1.0.0" / "digits-train.tfrecord-00000-of-00001"
    before, content = path.stat(), bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataError, match=str(path)):
        load("digits", data_dir=copied_dir)
    content[5000] ^= 1
    path.write_bytes(content)
    load("digits", data_dir=copied_dir)
    assert readings == ["digits"] * 2


@pytest.mark.parametrize("how", ["missing", "more"])
def test_other_files_are_noticed(how, copied_dir, readings):
    load("diabetes", data_dir=copied_dir)
    folder = copied_dir / "diabetes" / "1.0.0"
    if how == "more":
        (folder / "new.txt").touch()
        load("diabetes", data_dir=copied_dir)
    else:
        (folder / "diabetes-test.tfrecord-00000-of-00001").unlink()
        with pytest.raises(DataError, match="diabetes-test"):
            load("diabetes", data_dir=copied_dir)
    assert len(readings) == 2


def bigger(content):
    told = json.loads(content)
    told["arrays"][0][2][0] = 10**12
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("arrays.bin", lambda content: content[:-1]),
        ("arrays.bin", lambda content: content[:-1] + b"\x01"),
        ("entry.json", lambda content: content[:100]),
        ("entry.json", lambda content: b"[]"),
        ("entry.json", bigger),
    ],
)
def test_a_damaged_entry_is_said_and_built_anew(file, damage, tfds_dir, readings, kept):
    whole = load("diabetes", data_dir=tfds_dir)
    path = entry(kept) / file
    path.write_bytes(damage(path.read_bytes()))
    again = load("diabetes", data_dir=tfds_dir)
    (note,) = again.notes
    assert "are damaged" in note
    assert "so the records are read anew" in note
    assert again.fingerprint == whole.fingerprint
    assert_same(load("diabetes", data_dir=tfds_dir), whole)
    assert readings == ["diabetes"] * 2


def test_an_entry_that_may_not_be_read_is_said(tfds_dir, monkeypatch):
    def refused(place):
        raise PermissionError(errno.EACCES, "Permission denied", str(place))

    whole = load("diabetes", data_dir=tfds_dir)
    monkeypatch.setattr(loaded, "told", refused)
    again = load("diabetes", data_dir=tfds_dir)
    assert "Permission denied" in again.notes[0]
    assert again.fingerprint == whole.fingerprint


def test_without_room_nothing_is_kept_and_one_line_says_so(tfds_dir, kept, monkeypatch):
    monkeypatch.setattr(entries.shutil, "disk_usage", lambda _: (1, 1, 0))
    usage = type("Usage", (), {"free": 100, "total": 10**9})
    monkeypatch.setattr(entries.shutil, "disk_usage", lambda _: usage)
    (note,) = load("diabetes", data_dir=tfds_dir).notes
    assert note.startswith("loaded data are not kept for the next run (")
    assert "No space left on device" in note
    assert list(kept.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there a process's files have no limit")
def test_a_write_that_fails_ends_the_entry_alone(tfds_dir, kept):
    import resource

    whole = load("digits", data_dir=tfds_dir, max_resident_gib=1)
    shutil.rmtree(kept)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        again = load("digits", data_dir=tfds_dir)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (note,) = again.notes
    assert "loaded data are not kept for the next run (" in note
    assert "File too large" in note
    assert again.fingerprint == whole.fingerprint
    assert list(kept.iterdir()) == []


def test_a_file_in_the_place_of_the_cache_is_said_once(tfds_dir, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(entries.VARIABLE, str(tmp_path / "file"))
    (note,) = load("diabetes", data_dir=tfds_dir).notes
    assert note.startswith("loaded data are not kept for the next run (")
    assert "[Errno 20] Not a directory" in note


def test_a_home_of_nobody_is_refused(tfds_dir, monkeypatch):
    monkeypatch.setenv(entries.VARIABLE, "~nobody-of-this-name/cache")
    with pytest.raises(DataError, match=r"KERAS_ZOO_CACHE is '~nobody.*give the path of a folder"):
        load("diabetes", data_dir=tfds_dir)


def test_a_url_is_no_folder(tfds_dir, monkeypatch):
    monkeypatch.setenv(entries.VARIABLE, "gs://bucket/cache")
    with pytest.raises(DataError, match=r"KERAS_ZOO_CACHE is 'gs://bucket/cache', a URL; give the"):
        load("diabetes", data_dir=tfds_dir)


def test_who_leaves_nothing_behind_reads_the_cache_alone(tfds_dir, readings, kept):
    load("diabetes", data_dir=tfds_dir, scratch=True)
    assert not kept.exists()
    load("diabetes", data_dir=tfds_dir)
    load("diabetes", data_dir=tfds_dir, scratch=True)
    assert readings == ["diabetes"] * 2


def test_the_cache_can_be_off(tfds_dir, readings, kept, monkeypatch):
    monkeypatch.setenv(entries.VARIABLE, "off")
    for _ in range(2):
        assert load("diabetes", data_dir=tfds_dir).notes == ()
    assert len(readings) == 2
    assert not kept.exists()


def test_many_at_once_leave_one_whole_entry(tfds_dir, kept):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load("iris", data_dir=tfds_dir)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({data.fingerprint for data in found}) == 1
    assert [data.notes for data in found] == [()] * 4
    assert sorted(path.name for path in entry(kept).iterdir()) == ["arrays.bin", "entry.json"]


def test_what_was_read_longest_ago_makes_room(kept, monkeypatch):
    usage = type("Usage", (), {"free": 10**9, "total": 10_000})  # so that 1,000 bytes may be kept
    monkeypatch.setattr(entries.shutil, "disk_usage", lambda _: usage)
    for number in range(3):
        place = kept / str(number)
        place.mkdir(parents=True)
        (place / "arrays.bin").write_bytes(b"x" * 300)
        (place / entries.TOLD).touch()
        os.utime(place / entries.TOLD, (time.time() - number, time.time() - number))
    killed = kept / ".writing-killed"
    killed.mkdir()
    os.utime(killed, (1, 1))
    entries.forget(kept.parent, 300)
    assert sorted(path.name for path in kept.iterdir()) == ["0", "1"]


def test_no_entry_is_deleted_for_data_that_are_more_than_the_share(tfds_dir, kept, monkeypatch):
    load("iris", data_dir=tfds_dir)
    usage = type("Usage", (), {"free": 10**9, "total": 100_000})  # so that 10,000 bytes may be kept
    monkeypatch.setattr(entries.shutil, "disk_usage", lambda _: usage)
    small = entry(kept)
    assert load("digits", data_dir=tfds_dir).notes == ()
    assert entry(kept) == small


def test_a_builder_of_the_users_own_is_always_asked(tmp_path, readings, monkeypatch):
    builder = type("Flowers", (EMBEDDED_DATASETS["iris"].builder_class(),), {})
    row = EmbeddedDataset(builder, "classification", "flowers")
    monkeypatch.setitem(EMBEDDED_DATASETS, "flowers", row)
    for _ in range(2):
        load("flowers", data_dir=tmp_path)
    assert len(readings) == 2


def test_kept_data_need_no_tensorflow(tfds_dir, tmp_path):
    import subprocess

    load("digits", data_dir=tfds_dir)
    code = (
        "import sys, datasets\n"
        f"data = datasets.load('digits', data_dir={str(tfds_dir)!r})\n"
        "print(len(data.splits['train'].inputs), 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1077", "False"]
