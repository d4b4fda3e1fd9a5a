"""Arrays on their way to the device: without copies, and in memory that does not grow."""

from pathlib import Path

import numpy as np
import pytest

from datasets import as_tensor
from datasets.dataset import row_blocks
from datasets.storage import ALIGNMENT, Storage, aligned
from datasets.streaming import gathering
from datasets.streaming.gathering import gathered

MIB = 1 << 20


def mapped(shape, dtype=np.float32):
    array = Storage("data", 1, 0).allocate(shape, dtype)
    for rows in row_blocks(array, MIB):
        array[rows] = np.arange(rows.start, rows.stop)[:, None]
    return array


def mapped_mib():
    """Memory of this process that is pages of files."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("RssFile:")[2].split()[0]) / 1024


@pytest.mark.parametrize("shape", [(3,), (7, 5), (2, 3, 4, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_a_tensor_has_the_memory_of_an_array_of_storage(shape, dtype):
    array = Storage("data", 1, 1).allocate(shape, dtype)
    array[:] = 1
    tensor = as_tensor(array)
    array.flat[1] = 5
    assert tensor.numpy().flat[1] == 5
    assert (tensor.shape, tensor.dtype) == (array.shape, array.dtype)


def test_what_tensorflow_cannot_read_in_its_place_is_copied():
    whole = aligned((100,), np.float32)
    whole[:] = np.arange(100)
    frozen = aligned((3,), np.float32)
    frozen[:] = 2
    frozen.flags.writeable = False
    others = [whole[1:], whole[::2], whole[:0], frozen, mapped((4, 2))]
    assert whole[1:].ctypes.data % ALIGNMENT == 4
    for array in others:
        np.testing.assert_array_equal(as_tensor(array).numpy(), array)


def test_a_tensor_outlives_the_names_of_its_array():
    tensor = as_tensor(gathered(np.arange(50_000, dtype=np.float32), np.arange(49_999, -1, -1)))
    aligned((50_000,), np.float32)[:] = 7
    np.testing.assert_array_equal(tensor.numpy(), np.arange(49_999, -1, -1))


def test_a_copy_of_a_mapped_array_is_read_as_one_in_memory():
    copy = mapped((1000, 7)).astype(np.float64)
    assert isinstance(copy, np.memmap)  # NumPy keeps the class of what is in no file
    blocks = [copy[rows] for rows in row_blocks(copy, 8000)]
    np.testing.assert_array_equal(np.concatenate(blocks)[:, 3], np.arange(1000))
    np.testing.assert_array_equal(gathered(copy, np.arange(5, 9))[:, 0], [5, 6, 7, 8])


@pytest.mark.parametrize("place", ["memory", "mapping", "file"])
def test_rows_are_those_of_the_order(place, monkeypatch):
    if place == "file":
        monkeypatch.setattr(gathering, "_MAPPED_BYTES", 0)
    array = mapped((1000, 7)) if place != "memory" else np.random.rand(1000, 7)
    random = np.random.default_rng(0)
    for rows in (random.integers(0, 1000, 300), np.arange(250, 650), np.array([999])):
        found = gathered(array, rows.astype(np.int32))
        np.testing.assert_array_equal(found, np.asarray(array)[rows])
        assert found.ctypes.data % ALIGNMENT == 0


def test_a_cut_temporary_file_is_no_silent_zero(monkeypatch):
    monkeypatch.setattr(gathering, "_MAPPED_BYTES", 0)
    monkeypatch.setattr(gathering.os, "preadv", lambda *_: 3)
    with pytest.raises(OSError, match="shorter than its array"):
        gathered(mapped((10, 7)), np.array([3, 1]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it there")
def test_streaming_leaves_no_pages_of_large_files_in_memory():
    before = mapped_mib()
    array = mapped((24 * MIB // 1024, 256))
    assert array.nbytes == 24 * MIB
    order = np.random.default_rng(0).permutation(len(array))
    for start in range(0, len(order), 1024):
        gathered(array, order[start : start + 1024])
    assert mapped_mib() - before < 8
    array[:].sum()
    assert mapped_mib() - before > 20  # what a plain reading of the mapping leaves
