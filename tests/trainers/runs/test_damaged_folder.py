"""A run folder in which something is damaged: it is said, mended from what is left, and goes on."""

import io
import json
import os
import shutil

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import zoo
from trainers import evaluate, run
from trainers.cli.exit import describe
from trainers.errors import CheckpointError
from trainers.runs import checkpoints


def flip(path, position=0.5):
    content = bytearray(path.read_bytes())
    content[int(len(content) * position)] ^= 4
    path.write_bytes(bytes(content))


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def events_file(run_dir, split):
    (path,) = (run_dir / split).glob("events.out.tfevents.*")
    return path


@pytest.fixture(scope="module")
def continued(small_run, train_here, tmp_path_factory):
    """A finished run whose two newest checkpoints are damaged, continued after the clock was set
    back: (folder, summary, what was said).

    Its event files are named after a time to come, and its checkpoints have times in the wrong
    order.
    """
    folder = shutil.copytree(small_run[0], tmp_path_factory.mktemp("continued") / "run")
    flip(folder / "checkpoints/step-000000068/state.safetensors")
    cut(folder / "checkpoints/step-000000051/manifest.json")
    for split in ("train", "validation"):
        path = events_file(folder, split)
        path.rename(path.with_name("events.out.tfevents.9999999999.host.1.0.v2"))
    for step, time in ((34, 3), (51, 2), (68, 1)):
        os.utime(folder / f"checkpoints/step-{step:09d}", (time, time))
    with pytest.MonkeyPatch.context() as patch:
        said = io.StringIO()
        patch.setattr("sys.stderr", said)
        summary = train_here(folder, "--resume")
    return folder, summary, said.getvalue()


def test_fault_13_damaged_checkpoints_cost_intervals_and_not_the_run(continued, small_run):
    """Seen to fail without the comparison of checksums."""
    folder, summary, said = continued
    warnings = [line for line in said.splitlines() if line.startswith("warning: ")]
    assert warnings[:2] == [
        f"warning: checkpoint {folder}/checkpoints/step-{step:09d} is damaged: {name} does not "
        "match; trying the one before it"
        for step, name in ((68, "state.safetensors"), (51, "manifest.json"))
    ]
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert checkpoints.load(folder / "checkpoints", 68).step == 68
    assert checkpoints.load(folder / "checkpoints", 51).step == 51


def test_fault_20_after_the_clock_was_set_back_everything_is_in_the_order_of_steps(continued):
    """Seen to fail with event files that keep their names: TensorBoard reads by name."""
    folder, _, _ = continued
    for split, name in (("train", "loss"), ("validation", "accuracy")):
        accumulator = EventAccumulator(str(folder / split))
        accumulator.Reload()
        assert [event.step for event in accumulator.Tensors(name)] == [34, 68]
    lines = (folder / "metrics.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [int(line.split(",")[0]) for line in lines] == [34] * 7 + [68] * 7


def test_fault_21_steps_that_are_repeated_are_logged_once(continued, small_run, rows_of, events_of):
    """Seen to fail with later rows, or later events, that stay."""
    folder, _, _ = continued
    before, after = rows_of(small_run[0]), rows_of(folder)  # which fail on any duplicate
    speed = {key for key in before if key[1] == "examples_per_second"}
    assert {key: after[key] for key in after if key not in speed} == pytest.approx(
        {key: before[key] for key in before if key not in speed}, rel=1e-6
    )
    for split in ("train", "validation"):
        assert set(events_of(folder, split)) == set(events_of(small_run[0], split))


def assert_mended(folder, before, rows_of, events_of):
    """The rows, and the events' figures, are those of `before`."""
    rows = rows_of(before)
    assert rows_of(folder) == rows
    for split in ("train", "validation"):
        events = events_of(folder, split)
        names = {name for _, name, _ in rows}
        figures = {
            (split, name, step): float(tf.make_ndarray(value.tensor))
            for (name, step), value in events.items()
            if name in names
        }
        assert figures == pytest.approx({key: rows[key] for key in rows if key[0] == split})


def test_fault_52_damaged_logs_and_files_are_said_and_mended(
    copied_run, small_run, train_here, rows_of, events_of, capsys
):
    """One resume mends them all.

    Seen to fail without each of: the rows in the checkpoint, the figures that event files lack, the
    configuration in the checkpoint.
    """
    flip(copied_run / "metrics.csv", 0)
    cut(copied_run / "metrics.csv")
    flip(events_file(copied_run, "train"))
    events_file(copied_run, "validation").unlink()
    (copied_run / "config.yaml").write_bytes(b"model: {name: mlp\nseed: \xff")
    cut(copied_run / "model.keras")
    (copied_run / ".lock").unlink()
    summary = train_here(copied_run, "--resume")
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert len(said) == 5
    assert said[0].startswith(f"warning: {copied_run}/config.yaml is damaged (")
    assert said[0].endswith("); the configuration in the newest checkpoint is taken")
    assert said[1] == (
        f"warning: {copied_run}/metrics.csv: 2 of 14 rows up to step 68 were missing or damaged; "
        "written anew from the checkpoint"
    )
    assert said[2].startswith(f"warning: {copied_run}/train: ")
    assert said[3].startswith(f"warning: {copied_run}/validation: 4 figures of the event files ")
    assert said[4] == f"warning: {copied_run}/model.keras was damaged or missing; written anew"
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert_mended(copied_run, small_run[0], rows_of, events_of)
    name = "config.yaml"
    assert (copied_run / name).read_bytes() == (small_run[0] / name).read_bytes()
    assert json.loads((copied_run / "summary.json").read_text())["final"] == summary["final"]
    assert zoo.load_model(copied_run / "model.keras").count_params() == summary["parameters"]


def test_fault_52_deleted_logs_come_back_from_the_checkpoint_alone(
    copied_run, small_run, train_here, rows_of, events_of, capsys
):
    """Seen to fail without the copy of the rows in the checkpoint."""
    (copied_run / "metrics.csv").unlink()
    (copied_run / "config.yaml").unlink()
    cut(copied_run / "summary.json")
    for split in ("train", "validation"):
        shutil.rmtree(copied_run / split)
    train_here(copied_run, "--resume")
    said = capsys.readouterr().err
    for line in (
        f"{copied_run}/config.yaml is missing; the configuration in the newest checkpoint is taken",
        f"{copied_run}/metrics.csv: 14 of 14 rows up to step 68 were missing or damaged; written "
        "anew from the checkpoint",
        f"{copied_run}/summary.json was damaged or missing; written anew",
    ):
        assert f"warning: {line}\n" in said
    assert_mended(copied_run, small_run[0], rows_of, events_of)
    pages = [key for key in events_of(copied_run, "train") if key[0] in ("graph", "config")]
    assert sorted(pages) == [("config", 0), ("graph", 0)]


def test_fault_14_all_checkpoints_damaged_is_4_and_no_silent_restart(copied_run):
    """Seen to fail with a run that begins anew where no checkpoint can be read."""
    for step, damage in ((34, flip), (51, cut), (68, os.unlink)):
        damage(copied_run / f"checkpoints/step-{step:09d}/state.safetensors")
    before = {path: path.read_bytes() for path in copied_run.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError) as caught:
        run.main(["--run-dir", str(copied_run), "--resume"])
    assert describe(caught.value) == (
        4,
        f"{copied_run}/checkpoints has no usable checkpoint (all 3 are damaged); start again with "
        "another --run-dir",
    )
    after = {path: path.read_bytes() for path in copied_run.rglob("*") if path.is_file()}
    assert after == before


def test_damaged_best_checkpoint_is_4_for_who_measures_it(copied_run):
    manifest = copied_run / "checkpoints/step-000000051/manifest.json"
    newest = copied_run / "checkpoints/step-000000068"
    assert json.loads((newest / "manifest.json").read_bytes())["metadata"]["best_step"] == 68
    shutil.rmtree(newest)
    assert json.loads(manifest.read_bytes())["metadata"]["best_step"] == 34
    flip(copied_run / "checkpoints/step-000000034/state.safetensors")
    with pytest.raises(CheckpointError) as caught:
        evaluate.main([str(copied_run)])
    assert describe(caught.value) == (
        4,
        f"checkpoint {copied_run}/checkpoints/step-000000034 is damaged: state.safetensors does "
        "not match",
    )
