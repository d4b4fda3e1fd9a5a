"""What is only looked at ends no run: one warning each, and the same weights."""

import json

import pytest

from trainers import generate
from trainers.engine.hooks import Moment
from trainers.errors import DivergedError, PeerError, PreemptedError
from trainers.inspection.training_probe import TrainingProbe
from trainers.problems.text import vocabulary
from trainers.runs import recorder
from trainers.runs.guard import Guard
from trainers.runs.tensorboard.event_files import EventFiles

TEXT = ["--model", "char_lstm", "--model.units", "8", "--window-steps", "8", "--batch-size", "2"]
TEXT += ["--warmup-steps", "0", "--compile", "graph", "--dataset", "text", "--data-path"]
SMALL = {
    "gan": [
        *("--model.filters", "2", "--model.latent-dim", "4", "--compile", "graph"),
        *("--problem.classifier-steps", "1"),
    ],
    "autoencoder": ["--model.kind", "variational", "--compile", "graph"],
    "policy": ["--model.hidden-units", "4", "--problem.horizon-steps", "4"],
}
HOOKS = {
    "gan": ["pictures of samples", "final pictures", "picture of classes"],
    "autoencoder": [
        "picture of reconstructions",
        "picture of interpolation",
        "picture of the prior",
        "map of codes",
    ],
    "policy": ["picture of an episode"],
}


class FailPoint(Exception):
    """What no hook expects."""


class Nowhere:
    """Shows nothing, and says so by an error."""

    def text(self, *_, **__):
        raise FailPoint("no text")

    def images(self, *_, **__):
        raise FailPoint("no images")

    def precision_recall(self, *_, **__):
        raise FailPoint("no curves")


@pytest.fixture
def hooks_fail(monkeypatch, tmp_path):
    """Every hook is called with a place where it can neither write nor show anything."""
    (tmp_path / "file").touch()

    def nowhere(folder, shows, *when):
        return Moment(tmp_path / "file", Nowhere(), *when)

    monkeypatch.setattr(recorder, "Moment", nowhere)


def warned(capsys):
    lines = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert all(line.endswith("; training goes on without") for line in lines), lines
    return [line.removeprefix("warning: the ").partition(" failed (")[0] for line in lines]


@pytest.mark.parametrize("model", HOOKS)
def test_fault_54_hook_that_fails_is_one_warning(model, hooks_fail, train_here, tmp_path, capsys):
    """Each hook of each problem fails, once or twice, and the run ends as any other.

    Seen to fail without the guard around `hook(moment)` in the recorder.
    """
    arguments = [*SMALL[model], "--batch-size", "16", "--steps", "2", "--evaluate-every-steps", "1"]
    summary = train_here(tmp_path / "run", "--model", model, *arguments)
    assert summary["steps"] == 2
    assert (tmp_path / "run" / "model.keras").is_file()
    assert warned(capsys) == HOOKS[model]


def test_fault_54_failing_sample_histograms_and_graph_leave_the_weights_alone(
    train_here, tmp_path, monkeypatch, capsys, rows_of
):
    """A run whose every look fails ends in the same bits as one whose looks succeed.

    Seen to fail without the guards around the probe, the graph, the histograms and the hooks.
    """
    (tmp_path / "text.txt").write_text("to be or not to be\n" * 20)
    arguments = [*TEXT, str(tmp_path / "text.txt"), "--steps", "4", "--log-every-steps", "1"]
    arguments += ["--evaluate-every-steps", "1", "--histograms", "true"]
    whole = train_here(tmp_path / "whole", *arguments)
    assert warned(capsys) == []

    def fail(*_, **__):
        raise FailPoint("here")

    for name in ("started", "graph", "histograms", "text", "scalars", "charts", "ended", "close"):
        monkeypatch.setattr(EventFiles, name, fail)
    looked = TrainingProbe.look
    looks = iter([fail, looked, fail, looked])
    monkeypatch.setattr(TrainingProbe, "look", lambda self: next(looks)(self))
    blind = train_here(tmp_path / "blind", *arguments)
    assert warned(capsys) == [
        "row of HParams", "configuration's page", "graph", "look inside the model",
        "curves in TensorBoard", "histograms", "layout of the charts", "sample", "page seconds",
        "best figures", "event files' end",
    ]  # fmt: skip
    assert blind["final_weights_sha256"] == whole["final_weights_sha256"]
    missing = set(rows_of(tmp_path / "whole")) - set(rows_of(tmp_path / "blind"))
    assert missing == {("train", "gradient_norm", 1), ("train", "gradient_norm", 3)}
    assert json.loads((tmp_path / "blind" / "summary.json").read_text()) == blind


@pytest.mark.parametrize("error", [DivergedError, PeerError, PreemptedError, MemoryError])
def test_what_ends_a_run_ends_it_inside_a_hook_too(error):
    def fail():
        raise error("why")

    with pytest.raises(error, match="why"):
        Guard()("the sample", fail)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [("\n\r a", "\n"), ("\r a", "\r"), ("\u2028 a", "\u2028"), (" a", " "), ("-a", "-")],
)
def test_text_begins_with_what_ends_its_lines_or_with_what_there_is(characters, expected):
    assert vocabulary.beginning(tuple(characters)) == expected


def test_text_without_a_line_feed_trains_and_is_continued(train_here, tmp_path, capsys):
    (tmp_path / "text.txt").write_bytes(b"to-be-or-not-to-be\r" * 20)
    train_here(tmp_path / "run", *TEXT, str(tmp_path / "text.txt"), "--steps", "1")
    assert "warning" not in capsys.readouterr().err
    generate.main([str(tmp_path / "run"), "--length", "5"])
    written = capsys.readouterr().out
    assert (len(written), written[0]) == (7, "\r")
