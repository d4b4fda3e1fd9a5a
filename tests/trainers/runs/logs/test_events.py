"""Event files, read and written anew: nothing twice, by step, without what is damaged."""

import random
import shutil
import struct

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event

from trainers.runs.logs.events import KEPT, EventLog
from trainers.runs.tensorboard.event_files import EventFiles


def rewritten(folder, last_step, figures=()):
    log = EventLog(folder, last_step)
    return log, log.rewrite(dict(figures))


def number(value):
    return float(tf.make_ndarray(value.tensor))


def records(path):
    return [raw.numpy() for raw in tf.data.TFRecordDataset(str(path))]


def the_file(folder):
    (path,) = folder.glob("events.out.tfevents.*")
    return path


def test_dropping_keeps_earlier_events_byte_for_byte(copied_run, events_of):
    before = events_of(copied_run, "train")
    for _ in range(2):
        log, written = rewritten(copied_run / "train", 34)
        assert (written, log.damaged) == (0, 0)
        assert {(0, "graph"), (0, "config"), (34, "loss")} <= log.seen
        events = [Event.FromString(each) for each in records(the_file(copied_run / "train"))]
        assert [event.file_version for event in events if event.file_version] == ["brain.Event:2"]
    after = events_of(copied_run, "train")
    assert set(after) == {key for key in before if key[1] <= 34}
    assert all(after[key] == before[key] for key in after)


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_event_file_cut_by_a_kill_is_mended(copied_run, events_of, cut):
    before = events_of(copied_run, "train")
    path = the_file(copied_run / "train")
    path.write_bytes(path.read_bytes()[:-cut])
    log, _ = rewritten(copied_run / "train", 1000)
    assert log.damaged == 1
    assert len(events_of(copied_run, "train")) == len(before) - 1
    writer = EventFiles(copied_run, 1000)
    writer.begin([])
    writer.scalars("train", {"loss": 0.5}, 1001)
    writer.close()
    assert number(events_of(copied_run, "train")["loss", 1001]) == 0.5


def middle_of_a_record(content):
    """Where the data lie of the record that holds a file's middle, between its length and its sum.

    A flipped bit of a length hides where the next record begins, and so costs all behind it.
    """
    start = 0
    while True:
        (length,) = struct.unpack_from("<Q", content, start)
        if start + length + 16 > len(content) // 2:
            return start + 12 + length // 2
        start += length + 16


def test_flipped_bit_costs_one_record(copied_run, events_of):
    before = events_of(copied_run, "train")
    path = the_file(copied_run / "train")
    content = bytearray(path.read_bytes())
    content[middle_of_a_record(content)] ^= 4
    path.write_bytes(bytes(content))
    log, _ = rewritten(copied_run / "train", 1000)
    assert log.damaged == 1
    after = events_of(copied_run, "train")
    assert len(after) == len(before) - 1
    assert all(after[key] == before[key] for key in after)


def test_any_garbage_is_read_to_an_end(tmp_path):
    chance = random.Random(0)
    path = tmp_path / "events.out.tfevents.1"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"whole, and no event")
    whole = path.read_bytes()
    garbage = (b"\x00" * 100_000, chance.randbytes(100_000), b"\x08" + b"\x00" * 23, whole)
    for content in (b"", *garbage):
        path.write_bytes(content)
        log = EventLog(tmp_path, 10)
        assert (log.scalars, log.damaged) == ({}, bool(content))


def test_missing_figures_are_written_where_their_step_is(tmp_path):
    writer = EventFiles(tmp_path, 0)
    writer.begin([])
    for step in (10, 30):
        writer.scalars("train", {"loss": step / 100}, step)
    writer.close()
    figures = {(step, "loss"): step / 100 for step in (5, 10, 20, 30, 40)}
    assert rewritten(tmp_path / "train", 40, figures)[1] == 3
    assert [path.name for path in (tmp_path / "train").iterdir()] == [KEPT]
    accumulator = EventAccumulator(str(tmp_path / "train"))
    accumulator.Reload()
    events = accumulator.Tensors("loss")
    assert [event.step for event in events] == [5, 10, 20, 30, 40]
    assert [float(tf.make_ndarray(event.tensor_proto)) for event in events] == pytest.approx(
        [0.05, 0.1, 0.2, 0.3, 0.4]
    )
    assert rewritten(tmp_path / "train", 40, figures)[1] == 0


def test_copies_that_a_kill_left_are_kept_once(copied_run, events_of):
    before = events_of(copied_run, "train")
    path = the_file(copied_run / "train")
    original = path.read_bytes()
    rewritten(copied_run / "train", 1000)
    path.write_bytes(original)  # as if it had not been removed yet
    with pytest.raises(AssertionError, match="twice"):
        events_of(copied_run, "train")
    rewritten(copied_run / "train", 1000)
    assert events_of(copied_run, "train") == before


def test_folder_that_is_missing_is_made_with_all_figures(copied_run, rows_of, events_of):
    figures = {
        (step, name): value
        for (split, name, step), value in rows_of(copied_run).items()
        if split == "validation"
    }
    shutil.rmtree(copied_run / "validation")
    assert rewritten(copied_run / "validation", 68, figures)[1] == len(figures)
    assert {
        (step, name): number(value)
        for (name, step), value in events_of(copied_run, "validation").items()
    } == pytest.approx(figures)
