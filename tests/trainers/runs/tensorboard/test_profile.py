"""`--profile FIRST,LAST`: these updates alone, in the same bits, and refused before anything."""

import gzip
import json

import pytest
from tensorflow.tsl.profiler.protobuf import xplane_pb2

import configs
from trainers import run
from trainers.runs.cadence import Cadence
from trainers.runs.tensorboard.profile import chrome_trace

STEPS = ["--steps", "30", "--histograms", "false"]


@pytest.fixture(scope="module")
def profiled(train_here, small_arguments, tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiled") / "run"
    return folder, train_here(folder, *small_arguments, *STEPS, "--profile", "10,20")


def trace_of(folder):
    (path,) = (folder / "plugins" / "profile").glob("*/trace.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))["traceEvents"]


def updates_in(events):
    """Return of every compiled call in a profile the number of its first update."""
    return [int(event["args"]["step_num"]) for event in events if event["name"] == "train"]


def test_profile_has_exactly_these_updates(profiled):
    events = trace_of(profiled[0])
    firsts = updates_in(events)
    assert firsts[0] == 10
    assert max(firsts) <= 20
    # Whether its loss is finite is asked once an update, in however many calls they are done.
    assert [event["name"] for event in events].count("IsFinite") == 11


def test_profile_is_where_tensorboards_plugin_looks_for_it(profiled):
    (path,) = (profiled[0] / "plugins" / "profile").glob("*/*.xplane.pb")
    space = xplane_pb2.XSpace.FromString(path.read_bytes())
    names = {entry.name for plane in space.planes for entry in plane.event_metadata.values()}
    assert "train" in names
    assert len(chrome_trace(space)["traceEvents"]) == len(trace_of(profiled[0]))


def test_profile_changes_no_bit(profiled, train_here, small_arguments, tmp_path):
    plain = train_here(tmp_path / "plain", *small_arguments, *STEPS)
    assert plain["final_weights_sha256"] == profiled[1]["final_weights_sha256"]
    assert not (tmp_path / "plain" / "plugins").exists()


def test_profile_of_a_resumed_run_is_of_what_is_left_of_it(
    train_here, small_arguments, tmp_path, profiled
):
    folder = tmp_path / "run"
    train_here(folder, *small_arguments, "--steps", "15", "--histograms", "false")
    summary = train_here(folder, "--resume", "--steps", "30", "--profile", "10,20")
    assert updates_in(trace_of(folder))[0] == 16
    assert summary["final_weights_sha256"] == profiled[1]["final_weights_sha256"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("20,10", "profile is '20,10'; give --profile the first update and the last"),
        ("x", "profile is 'x'; give --profile the first update and the last"),
        ("0,4", "profile is '0,4'"),
        ("5", "profile is '5'"),
        ("20,31", "--profile 20,31: the run has 30 updates"),
    ],
)
def test_wrong_values_are_refused_before_anything_is_written(
    value, reason, small_arguments, tmp_path
):
    folder = tmp_path / "run"
    with pytest.raises(configs.ConfigError, match=reason):
        run.main([*small_arguments, *STEPS, "--profile", value, "--run-dir", str(folder)])
    assert not folder.exists()


def test_calls_end_where_the_profile_begins_and_ends():
    cadence = Cadence.of(configs.Config(steps=100, profile="10,20"), 100)
    assert [cadence.until_next(step) for step in (0, 8, 9, 15, 19)] == [9, 1, 11, 5, 1]
    assert cadence.until_next(20) == 80
    assert Cadence.of(configs.Config(steps=100), 100).until_next(0) == 100
    assert Cadence.of(configs.Config(steps=100, profile="1,1"), 100).until_next(0) == 1


def test_profiler_that_fails_is_one_warning(
    train_here, small_arguments, tmp_path, monkeypatch, capsys, profiled
):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tensorflow.profiler.experimental.start", fail)
    summary = train_here(tmp_path / "run", *small_arguments, *STEPS, "--profile", "10,20")
    assert summary["final_weights_sha256"] == profiled[1]["final_weights_sha256"]
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: the profile failed (OSError")
