"""Staging folders: those of dead processes go, all others stay."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile

import pytest
from places import ROOT

from datasets import load
from datasets.prepare import SCRATCH_PREFIX, STAGING_PREFIX
from datasets.staging import OWNER_FILE, remove_abandoned, staging_folder

WORK = """
import sys, time
from pathlib import Path
from datasets.staging import staging_folder
with staging_folder(Path(sys.argv[1]), sys.argv[2]) as folder:
    (folder / "half").write_text("of a download")
    print(folder.name, flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def working(parent, prefix=STAGING_PREFIX):
    """A process in a staging folder of `parent`: (process, folder)."""
    argv = [sys.executable, "-c", WORK, str(parent), prefix]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, parent / process.stdout.readline().strip()
        finally:
            process.kill()


def test_next_preparation_removes_what_a_killed_one_left_and_nothing_else(tmp_path):
    unknown = tmp_path / f"{STAGING_PREFIX}of-somebody"  # no owner is named in it
    (unknown / "files").mkdir(parents=True)
    with working(tmp_path) as (process, dead), working(tmp_path) as (_, alive):
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (dead / "half").exists()
        load("diabetes", data_dir=tmp_path)
        assert not dead.exists()
        assert (alive / "half").read_text() == "of a download"
        assert {path.name for path in tmp_path.iterdir()} == {
            "diabetes",
            alive.name,
            unknown.name,
        }
    assert (unknown / "files").is_dir()


def test_next_scratch_preparation_removes_a_killed_ones_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with working(tmp_path, SCRATCH_PREFIX) as (process, dead):
        process.kill()
    assert (dead / "half").exists()
    load("diabetes", data_dir=tmp_path / "data", scratch=True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def abandoned(tmp_path):
    """A folder as a killed process of this machine leaves it."""
    with working(tmp_path) as (process, folder):
        process.kill()
    return folder


def test_folder_of_another_machine_stays(abandoned):
    (abandoned / OWNER_FILE).write_text("another")
    remove_abandoned(abandoned.parent, STAGING_PREFIX)
    assert (abandoned / "half").exists()


def test_folder_of_another_user_stays(abandoned, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: abandoned.stat().st_uid + 1)
    remove_abandoned(abandoned.parent, STAGING_PREFIX)
    assert (abandoned / "half").exists()


def test_parent_that_cannot_be_listed_is_the_makers_error(tmp_path):
    remove_abandoned(tmp_path / "absent", STAGING_PREFIX)
    with pytest.raises(OSError, match="absent"), staging_folder(tmp_path / "absent", "x"):
        pass
