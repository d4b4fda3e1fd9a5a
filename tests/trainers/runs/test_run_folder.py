"""The run folder's own files, and the lock that keeps two runs apart."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

import configs
import datasets
from trainers import run
from trainers.cli.exit import describe
from trainers.errors import StorageError
from trainers.output.files import replace_file
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.folder import RunFolder, claim, new_path, read_saved_config


def test_folder_with_a_run_needs_resume(tmp_path):
    with RunFolder(tmp_path, resume=False) as folder:
        folder.write_config(configs.Config(epochs=1))
    with pytest.raises(configs.ConfigError, match="already holds a run; add --resume"):
        RunFolder(tmp_path, resume=False)


def test_path_that_cannot_be_a_folder_exits_6(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        RunFolder(tmp_path / "file" / "run", resume=False)
    assert describe(caught.value) == (
        6,
        f"cannot write to {tmp_path / 'file' / 'run'} (Not a directory); give a writable --run-dir",
    )


def test_written_configuration_is_read_back_equal(tmp_path):
    config = configs.Config(
        model=configs.ModelConfig("mlp", {"hidden_units": [3]}), steps=4, seed=9
    )
    with RunFolder(tmp_path / "run", resume=False) as folder:
        folder.write_config(config)
    written = configs.load_recipe(tmp_path / "run" / "config.yaml")
    assert configs.from_dict(written) == config


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_says_to_resume_only_where_there_is_something_to_resume(tmp_path, number):
    with pytest.raises(OSError) as caught, RunFolder(tmp_path, resume=False):
        raise OSError(number, "full")
    assert "resume" not in describe(caught.value)[1]
    checkpoints.save(tmp_path / "checkpoints", Checkpoint(0, {}, {}), keep=1)
    with pytest.raises(StorageError) as caught, RunFolder(tmp_path, resume=False):
        raise OSError(number, "full")
    assert describe(caught.value) == (
        6,
        f"storage: [Errno {number}] full; free some space, then continue with --resume",
    )


def test_interrupted_replacement_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "summary.json"
    replace_file(path, b"old")

    def fail(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_new_folders_of_one_second_are_numbered_and_sorted_by_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seconds = iter([20260131115959, *[20260131120000] * 3, 20260131120001])
    monkeypatch.setattr("time.strftime", lambda _: str(next(seconds)))
    made = [new_path("lstm", *claim("lstm")) for _ in range(5)]
    assert [str(path) for path in made] == [
        "runs/lstm-20260131-115959",
        "runs/lstm-20260131-120000",
        "runs/lstm-20260131-120000-2",
        "runs/lstm-20260131-120000-3",
        "runs/lstm-20260131-120001",
    ]
    assert sorted(tmp_path.glob("runs/*")) == [tmp_path / path for path in made]


def test_fault_53_runs_of_one_second_have_a_folder_each(tmp_path):
    """Eight processes begin at one instant, of a clock that stands still.

    Seen to fail where `claim` takes a folder that is there already.
    """
    code = (
        "import sys, time\nfrom trainers.runs.folder import claim, new_path\n"
        "time.strftime = lambda _: '20260131120000'\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "print(new_path('mlp', *claim('mlp')))\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    processes = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) for _ in range(8)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    named = sorted(process.communicate()[0].strip() for process in processes)
    first = "runs/mlp-20260131-120000"
    assert named == [first, *(f"{first}-{number}" for number in range(2, 9))]
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("runs/*")) == named


def test_folder_that_cannot_be_made_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").write_text("")
    with pytest.raises(
        StorageError, match=r"cannot write to runs \(File exists\); give a writable"
    ):
        claim("mlp")


@pytest.mark.parametrize("request_", [["--dry-run"], ["--batch-size", "5000"], ["--print-config"]])
def test_what_does_not_begin_makes_no_folder(tmp_path, monkeypatch, request_):
    monkeypatch.chdir(tmp_path)
    with contextlib.suppress(datasets.DataError):
        run.main(["--model", "perceptron", *request_])
    assert list(tmp_path.iterdir()) == []


def test_finished_run_has_the_documented_files_and_nothing_temporary(small_run):
    folder, _ = small_run
    assert sorted(path.name.partition(".tfevents")[0] for path in folder.iterdir()) == [
        ".lock",
        "checkpoints",
        "config.yaml",
        "events.out",
        "metrics.csv",
        "model.keras",
        "summary.json",
        "train",
        "validation",
    ]
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == [
        "step-000000034",
        "step-000000051",
        "step-000000068",
    ]


def litter(folder):
    return [path.name for path in folder.rglob(".*") if path.name != ".lock"]


WRITES = """
import os, sys
from pathlib import Path
import configs
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint
from trainers.runs.folder import RunFolder

# The process is killed as it has written a file and is about to rename it.
os.rename = os.replace = lambda *_: os.kill(os.getpid(), 9)
with RunFolder(Path(sys.argv[1]), resume=True) as folder:
    {
        "config": lambda: folder.write_config(configs.Config(epochs=1)),
        "summary": lambda: folder.write_summary({}),
        "metrics": lambda: folder.open_metrics([]),
        "checkpoint": lambda: checkpoints.save(folder.checkpoints, Checkpoint(1, {}, {}), keep=1),
    }[sys.argv[2]]()
"""


def test_litter_of_killed_runs_goes_with_the_next_start(tmp_path):
    """Seen to fail without the removal at a start."""
    for kind in ("config", "summary", "metrics", "checkpoint"):
        command = [sys.executable, "-c", WRITES, str(tmp_path), kind]
        assert subprocess.run(command, cwd=ROOT).returncode == -9
        (left,) = litter(tmp_path)
        assert ".tmp-" in left
        with RunFolder(tmp_path, resume=True):
            assert litter(tmp_path) == []


def test_folder_with_checkpoints_holds_a_run_though_its_configuration_is_gone(tmp_path):
    checkpoints.save(tmp_path / "checkpoints", Checkpoint(0, {}, {}), keep=1)
    with RunFolder(tmp_path, resume=False):  # as after a kill before config.yaml: nothing is lost
        pass
    checkpoints.save(tmp_path / "checkpoints", Checkpoint(20, {}, {}), keep=1)
    with pytest.raises(configs.ConfigError, match="already holds a run; add --resume"):
        RunFolder(tmp_path, resume=False)


def one_letter(path, before, after):
    path.write_bytes(path.read_bytes().replace(before, after, 1))


CONFIG_DAMAGE = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\xff\x00{"),
    "a key": lambda path: one_letter(path, b"batch_size", b"batch_sizd"),
    "a name": lambda path: one_letter(path, b"name: mlp", b"name: mlq"),
    "a type": lambda path: one_letter(path, b"batch_size: 32", b"batch_size: 3:"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:200]),
}


@pytest.mark.parametrize("damage", CONFIG_DAMAGE)
def test_damaged_configuration_is_said_and_taken_from_the_newest_checkpoint(
    copied_run, damage, capsys
):
    """Seen to fail without the checkpoint's configuration."""
    whole = read_saved_config(copied_run)
    assert capsys.readouterr().err == ""
    CONFIG_DAMAGE[damage](copied_run / "config.yaml")
    assert configs.flattened(read_saved_config(copied_run)) == configs.flattened(whole)
    error = capsys.readouterr().err
    assert error.startswith(f"warning: {copied_run / 'config.yaml'} is ")
    assert error.endswith("; the configuration in the newest checkpoint is taken\n")


def test_damaged_configuration_without_a_checkpoint_is_refused(copied_run):
    shutil.rmtree(copied_run / "checkpoints")
    (copied_run / "config.yaml").write_bytes(b"\xff")
    with pytest.raises(configs.ConfigError, match="is not UTF-8 text"):
        read_saved_config(copied_run)
