"""Run folders of other releases: those before this one load, those after it are refused by name."""

import json
import shutil
from pathlib import Path

import pytest

from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.errors import CheckpointError
from trainers.runs import checkpoints

GOLDEN = Path(__file__).parent / "golden"


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_fault_43_run_of_an_older_release_is_evaluated_and_resumed(
    tmp_path, train_here, rows_of, capsys
):
    """Seen to fail with another format number, and without the default of settings it lacks."""
    folder = shutil.copytree(GOLDEN / "format-1", tmp_path / "run")
    before, earlier = contents(folder), rows_of(folder)
    evaluate.main([str(folder), "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert (figures["split"], figures["step"]) == ("test", 2)
    assert figures["mean_return"] == pytest.approx(20.83, abs=0.2)
    assert contents(folder) == before

    summary = train_here(folder, "--resume", "--steps", "3")
    assert summary["steps"] == 3
    rows = rows_of(folder)
    assert {key: rows[key] for key in earlier} == earlier
    assert {step for _, _, step in rows} == {1, 2, 3}
    assert rows["train", "loss", 3] == pytest.approx(47.2117, rel=1e-3)
    assert checkpoints.load(folder / "checkpoints", 3).metadata["memory"]["history"]["rows"] == len(
        rows
    )


COMMANDS = {
    "resume": lambda folder: run.main(["--run-dir", str(folder), "--resume"]),
    "evaluate": lambda folder: evaluate.main([str(folder)]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_fault_43_run_of_a_newer_release_is_refused_by_name(tmp_path, command, capsys):
    """Seen to fail when another format is passed over as damage is."""
    folder = shutil.copytree(GOLDEN / "format-99", tmp_path / "run")
    # An older checkpoint of ours does not undo what the newer release did since.
    shutil.copytree(
        GOLDEN / "format-1/checkpoints/step-000000002", folder / "checkpoints/step-000000001"
    )
    before = contents(folder)
    with pytest.raises(CheckpointError) as caught:
        COMMANDS[command](folder)
    assert describe(caught.value) == (
        4,
        f"checkpoint {folder / 'checkpoints/step-000000002'} has format 99; this release reads 1: "
        "continue it with the release that wrote it",
    )
    assert capsys.readouterr().err == ""
    assert contents(folder) == before
