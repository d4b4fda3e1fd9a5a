import os
import subprocess
import sys

import numpy as np
import pytest
from places import ROOT

from datasets import DataError, load
from datasets.storage import GIB, Storage, available_memory_bytes


def test_limit_decides_between_memory_and_mapped_files():
    assert Storage("x", GIB, max_resident_gib=1.0).resident
    assert not Storage("x", GIB + 1, max_resident_gib=1.0).resident


@pytest.mark.parametrize("limit", [1.0, 0.0])
def test_arrays_have_the_given_shape_and_type(limit):
    array = Storage("x", 24, limit).allocate((2, 3), np.float32)
    array[:] = np.arange(6).reshape(2, 3)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, [[0, 1, 2], [3, 4, 5]])
    assert isinstance(array, np.memmap) is (limit == 0)


def test_too_little_memory_is_reported_before_allocation(tfds_dir, monkeypatch):
    monkeypatch.setattr("datasets.storage.available_memory_bytes", lambda: 100_000)
    monkeypatch.setattr(Storage, "allocate", None)  # must not be reached
    with pytest.raises(DataError, match=r"'digits' takes 0\.00 GiB of memory.*max_resident_gib"):
        load("digits", data_dir=tfds_dir)


def test_streaming_needs_no_resident_memory(tfds_dir, monkeypatch):
    monkeypatch.setattr("datasets.storage.available_memory_bytes", lambda: 100_000)
    assert not load("digits", data_dir=tfds_dir, max_resident_gib=0).splits["test"].resident


def test_too_little_disk_is_reported_before_allocation():
    with pytest.raises(DataError, match=r"for temporary files under .* are free; free space"):
        Storage("x", 1 << 60, max_resident_gib=1)


def test_disk_that_fills_up_is_reported(monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full, raising=False)
    with pytest.raises(DataError, match="No space left on device"):
        Storage("x", 16, max_resident_gib=0).allocate((4,), np.float32)


def test_available_memory_is_plausible():
    available = available_memory_bytes()
    assert available is None or (1 << 20) < available < (1 << 50)


def test_address_space_limit_counts(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1 << 20, 1 << 20))
    assert available_memory_bytes() == 0


GROUPS = {
    # A batch system's: the limit is that of a group above the process's own.
    "0::/slurm/job_7/step_0": {
        "slurm/job_7": ("memory.max", 1000, "memory.current", 300),
        "slurm/job_7/step_0": ("memory.max", "max", "memory.current", 200),
    },
    # A container's: the path is not there, the root of what it sees is its own.
    "0::/../7f": {".": ("memory.max", 1000, "memory.current", 300)},
    "0::/": {".": ("memory.max", 1000, "memory.current", 300)},
    # Version 1 of control groups.
    "9:cpu:/a\n4:memory:/a": {
        "memory/a": ("memory.limit_in_bytes", 1000, "memory.usage_in_bytes", 300)
    },
}


@pytest.mark.parametrize("told", GROUPS)
def test_limit_of_a_control_group_counts_wherever_it_stands(told, tmp_path, monkeypatch):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "cgroup").write_text(f"{told}\n")
    for name, (limit, most, usage, used) in GROUPS[told].items():
        folder = tmp_path / "groups" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / limit).write_text(f"{most}\n")
        (folder / usage).write_text(f"{used}\n")
    monkeypatch.setattr("datasets.storage._PROCESSES", tmp_path)
    monkeypatch.setattr("datasets.storage._GROUPS", tmp_path / "groups")
    assert available_memory_bytes() == 700


def test_system_that_tells_nothing_allows_everything(tmp_path, monkeypatch):
    """macOS and Windows have neither folder, and Windows no module `resource`."""
    monkeypatch.setattr("datasets.storage._PROCESSES", tmp_path / "none")
    monkeypatch.setattr("datasets.storage._GROUPS", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "resource", None)
    assert available_memory_bytes() is None
    assert Storage("x", GIB, max_resident_gib=1.0).resident


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces address-space limits")
def test_fault_24_host_memory_short_is_told_before_allocation():
    """In a child with a limit of its address space.

    Seen to fail without the comparison of the size with what is available.
    """
    code = """
import resource
from datasets.storage import GIB, Storage
resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))
Storage("small", GIB // 16, max_resident_gib=8).allocate((GIB // 16,), "uint8")
try:
    Storage("large", 3 * GIB, max_resident_gib=8)
except ValueError as error:
    print(error)
"""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # its threads take address space
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("dataset 'large' takes 3.00 GiB of memory, ")
    assert done.stdout.count("\n") == 1
