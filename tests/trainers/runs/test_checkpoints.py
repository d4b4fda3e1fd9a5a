"""Checkpoints under damage, kills and full disks."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from trainers.cli.exit import describe
from trainers.errors import CheckpointError, StorageError
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint

FILES = ("state.safetensors", "manifest.json", "manifest.sha256")


def checkpoint(step, best_step=None, value=None):
    value = step if value is None else value
    return Checkpoint(step, {"a": np.full(4, value, np.float32)}, {"best_step": best_step})


def save_all(folder, *steps, keep=10, best_step=None):
    for step in steps:
        checkpoints.save(folder, checkpoint(step, best_step), keep=keep)


def contents(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "dtype",
    [
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
    ],
)
def test_round_trip_is_bit_exact(tmp_path, dtype):
    raw = np.random.default_rng(0).integers(0, 256, 6 * np.dtype(dtype).itemsize, np.uint8)
    array = np.frombuffer((raw % 2 if dtype == "bool" else raw).tobytes(), dtype).reshape(2, 3)
    arrays = {"x/0001": array, "scalar": np.array(array[0, 0]), "empty": array[:0]}
    arrays |= {"transposed": array.T, "strided": array[:, ::2]}
    metadata = {"best_step": 3, "nested": {"é": [1, None, 0.1]}}
    path = checkpoints.save(tmp_path, Checkpoint(12, arrays, metadata), keep=1)
    assert path == tmp_path / "step-000000012"
    assert contents(path) == sorted(FILES)
    loaded = checkpoints.load(tmp_path, 12)
    assert (loaded.step, loaded.metadata) == (12, metadata)
    assert set(loaded.arrays) == set(arrays)
    for name, before in arrays.items():
        after = loaded.arrays[name]
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
        assert after.tobytes() == before.tobytes()


def flip_bit(path, place=-1):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


DAMAGE = {
    "a bit of its last byte": flip_bit,  # of a weight's value, in state.safetensors
    "a bit in its middle": lambda path: flip_bit(path, path.stat().st_size // 2),
    "a truncated file": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "an empty file": lambda path: path.write_bytes(b""),
    "a missing file": Path.unlink,
    "garbage": lambda path: path.write_bytes(b"\xff\xfe garbage"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_fault_13_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path, capsys, name, damage):
    """Seen to fail without the comparison of checksums."""
    save_all(tmp_path, 10, 20)
    DAMAGE[damage](tmp_path / "step-000000020" / name)
    with pytest.raises(CheckpointError, match="step-000000020"):
        checkpoints.load(tmp_path, 20)
    assert checkpoints.load_newest(tmp_path).step == 10
    warning = capsys.readouterr().err
    assert re.fullmatch(
        r"warning: checkpoint .*step-000000020 .*; trying the one before it\n", warning
    )


def test_every_single_flipped_bit_is_detected(tmp_path):
    save_all(tmp_path, 10)
    folder = tmp_path / "step-000000010"
    undetected = []
    for name in FILES:
        good = (folder / name).read_bytes()
        for position in range(0, len(good) * 8, 3):
            bad = bytearray(good)
            bad[position // 8] ^= 1 << position % 8
            (folder / name).write_bytes(bytes(bad))
            try:
                checkpoints.load(tmp_path, 10)
                undetected.append((name, position))
            except CheckpointError:
                pass
        (folder / name).write_bytes(good)
    assert undetected == []
    assert checkpoints.load(tmp_path, 10).step == 10


def test_all_damaged_or_none_is_an_error_and_never_a_restart(tmp_path, capsys):
    save_all(tmp_path, 10, 20)
    for step in (10, 20):
        flip_bit(tmp_path / f"step-{step:09d}" / "state.safetensors")
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_newest(tmp_path)
    assert describe(caught.value) == (
        4,
        f"{tmp_path} has no usable checkpoint (all 2 are damaged); "
        "start again with another --run-dir",
    )
    assert capsys.readouterr().err.count("trying the one before it") == 2
    shutil.rmtree(tmp_path)
    with pytest.raises(CheckpointError, match="has no usable checkpoint \\(it has none\\)"):
        checkpoints.load_newest(tmp_path)


def test_checkpoint_of_another_format_is_refused_by_name(tmp_path):
    save_all(tmp_path, 10)
    folder = tmp_path / "step-000000010"
    manifest = json.loads((folder / "manifest.json").read_text()) | {"format": 99}
    text = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.sha256").write_text(hashlib.sha256(text).hexdigest())
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load(tmp_path, 10)
    assert str(caught.value) == (
        f"checkpoint {folder} has format 99; this release reads 1: "
        "continue it with the release that wrote it"
    )


def test_fault_20_newest_is_by_step_and_never_by_clock(tmp_path):
    """Seen to fail with an order by the folders' times."""
    save_all(tmp_path, 30, 20, 100)
    os.utime(tmp_path / "step-000000100", (1, 1))
    assert checkpoints.available(tmp_path) == [100, 30, 20]
    assert checkpoints.load_newest(tmp_path).step == 100


def test_prune_keeps_the_newest_and_the_best(tmp_path):
    save_all(tmp_path, 10, 20, 30, 40, 50, keep=2, best_step=20)
    assert checkpoints.available(tmp_path) == [50, 40, 20]
    save_all(tmp_path, 60, keep=2, best_step=60)
    assert checkpoints.available(tmp_path) == [60, 50]


@pytest.mark.parametrize("keep", [0, -1])
def test_save_that_would_keep_nothing_is_an_error(tmp_path, keep):
    save_all(tmp_path, 10)
    with pytest.raises(ValueError, match=f"keep is {keep}"):
        save_all(tmp_path, 20, keep=keep)
    assert checkpoints.available(tmp_path) == [10]


def test_save_whose_checkpoint_is_not_there_is_an_error_and_prunes_nothing(tmp_path, monkeypatch):
    save_all(tmp_path, 10, keep=1)
    replace = Path.replace

    def lose(self, target):
        replace(self, target)
        shutil.rmtree(target)

    monkeypatch.setattr(Path, "replace", lose)
    with pytest.raises(StorageError) as caught:
        save_all(tmp_path, 20, keep=1)
    assert describe(caught.value)[0] == 6
    assert "the checkpoint of step 20 was written to" in str(caught.value)
    assert checkpoints.available(tmp_path) == [10]


GARBAGE = {
    "checkpoint": lambda path: path.write_bytes(b"model_checkpoint_path: gone\xff"),
    "step-000000999": Path.mkdir,
    "step-000000998": lambda path: path.write_text("a file"),
    "step-12": Path.mkdir,
    "step-000000010 (copy)": Path.mkdir,
    "newest": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_fault_15_no_file_says_which_is_newest_and_garbage_beside_them_is_passed_over(
    tmp_path, name, capsys
):
    """Seen to fail with names that are matched at their beginning only."""
    save_all(tmp_path, 10, 20)
    GARBAGE[name](tmp_path / name)
    assert checkpoints.load_newest(tmp_path).step == 20
    assert ("warning" in capsys.readouterr().err) == (name in ("step-000000999", "step-000000998"))
    save_all(tmp_path, 998, 999, keep=1)
    assert checkpoints.load_newest(tmp_path).step == 999
    assert checkpoints.available(tmp_path) == [999]


def test_prune_never_takes_the_checkpoint_just_written(tmp_path, capsys):
    """A resume from an older checkpoint writes beside damaged ones with higher step numbers."""
    save_all(tmp_path, 10, 20, 30, keep=3)
    for step in (20, 30):
        flip_bit(tmp_path / f"step-{step:09d}" / "state.safetensors")
    assert checkpoints.load_newest(tmp_path).step == 10
    save_all(tmp_path, 15, keep=1)
    assert checkpoints.load_newest(tmp_path).step == 15
    save_all(tmp_path, 20, keep=1)
    assert checkpoints.load(tmp_path, 20).step == 20
    capsys.readouterr()


def test_nothing_is_pruned_before_the_new_checkpoint_is_in_place(tmp_path, monkeypatch):
    save_all(tmp_path, 10, keep=1)
    replace = Path.replace

    def fail(self, target):
        assert checkpoints.available(tmp_path) == [10]
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output error"):
        save_all(tmp_path, 20, keep=1)
    monkeypatch.setattr(Path, "replace", replace)
    assert contents(tmp_path) == ["step-000000010"]
    assert checkpoints.load_newest(tmp_path).step == 10
