"""Who may write in a run folder: one run at a time, and the next when it has ended."""

import errno
import subprocess
import sys

import pytest
from places import ROOT

from trainers.cli.exit import describe
from trainers.errors import StorageError
from trainers.runs.folder import RunFolder


def test_folder_is_held_until_closed(tmp_path):
    with RunFolder(tmp_path / "run", resume=False):
        with pytest.raises(StorageError) as caught:
            RunFolder(tmp_path / "run", resume=True)
        assert describe(caught.value)[0] == 6
    with RunFolder(tmp_path / "run", resume=True):
        pass


def test_fault_17_lock_of_a_killed_process_is_free_again(tmp_path):
    """Seen to fail where the lock is that a file is there."""
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from trainers.runs.folder import RunFolder\n"
        "folder = RunFolder(Path(sys.argv[1]), resume=False)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], cwd=ROOT)
    assert result.returncode == -9
    assert (tmp_path / "run" / ".lock").exists()
    with RunFolder(tmp_path / "run", resume=True):
        pass


@pytest.mark.filterwarnings("ignore:flock not supported:UserWarning")
def test_lock_that_may_outlive_its_run_is_told_of(tmp_path, monkeypatch):
    """As on a network's disk without the kernel's locks; seen to fail without the question which
    lock it is."""

    def flock(*_):
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr("fcntl.flock", flock)
    (tmp_path / ".lock").touch()  # as a copy of a run has it
    with pytest.raises(StorageError) as caught:
        RunFolder(tmp_path, resume=False)
    assert str(caught.value).endswith(f"if none runs, move {tmp_path}/.lock away")
    (tmp_path / ".lock").unlink()
    for _ in range(2):  # let go of when it ended
        with RunFolder(tmp_path, resume=False) as folder:
            folder.require_held()
            with pytest.raises(StorageError, match="another run is writing"):
                RunFolder(tmp_path, resume=False)


def test_what_has_the_locks_name_is_named(tmp_path):
    """Seen to fail, naming the folder, without the errors of its own."""
    (tmp_path / ".lock").mkdir()
    with pytest.raises(StorageError, match=r"cannot write to .*/\.lock \(Is a directory\)"):
        RunFolder(tmp_path, resume=False)


def test_removed_lock_is_taken_again_before_a_save_and_not_from_another_run(tmp_path):
    with RunFolder(tmp_path, resume=True) as first:
        (tmp_path / ".lock").unlink()
        first.require_held()
        with pytest.raises(StorageError, match="another run is writing"):
            RunFolder(tmp_path, resume=True)
        (tmp_path / ".lock").unlink()
        rival = RunFolder(tmp_path, resume=True)
        with rival, pytest.raises(StorageError, match="another run is writing"):
            first.require_held()
