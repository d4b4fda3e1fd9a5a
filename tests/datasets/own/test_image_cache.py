import errno
import json
import os
import threading
import time

import numpy as np
import pytest
from PIL import Image

from datasets import load
from datasets.cache import entries
from datasets.own.pictorial import cache, reading


@pytest.fixture
def pictures(tmp_path):
    """Twenty pictures of two classes, whose values tell them apart."""
    for index in range(20):
        path = tmp_path / "pictures" / "ab"[index % 2] / f"{index}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((3, 5), index * 10, np.uint8)).save(path)
    return tmp_path / "pictures"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch, nothing_kept):
    """The folder of the cache's entries."""
    monkeypatch.setenv(entries.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "pictures"


@pytest.fixture
def decodings(monkeypatch):
    """How many pictures were decoded, after the first one, which is always."""
    count = []
    decode = reading.decode_strictly

    def counted(*arguments):
        count.append(1)
        return decode(*arguments)

    monkeypatch.setattr(reading, "decode_strictly", counted)
    return count


def entry(kept):
    (folder,) = kept.iterdir()
    return folder


@pytest.mark.parametrize("options", [{}, {"image_size": "4x4"}, {"channels": 3}])
def test_a_second_run_decodes_nothing_and_reads_the_same(pictures, decodings, options):
    first = load("images", data_path=pictures, **options)
    assert len(decodings) == 20
    second = load("images", data_path=pictures, **options)
    assert len(decodings) == 20
    assert second.fingerprint == first.fingerprint
    assert (second.input_shape, second.notes) == (first.input_shape, ())
    other = load("images", data_path=pictures, split_seed=5, max_resident_gib=0, **options)
    assert len(decodings) == 20
    assert other.fingerprint != first.fingerprint


def test_content_decides_and_not_the_time(pictures, decodings, kept):
    before = load("images", data_path=pictures)
    changed = pictures / "a" / "4.bmp"
    status = changed.stat()
    content = bytearray(changed.read_bytes())
    content[-1] ^= 0xFF  # padding of a row: not even a pixel
    changed.write_bytes(content)
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = load("images", data_path=pictures)
    assert len(decodings) == 40
    assert after.fingerprint == before.fingerprint
    for path in pictures.rglob("*.bmp"):
        os.utime(path, (1, 1))
    moved = pictures.rename(pictures.with_name("elsewhere"))
    load("images", data_path=moved)
    assert len(decodings) == 40
    assert len(list(kept.iterdir())) == 1


def test_another_size_is_another_entry(pictures, decodings, kept):
    for size in ("4x4", "5x5", "4x4"):
        load("images", data_path=pictures, image_size=size)
    load("images", data_path=pictures, image_size="4x4", resize="crop")
    assert len(decodings) == 60
    assert len(list(kept.iterdir())) == 3


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("pictures.npy", lambda content: content[:-1]),
        ("pictures.npy", lambda content: content[:-1] + b"\x01"),
        ("pictures.npy", lambda content: b""),
        ("entry.json", lambda content: b"{"),
        ("entry.json", lambda content: b"[]"),
        ("entry.json", lambda content: b"{}"),
        ("entry.json", lambda content: b"\xff"),
    ],
)
def test_a_damaged_entry_is_said_and_built_anew(pictures, decodings, kept, file, damage):
    whole = load("images", data_path=pictures)
    path = entry(kept) / file
    path.write_bytes(damage(path.read_bytes()))
    again = load("images", data_path=pictures)
    assert again.fingerprint == whole.fingerprint
    (note,) = again.notes
    assert "are damaged" in note
    assert "so the files are read anew" in note
    assert len(decodings) == 40
    assert load("images", data_path=pictures).notes == ()
    assert len(decodings) == 40


def test_an_entry_of_another_shape_is_not_taken(pictures, decodings, kept):
    whole = load("images", data_path=pictures)
    array = np.zeros((19, 3, 5, 1), np.uint8)
    np.save(entry(kept) / "pictures.npy", array)
    path = entry(kept) / "entry.json"
    told = json.loads(path.read_text()) | {"array": entries.sha256(entry(kept) / "pictures.npy")}
    path.write_text(json.dumps(told))
    assert load("images", data_path=pictures).fingerprint == whole.fingerprint
    assert len(decodings) == 40


def test_without_room_nothing_is_kept_and_one_line_says_so(pictures, kept, monkeypatch):
    def full(self, block, digests):
        with self.failing(self.folder):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.Writer, "add", full)
    data = load("images", data_path=pictures)
    (note,) = data.notes
    assert "No space left on device" in note
    assert "set KERAS_ZOO_CACHE to another folder, or to off" in note
    assert list(kept.iterdir()) == []
    assert data.splits["train"].size == 16


def test_a_place_that_cannot_be_a_folder_is_one_line(pictures, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(entries.VARIABLE, str(tmp_path / "file"))
    (note,) = load("images", data_path=pictures).notes
    assert note.startswith("decoded pictures are not kept for the next run (")


def test_the_cache_can_be_off(pictures, decodings, kept, monkeypatch):
    monkeypatch.setenv(entries.VARIABLE, "off")
    for times in (20, 40):
        assert load("images", data_path=pictures).notes == ()
        assert len(decodings) == times
    assert not kept.exists()


def test_a_damaged_picture_leaves_nothing_in_the_cache(pictures, kept):
    (pictures / "b" / "9.bmp").write_bytes(b"BM")
    with pytest.raises(ValueError, match=r"b/9\.bmp is damaged"):
        load("images", data_path=pictures)
    assert list(kept.iterdir()) == []


def test_many_at_once_leave_one_whole_entry(pictures, kept):
    found, threads = [], []
    for _ in range(6):
        thread = threading.Thread(
            target=lambda: found.append(load("images", data_path=pictures)), daemon=True
        )
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(60)
    assert len({data.fingerprint for data in found}) == 1
    assert [data.notes for data in found] == [()] * 6
    assert sorted(path.name for path in entry(kept).iterdir()) == ["entry.json", "pictures.npy"]


def test_an_entry_put_aside_while_another_comes_is_no_failure(pictures, kept, monkeypatch):
    """A second process publishes, and a third puts that entry aside, just before our rename."""
    rename = entries.Path.rename

    def occupied(self, target):
        if entries.WRITING in self.name and entries.WRITING not in str(target):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        return rename(self, target)

    monkeypatch.setattr(entries.Path, "rename", occupied)
    assert load("images", data_path=pictures).notes == ()
    assert list(kept.iterdir()) == []


def test_what_nobody_reads_is_forgotten(pictures, kept):
    load("images", data_path=pictures)
    long_ago = time.time() - (entries.KEPT_DAYS + 1) * 86_400
    os.utime(entry(kept) / "entry.json", (long_ago, long_ago))
    (kept / ".writing-killed").mkdir()
    os.utime(kept / ".writing-killed", (long_ago, long_ago))
    load("images", data_path=pictures, image_size="2x2")
    assert len(list(kept.iterdir())) == 1


def test_the_usual_place_is_the_systems(monkeypatch, tmp_path):
    monkeypatch.delenv(entries.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert entries.cache_folder("pictures").name == "pictures"
    assert "keras-fundamentals-zoo" in str(entries.cache_folder("pictures"))
