"""A history out of what is left of it."""

import pytest

from trainers.runs.logs.history import History, Recorded, Row
from trainers.runs.logs.mending import mended_rows
from trainers.runs.logs.metrics import HEADER

ROWS = [
    Row.of(step, step / 10, split, name, value / 7)
    for step in (10, 20, 30)
    for split in ("train", "validation")
    for value, name in enumerate(("loss", "accuracy"), step)
]


def scalars(rows):
    found = {"train": {}, "validation": {}}
    for row in rows:
        found[row.split][row.step, row.name] = float(row.value) * (1 + 2e-8)  # as float32 rounds
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metrics.csv"


def mended(path, recorded, events=()):
    return mended_rows(path, recorded, scalars(events), 30, 10)


def write(path, rows, header=HEADER):
    path.write_text("".join(f"{line}\n" for line in [header, *(row.line for row in rows)]))


COPIED = History(ROWS).recorded()
COUNTED = COPIED._replace(lines=None)


@pytest.mark.parametrize("recorded", [COPIED, COUNTED, None], ids=["copied", "counted", "unknown"])
def test_whole_history_is_taken_without_a_word_and_later_rows_are_left_out(path, recorded, capsys):
    write(path, [*ROWS, Row.of(40, 4, "train", "loss", 1.0)])
    assert mended(path, recorded, ROWS) == ROWS
    assert mended(path, recorded) == ROWS
    assert capsys.readouterr().err == ""


def test_damaged_first_line_is_said_and_costs_no_row(path, capsys):
    write(path, ROWS, header="step,dpoch,split,name,value")
    assert mended(path, COPIED) == ROWS
    assert capsys.readouterr().err == (
        f"warning: {path}: its first line was damaged; written anew\n"
    )


def test_rows_of_a_validation_that_is_still_owed_are_left_out_without_a_word(path, capsys):
    owed = [Row.of(30, 3, "validation", "loss", 1.0), Row.of(30, 3, "validation", "accuracy", 1.0)]
    write(path, [*ROWS[:-2], *owed])
    assert mended(path, History(ROWS[:-2]).recorded()) == ROWS[:-2]
    assert capsys.readouterr().err == ""


LOSSES = {
    "cut": (lambda path: write(path, ROWS[:-5]), 5),
    "emptied": (lambda path: path.write_text(""), 12),
    "deleted": (lambda path: None, 12),
    "a line lost": (lambda path: write(path, ROWS[:3] + ROWS[4:]), 1),
    "a digit changed": (
        lambda path: write(path, [ROWS[0]._replace(value="1.52857143"), *ROWS[1:]]), 1
    ),
    "a line twice": (lambda path: write(path, [*ROWS, ROWS[0]]), 0),
    "garbage": (lambda path: path.write_bytes(b"\xff\x00" * 500), 12),
}  # fmt: skip


@pytest.mark.parametrize("damage", LOSSES)
def test_lost_rows_are_counted_and_come_from_the_checkpoint(path, capsys, damage):
    destroy, lost = LOSSES[damage]
    destroy(path)
    assert mended(path, COPIED) == ROWS
    wrong = f"{lost} of 12 rows up to step 30 were missing or damaged"
    if damage == "a line twice":
        wrong = "rows were not in the order or number in which the run wrote them"
    assert capsys.readouterr().err == (
        f"warning: {path}: {wrong}; written anew from the checkpoint\n"
    )


@pytest.mark.parametrize("recorded", [COUNTED, None], ids=["counted", "unknown"])
@pytest.mark.parametrize("damage", [name for name in LOSSES if name != "a line twice"])
def test_without_a_copy_lost_rows_come_from_the_event_files(path, capsys, damage, recorded):
    destroy, lost = LOSSES[damage]
    destroy(path)
    result = mended(path, recorded, ROWS)
    assert [row[:4] for row in result] == [row[:4] for row in ROWS]
    assert [float(row.value) for row in result] == pytest.approx(
        [float(row.value) for row in ROWS], rel=1e-7
    )
    assert capsys.readouterr().err == (
        f"warning: {path}: {lost} rows were missing or damaged; written anew from the event files\n"
    )


def test_what_nothing_has_is_said_to_be_lost(path, capsys):
    write(path, ROWS[:4])
    assert mended(path, COUNTED, ROWS[2:6]) == ROWS[:4] + [
        row._replace(value=f"{float(row.value) * (1 + 2e-8):.9g}") for row in ROWS[4:6]
    ]
    assert capsys.readouterr().err == (
        f"warning: {path}: 2 rows were missing or damaged; written anew from the event files, 6 "
        "more are lost\n"
    )
    path.unlink()
    assert mended(path, None) == []
    assert capsys.readouterr().err == (
        f"warning: {path}: it is missing, and nothing else has its rows\n"
    )


def test_record_survives_json():
    assert Recorded.of(COPIED.to_dict()) == COPIED
    assert Recorded.of(None) is None
