"""metrics.csv: what is written, what can be read of it, and what a full disk leaves."""

import errno
import os

import pytest

from trainers.runs.logs.history import History, Row
from trainers.runs.logs.metrics import HEADER, MetricsFile, read


def row(step, name="loss", value=0.5, split="train"):
    return Row.of(step, step / 10, split, name, value)


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metrics.csv"


def test_rows_hold_step_epoch_split_name_and_value(path):
    file = MetricsFile(path, [])
    file.write([Row.of(3, 0.75, "train", "loss", 1 / 3), Row.of(3, 0.75, "train", "accuracy", 1.0)])
    assert lines_of(path) == [
        "step,epoch,split,name,value",
        "3,0.75,train,loss,0.333333333",
        "3,0.75,train,accuracy,1",
    ]
    file.close()


@pytest.mark.parametrize("name", ["loss", "a,b", 'say "x"', "é 日"])
@pytest.mark.parametrize("value", [0.1, -1e-300, 1e300, float("nan"), float("inf"), 0.0])
def test_line_is_read_back_as_its_row(name, value):
    written = Row.of(7, 0.7, "validation", name, value)
    assert Row.parsed(written.line) == written


CUT = ["", "1", "2", "20,2,train,loss,", "20,2,train,lo"]
WRONG = ["2\x00", "x,1,train,loss,1", "-1,1,train,a,1", "1,1,tests,loss,1", "1,1,train,,1"]
WRONG += ["1,1,train,loss,1,1", "1,?,train,loss,1", '1,1,train,"a,1']
WRONG += ['1,1,train,"a"b,1', "1,1,train,a\x07b,1"]


@pytest.mark.parametrize("line", CUT + WRONG)
def test_any_other_line_is_no_row(path, line):
    assert Row.parsed(line) is None
    path.write_text(f"{HEADER}\n{row(10).line}\n{line}\n{row(20).line}\n")
    assert read(path) == ([row(10), row(20)], 1, True)


def test_file_of_any_bytes_is_read(path):
    assert read(path) is None
    for content in (b"", b"\xff\x00\n\n", b"\x00" * 5000, os.urandom(5000)):
        path.write_bytes(content)
        found = read(path)
        assert (found.rows, found.has_header) == ([], False)
    path.write_text(f"{HEADER}\r\n{row(10).line}\r\n")
    assert read(path) == ([row(10)], 0, True)


def test_record_of_a_history_counts_and_tells_any_change():
    rows = [row(1), row(2), row(2, "accuracy")]
    recorded = History(rows).recorded()
    assert (recorded.rows, recorded.lines) == (3, [each.line for each in rows])
    others = [rows[:2], rows[::-1], [*rows[:2], row(2, "accuracy", 0.25)], [*rows, rows[0]]]
    digests = {History(other).recorded().sha256 for other in others}
    assert len(digests) == 4
    assert recorded.sha256 not in digests


def test_long_history_is_counted_and_not_copied():
    history = History(row(step) for step in range(10_000))
    assert len(history.recorded().lines) == 10_000
    history.add(row(10_000))
    assert (history.recorded().rows, history.recorded().lines) == (10_001, None)


class FullDisk:
    """A file whose disk has room for `room` more bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, content):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.file.write(content[: self.room])
        self.room -= written
        return written

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1, 5, 22])
def test_rows_that_found_no_room_are_written_with_the_next_that_do(path, capsys, room):
    file = MetricsFile(path, [row(1)])
    file._file = FullDisk(file._file, room)
    file.write([row(2), row(2, "accuracy")])
    file.write([row(3)])
    assert lines_of(path) == [HEADER, row(1).line]
    file._file.room = 1000
    file.write([row(4)])
    file.close()
    written = [row(1), row(2), row(2, "accuracy"), row(3), row(4)]
    assert lines_of(path) == [HEADER, *(each.line for each in written)]
    assert capsys.readouterr().err == (
        f"warning: {path} cannot be written (No space left on device); training goes on, and its "
        "rows are written when they can be\n"
    )


def test_rows_that_never_find_room_are_told_at_the_end(path, capsys):
    file = MetricsFile(path, [row(1)])
    file._file = FullDisk(file._file, 0)
    file.write([row(2), row(2, "accuracy")])
    file.close()
    assert lines_of(path) == [HEADER, row(1).line]
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"warning: 2 rows of {path} could not be written; --resume writes them from the newest "
        "checkpoint"
    ]
