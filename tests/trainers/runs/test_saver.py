"""When a checkpoint is written, and that it is there when a run says so."""

import shutil
from types import SimpleNamespace

import pytest

import configs
from trainers.engine.totals import Totals
from trainers.errors import StorageError
from trainers.runs import checkpoints
from trainers.runs.folder import RunFolder
from trainers.runs.memory import RunMemory
from trainers.runs.saver import Saver


@pytest.fixture
def save(tmp_path, make_step):
    """Save a run's steps in `tmp_path`."""
    step = make_step()
    parts = SimpleNamespace(step=step, dataset=SimpleNamespace(fingerprint="a1"))
    with RunFolder(tmp_path, resume=True) as folder:
        saver = Saver(folder, configs.Config(epochs=1), parts)
        yield lambda number: saver.save(number, Totals(step.names), RunMemory())


def test_step_is_saved_once(tmp_path, save):
    save(3)
    written = (tmp_path / "checkpoints/step-000000003").stat().st_ino
    save(3)
    assert (tmp_path / "checkpoints/step-000000003").stat().st_ino == written


def test_checkpoint_that_somebody_removed_is_written_again_before_it_is_called_saved(
    tmp_path, save
):
    """Seen to fail where the number of the step alone says that it is saved."""
    for lost in ("checkpoints/step-000000003", "checkpoints"):
        save(3)
        shutil.rmtree(tmp_path / lost)
        save(3)
        assert checkpoints.load(tmp_path / "checkpoints", 3).metadata["dataset_fingerprint"] == "a1"


def test_nothing_is_saved_into_a_folder_that_another_run_has_taken(tmp_path, save):
    """Seen to fail without the look at the lock before a save."""
    save(3)
    (tmp_path / ".lock").unlink()
    with RunFolder(tmp_path, resume=True), pytest.raises(StorageError, match="another run"):
        save(4)
    assert checkpoints.available(tmp_path / "checkpoints") == [3]
