"""The event files, read back as TensorBoard reads them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainers.inspection.probe import Probe
from trainers.runs.logs.event_file import EventFile
from trainers.runs.tensorboard.event_files import EventFiles

LAYERS = ["hidden_1", "scores"]
TRAIN = ["loss", "accuracy", "learning_rate", "gradient_norm", "examples_per_second"]


def number(value):
    return float(tf.make_ndarray(value.tensor))


def test_scalars_are_those_of_metrics_csv(small_run, events_of, rows_of):
    folder, _ = small_run
    rows = rows_of(folder)
    expected = {("train", name, step) for name in TRAIN for step in (34, 68)}
    expected |= {("validation", n, step) for n in ("loss", "accuracy") for step in (34, 68)}
    assert set(rows) == expected
    for (split, name, step), value in rows.items():
        event = events_of(folder, split)[name, step]
        assert number(event) == pytest.approx(value, rel=1e-6), (split, name, step)


def test_histograms_of_weights_gradients_and_activations_are_there(small_run, events_of):
    events = events_of(small_run[0], "train")
    weights = {f"{layer}/{part}" for layer in LAYERS for part in ("kernel", "bias")}
    inner = {"flatten", "hidden_1", "hidden_1_activation", "hidden_1_dropout", "scores"}
    expected = {f"{kind}/{name}" for kind in ("weights", "gradients") for name in weights}
    expected |= {f"activations/{name}" for name in inner}
    assert {tag for tag, _ in events if "/" in tag} == expected
    for tag in expected:
        for step in (34, 68):
            buckets = tf.make_ndarray(events[tag, step].tensor)  # rows of left, right, count
            size = {"weights/hidden_1/kernel": 64 * 8, "activations/scores": 256 * 10}.get(tag)
            assert np.isfinite(buckets).all()
            assert size is None or buckets[:, 2].sum() == size
    assert ("weights/hidden_1/kernel", 34) in events


def test_graph_and_configuration_are_there_once(small_run, events_of):
    folder, _ = small_run
    events = events_of(folder, "train")
    assert events["graph", 0]
    text = tf.make_ndarray(events["config", 0].tensor).item().decode()
    assert text == f"```yaml\n{(folder / 'config.yaml').read_text(encoding='utf-8')}```"
    assert [key for key in events if key[0] in ("graph", "config")] == [("config", 0), ("graph", 0)]


def test_tensorboards_own_reader_finds_every_kind(small_run):
    accumulator = EventAccumulator(str(small_run[0] / "train"))
    accumulator.Reload()
    tags = accumulator.Tags()
    assert set(TRAIN) <= set(tags["tensors"])
    assert tags["graph"]
    assert accumulator.Graph().node


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
    ids=["OSError", "TensorFlow's"],
)
def test_full_disk_in_the_event_files_is_one_warning_and_training_goes_on(
    tmp_path, train_here, small_run, small_arguments, monkeypatch, capsys, error, rows_of
):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(EventFile, "write", fail)
    every = ["--epochs", "2", "--checkpoint-every-steps", "17"]
    summary = train_here(tmp_path / "run", *small_arguments, *every)
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]
    assert set(rows_of(tmp_path / "run")) == set(rows_of(small_run[0]))
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: no more TensorBoard summaries: ")
    assert "No space left on device" in warnings[0]


def test_event_folder_that_cannot_be_made_is_one_warning(tmp_path, capsys):
    (tmp_path / "train").write_text("a file where the folder should be")
    writer = EventFiles(tmp_path, 0)
    writer.begin([])
    writer.text("config", "text", 0)
    writer.scalars("train", {"loss": 1.0}, 1)
    writer.scalars("validation", {"loss": 1.0}, 1)
    writer.close()
    assert capsys.readouterr().err.count("warning: no more TensorBoard summaries: ") == 1


def test_summaries_without_histograms_have_none(tmp_path, train_here, small_arguments, events_of):
    train_here(tmp_path / "run", *small_arguments, "--steps", "3", "--histograms", "false")
    tags = {tag for tag, _ in events_of(tmp_path / "run", "train")}
    assert set(TRAIN) < tags
    assert [tag for tag in tags if tag.startswith(("weights/", "gradients/", "activations/"))] == []


def test_probe_measures_the_gradient_and_the_activations_it_is_asked_about(make_step, make_data):
    step, data = make_step(hidden=4), make_data(9)
    probe = Probe(step, data)
    values, norm = probe.histograms()
    assert probe.gradient_norm() == pytest.approx(norm, rel=1e-6)
    gradients, _, _ = step.gradients(data, tf.range(9))
    total = np.sqrt(sum(float((np.asarray(g) ** 2).sum()) for g in gradients))
    assert norm == pytest.approx(total, rel=1e-5)
    outputs = step.model(data.inputs)
    last = step.model.layers[-1].name
    np.testing.assert_allclose(values[f"activations/{last}"], outputs, atol=1e-6)
    assert len(values) == 2 * len(gradients) + 2


def test_logging_more_often_leaves_the_weights_alone(
    tmp_path, small_run, small_arguments, train_here
):
    often = ["--epochs", "2", "--log-every-steps", "11", "--evaluate-every-steps", "17"]
    summary = train_here(tmp_path / "run", *small_arguments, *often)
    assert summary["final_weights_sha256"] == small_run[1]["final_weights_sha256"]


def test_what_the_kept_files_show_is_not_shown_again(copied_run, events_of):
    """As the best weights' pictures, after a longer run in which no others were better."""
    before = events_of(copied_run, "train")
    picture = np.zeros((1, 2, 2, 1), np.uint8)
    for _ in range(2):
        writer = EventFiles(copied_run, 68)
        writer.begin([])
        writer.images("samples", picture, 68)
        writer.text("config", "text", 0)
        writer.scalars("train", {"loss": 1.0}, 34)
        writer.histograms({"weights/scores/bias": np.ones(3)}, 68)
        writer.close()
    assert set(events_of(copied_run, "train")) == {*before, ("samples", 68)}
