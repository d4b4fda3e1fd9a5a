"""Arrays on their way to the device: without copies, and in memory that does not grow."""

from pathlib import Path

import numpy as np
import pytest

from datasets import Split, as_tensor, chunk_bytes, read_ahead
from datasets.dataset import row_blocks
from datasets.storage import ALIGNMENT, Storage, aligned, budget_bytes
from datasets.streaming import chunks, gathering
from datasets.streaming.buffers import Buffers
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
    ascending = (np.arange(250, 650), np.arange(0, 1000, 3), np.array([0, 999]), np.array([999]))
    for rows in (random.integers(0, 1000, 300), *ascending):
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
        gathered(array, np.sort(order[start : start + 1024]))
    assert mapped_mib() - before < 8
    array[:].sum()
    assert mapped_mib() - before > 20  # what a plain reading of the mapping leaves


def test_rows_far_apart_are_read_and_near_ones_are_copied_in_blocks(monkeypatch):
    monkeypatch.setattr(gathering, "_MAPPED_BYTES", 0)
    monkeypatch.setattr(gathering, "_BLOCK_BYTES", 100 * 28)
    array, seen = mapped((6400, 7)), []
    monkeypatch.setattr(gathering, "release", lambda _: seen.append("block"))
    monkeypatch.setattr(gathering, "_read_each", lambda *_: seen.append("read"))
    gathered(array, np.arange(0, 1000))
    assert seen == ["block"] * 10
    seen.clear()
    gathered(array, np.arange(0, 6400, 640))
    gathered(array, np.array([5, 4]))
    assert seen == ["read"] * 2


def test_chunks_in_training_share_the_budget_with_others():
    def of(mib):
        array = Storage("data", mib * MIB + 1, mib / 1024).allocate((2, 2), np.float32)
        assert budget_bytes(array) == mib * MIB
        return chunk_bytes(Split(array, array, array)) / MIB

    assert of(0) == 8  # never too small to keep a compiled loop busy
    assert of(104) == 32  # two of them, and 40 MiB for an evaluation meanwhile
    assert of(600) == 256
    plain = np.zeros((2, 2), np.float32)
    assert (budget_bytes(plain), chunk_bytes(Split(plain, plain, plain)) / MIB) == (0, 8)


def test_memory_is_lent_again_only_when_no_tensor_has_it():
    buffers, shape = Buffers(), (MIB // 4, 2)
    array = buffers.lend(shape, np.float32)
    array[:] = 3
    first, tensor = array.ctypes.data, as_tensor(array)
    del array
    other = buffers.lend(shape, np.float32)
    other[:] = 4
    assert other.ctypes.data != first
    assert tensor.numpy().min() == 3
    part = np.asarray(tensor)[5:]  # no copy, as `numpy()` would be
    del tensor
    third = buffers.lend(shape, np.float32)
    third[:] = 5
    assert part.min() == 3
    del part
    again = buffers.lend((MIB // 4 - 1, 2), np.int32)
    assert again.ctypes.data == first
    assert first % ALIGNMENT == 0
    assert (again.shape, again.dtype) == ((MIB // 4 - 1, 2), np.int32)


def test_two_chunks_are_in_memory_at_once(monkeypatch):
    """While one is in use the next is read, and no more is asked for."""
    array, asked, lent = mapped((4000, 500)), [], []
    original = Buffers.lend

    def lend(buffers, shape, dtype):
        result = original(buffers, shape, dtype)
        lent.append(result.ctypes.data)
        return result

    def parts():
        for start in range(0, 4000, 1000):
            asked.append(start)
            yield np.arange(start, start + 1000)

    monkeypatch.setattr(chunks.Buffers, "lend", lend)
    reading = read_ahead(Split(array, array, array), parts())
    for start in range(0, 4000, 1000):
        inputs = next(reading)[0]
        assert len(asked) <= start // 1000 + 2
        assert inputs.numpy()[:, 3].tolist() == list(range(start, start + 1000))
        del inputs
    assert next(reading, None) is None
    assert len(lent) == 12
    assert len(set(lent)) <= 6  # inputs, targets and weights of two


def test_a_failure_of_the_reader_is_the_callers():
    array = np.zeros((4, 2), np.float32)

    def parts():
        yield np.array([0])
        raise OSError("the disk is gone")

    reading = read_ahead(Split(array, array, array), parts())
    next(reading)
    with pytest.raises(OSError, match="the disk is gone"):
        next(reading)
