"""Files that are whole or as they were: what the system is asked for, in its order, and litter."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from places import ROOT

from trainers.output.files import remove_litter, replace_file, replaced
from trainers.runs import checkpoints, summary
from trainers.runs.checkpoints import Checkpoint

WRITES = """
import sys
from pathlib import Path
import configs
from trainers.output.files import replaced
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.folder import RunFolder

with RunFolder(Path(sys.argv[1]), resume=False) as folder:
    checkpoints.save(folder.checkpoints, Checkpoint(10, {}, {}), keep=1)
    folder.write_config(configs.Config(epochs=1))
    folder.open_metrics([])
    folder.write_summary({})
    with replaced(folder.path / "model.keras") as path:
        path.write_bytes(b"model")
"""
REPLACED = ["checkpoints/step-000000010", "config.yaml", "metrics.csv", "summary.json"]
REPLACED += ["model.keras"]
WITHIN = {"checkpoints/step-000000010": ["state.safetensors", "manifest.json", "manifest.sha256"]}


def assert_synced_around_the_rename(events, run, name):
    """Each of `events` is ("fsync", path) or ("rename", from, to)."""
    final = run / name
    (renamed,) = [i for i, event in enumerate(events) if event[2:] == (str(final),)]
    temporary = Path(events[renamed][1])
    assert temporary.parent == final.parent
    before, after = events[:renamed], events[renamed + 1 :]
    for path in [temporary, *(temporary / part for part in WITHIN.get(name, []))]:
        assert ("fsync", str(path)) in before, path
    assert ("fsync", str(final.parent)) in after


def test_fault_09_system_calls_sync_file_and_folder_around_every_rename(tmp_path):
    """What survives a power loss is the disk's affair: this is what it is asked for.

    Seen to fail without the fsync before the rename, and without that of the folder after it.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log, run = tmp_path / "log", tmp_path / "run"
    calls = "trace=fsync,fdatasync,rename,renameat,renameat2"
    command = ["strace", "-f", "-y", "-s", "4096", "-e", calls, "-o", str(log)]
    result = subprocess.run(
        [*command, sys.executable, "-c", WRITES, str(run)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if "ptrace" in result.stderr:
        pytest.skip(f"strace may not trace here: {result.stderr.strip()[:100]}")
    assert (result.returncode, result.stderr) == (0, "")
    events = []
    for line in log.read_text().splitlines():
        if match := re.search(r"f(?:data)?sync\(\d+<(.*)>\) += 0", line):
            events.append(("fsync", match[1]))
        elif match := re.search(r'rename\w*\(.*?"(.*)", .*?"(.*)".*\) = 0', line):
            events.append(("rename", match[1], match[2]))
    for name in REPLACED:
        assert_synced_around_the_rename(events, run, name)


@pytest.fixture
def noted(monkeypatch):
    """The calls of `os.fsync` and of renames, as they are made."""
    events, fsync, replace = [], os.fsync, Path.replace

    def noting_fsync(descriptor):
        events.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def noting_replace(self, target):
        events.append(("rename", str(self), str(target)))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    return events


def test_fault_09_checkpoint_is_synced_around_its_rename(tmp_path, noted):
    """Seen to fail without the fsync before the rename."""
    (tmp_path / "checkpoints").mkdir()
    checkpoints.save(tmp_path / "checkpoints", Checkpoint(10, {}, {}), keep=1)
    assert_synced_around_the_rename(noted, tmp_path, "checkpoints/step-000000010")


def test_fault_09_exported_model_is_synced_around_its_rename(tmp_path, noted):
    """Seen to fail with a model that is saved and renamed without the fsync between."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    summary.export(model, tmp_path / "model.keras")
    assert_synced_around_the_rename(noted, tmp_path, "model.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert keras.saving.load_model(tmp_path / "model.keras").count_params() == 3


def test_error_while_writing_leaves_the_old_and_nothing_temporary(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    replace_file(file, b"old")
    with replaced(folder) as path:
        path.mkdir()
        (path / "part").write_text("old")
    for final, begin in ((file, Path.touch), (folder, Path.mkdir)):
        writing = replaced(final)
        begin(writing.__enter__())
        assert not writing.__exit__(OSError, OSError(28, "full"), None)  # it goes on
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (file.read_text(), (folder / "part").read_text()) == ("old", "old")


LITTER = [
    ".config.yaml.tmp-1",
    ".config.yaml.tmp-77.yaml",
    ".summary.json.tmp-4194304.json",
    ".metrics.csv.tmp-9.csv",
    ".model.keras.tmp-12.keras",
    ".model.tmp.keras",
    ".tmp-feature_classifier.keras",
    ".step-000000010.tmp-33",
    ".events.out.tfevents.1795690000.host.19608.0.v2.tmp",
    ".writable.tmp-5",
]
OTHERS = [
    ".lock",
    ".gitignore",
    "config.yaml",
    "config.yaml.tmp-1",
    ".config.yaml.tmp-mine",
    ".config.yaml.tmp-",
    ".config.yaml.swp",
    ".notes.tmp",
    ".thesis.docx.tmp-2024.pdf",
    "tmp-1",
    ".tmp-1",
    "notes.old-1",
]


def test_what_a_kill_left_is_removed_and_nothing_of_the_users(tmp_path):
    for name in LITTER + OTHERS:
        if ".step" in name:
            (tmp_path / name).mkdir()
            (tmp_path / name / "state.safetensors").write_text("half")
        else:
            (tmp_path / name).write_text("content")
    remove_litter(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(OTHERS)


def test_what_a_kill_had_set_aside_takes_its_place_again(tmp_path):
    for name in (".step-000000001.old-7", ".step-000000002.old-7", "step-000000002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "content").write_text(name)
    remove_litter(tmp_path)
    assert {path.name: (path / "content").read_text() for path in tmp_path.iterdir()} == {
        "step-000000001": ".step-000000001.old-7",
        "step-000000002": "step-000000002",
    }
