import os
import socket

import numpy as np
import pytest
from standins import decoded

from datasets import DataError, load
from datasets.text.documents import SEPARATOR

TEXT = "".join(f"Line {number}: naïve café, 語 and 😀.\n" for number in range(100))


def refusal(data_path, **options):
    with pytest.raises(DataError) as caught:
        load("text", data_path=data_path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_file_is_cut_in_order_into_train_validation_and_test(tmp_path):
    file = tmp_path / "poem.anything"
    file.write_bytes(TEXT.encode())
    data = load("text", data_path=file, window_steps=16, validation_fraction=0.05)
    assert decoded(data) == TEXT
    held_out = round(len(TEXT) * 0.05)
    predictions = {name: split.weights.sum() + 1 for name, split in data.splits.items()}
    assert predictions == {
        "train": len(TEXT) - 2 * held_out,
        "validation": held_out,
        "test": held_out,
    }
    assert (data.name, data.version, data.task) == ("text", "1.0.0", "next_character")
    assert data.contiguous
    assert data.class_names == tuple(sorted(set(TEXT)))


def test_fingerprint_follows_the_content_and_not_the_place(tmp_path):
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    first.write_bytes(TEXT.encode())
    second.write_bytes(TEXT.encode())
    third.write_bytes(TEXT.replace("Line 7:", "Lime 7:").encode())
    prints = [load("text", data_path=path).fingerprint for path in (first, second, third)]
    assert prints[0] == prints[1] != prints[2]
    mapped = load("text", data_path=str(first), max_resident_gib=0)
    assert mapped.fingerprint == prints[0]
    assert isinstance(mapped.splits["train"].inputs, np.memmap)


def test_folder_is_read_in_sorted_order_without_hidden_or_other_files(tmp_path):
    kept = {
        "b.txt": "second ",
        "a/z.md": "first ",
        "c/A.TXT": "third ",
        "d.rst": "",
        "e.text": "first",
    }
    left_out = ["notes.py", ".hidden.txt", ".git/x.txt", "a/.b/x.txt", "image.png"]
    for name in [*kept, *left_out]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((kept[name] * 50).encode() if name in kept else b"\xff left out")
    (tmp_path / "loop").symlink_to(tmp_path)
    data = load("text", data_path=tmp_path, window_steps=4)
    expected = SEPARATOR.join(kept[name] * 50 for name in sorted(kept) if kept[name])
    assert decoded(data) == expected
    assert sorted(kept) == ["a/z.md", "b.txt", "c/A.TXT", "d.rst", "e.text"]


def test_line_ends_are_kept_and_a_byte_order_mark_is_not(tmp_path):
    file = tmp_path / "windows.txt"
    file.write_bytes(b"\xef\xbb\xbf" + b"one\r\ntwo\r\n" * 100)
    data = load("text", data_path=file)
    assert decoded(data) == "one\r\ntwo\r\n" * 100
    assert data.class_names == tuple(sorted(set("one\r\ntwo")))


def test_home_folder_is_expanded_and_nothing_is_prepared(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.txt").write_bytes(TEXT.encode())
    data = load("text", data_path="~/x.txt", data_dir=tmp_path / "data")
    assert data.splits["train"].weights.sum() > 0
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


@pytest.mark.parametrize("given", [None, ""])
def test_text_needs_a_path(given):
    text = refusal(given)
    assert f"dataset 'text' needs data_path, which is {given!r}" in text


def test_path_is_refused_with_another_dataset(tmp_path):
    with pytest.raises(
        DataError, match="with dataset 'digits', allowed only with dataset 'arrays' or"
    ):
        load("digits", data_path=tmp_path)


@pytest.mark.parametrize("steps", [0, -1])
def test_windows_without_steps_are_refused(steps, tmp_path):
    assert f"window_steps is {steps}, allowed is 1 or more" in refusal(tmp_path, window_steps=steps)


@pytest.mark.parametrize("path", ["missing.txt", "nul\0l.txt", "file/below.txt"])
def test_missing_path_is_refused(path, tmp_path):
    (tmp_path / "file").write_text("x")
    text = refusal(tmp_path / path)
    assert "cannot be read" in text
    assert "check the path" in text


def test_empty_file_and_folders_without_text_are_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    assert "holds no characters" in refusal(tmp_path / "empty.txt")
    assert "holds no characters" in refusal(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.py").write_text(TEXT, encoding="utf-8")
    text = refusal(tmp_path / "other")
    assert "without files that match '*.md,*.rst,*.text,*.txt'; there are 1 *.py" in text


def test_text_too_short_for_a_window_of_every_split_is_refused(tmp_path):
    file = tmp_path / "x.txt"
    file.write_text("a" * 640)
    said = "split 'validation' holds 64 characters, expected at least 65"
    assert said in refusal(file)
    assert load("text", data_path=file, window_steps=63).splits["test"].weights.sum() == 63
    file.write_text("a")
    assert "split 'train' holds 0 characters" in refusal(file)


@pytest.mark.parametrize("fraction", [0.0, 1.0, float("nan")])
def test_impossible_fractions_are_refused(fraction, tmp_path):
    (tmp_path / "x.txt").write_bytes(TEXT.encode())
    assert f"validation_fraction is {fraction}" in refusal(
        tmp_path / "x.txt", validation_fraction=fraction
    )


def test_fraction_that_leaves_no_training_text_is_refused(tmp_path):
    (tmp_path / "x.txt").write_bytes(TEXT.encode())
    for fraction in (0.5, 0.9):
        text = refusal(tmp_path / "x.txt", validation_fraction=fraction)
        assert "split 'train' holds 0 characters" in text
        assert "validation_fraction" in text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_devices_and_sockets_are_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero", tmp_path):  # the folder holds the pipe
        assert "is a device, pipe or socket" in refusal(path)
    pipe.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.txt"))
        assert "is a device, pipe or socket" in refusal(tmp_path / "socket.txt")


def test_file_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    file = tmp_path / "huge.txt"
    with file.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: takes no disk
    text = refusal(file)
    assert "dataset 'text' takes 2048.00 GiB of memory while its text is read" in text
    assert "choose a shorter text" in text
    monkeypatch.setattr("datasets.storage.available_memory_bytes", lambda: None)
    assert "does not fit into memory" in refusal(file)  # where nobody tells how much there is


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_files_and_folders_are_refused(tmp_path):
    (tmp_path / "x.txt").write_bytes(TEXT.encode())
    (tmp_path / "x.txt").chmod(0)
    assert "cannot be read" in refusal(tmp_path)
    (tmp_path / "x.txt").chmod(0o600)
    (tmp_path / "closed").mkdir(mode=0)
    assert "a folder in it cannot be read" in refusal(tmp_path)
