"""Seconds by part: they add up to the whole, over resumes too, and speed leaves out first calls."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from places import ROOT

from trainers import run
from trainers.runs.memory import RunMemory
from trainers.timing import clock
from trainers.timing.clock import PARTS, Clock
from trainers.timing.speed import Speed
from trainers.timing.spent import speed_line, table, time_line

GOLDEN = ROOT / "tests/trainers/runs/golden/format-1/checkpoints/step-000000002/manifest.json"


@pytest.fixture
def at(monkeypatch):
    """Set the time that clocks are shown."""
    shown = [100.0]
    monkeypatch.setattr(clock.time, "perf_counter", lambda: shown[0])
    return lambda seconds: shown.__setitem__(0, 100.0 + seconds)


def spent(of):
    return {name: seconds for name, seconds in of.seconds.items() if seconds}


def test_every_instant_is_in_one_part(at):
    it = Clock("import", before=3.0)
    at(1)
    it.turn("train")
    at(3)
    with it.part("logging"):
        at(7)
        with contextlib.suppress(KeyError), it.part("evaluation"):
            at(15)
            raise KeyError
        at(16)
    at(17)
    it.move(2.5, "train", "compile")
    expected = {"import": 4, "compile": 2.5, "train": 0.5, "logging": 5, "evaluation": 8}
    assert spent(it) == expected
    assert it.total == 20
    assert tuple(it.seconds) == PARTS


def test_age_of_a_process_counts_what_was_before_its_first_line():
    program = (
        "import time; time.sleep(0.3)\n"
        "from trainers.timing.process import age_seconds\n"
        "print(age_seconds())"
    )
    started = time.perf_counter()
    words = [sys.executable, "-c", program]
    age = float(subprocess.run(words, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    # A process's start is known to a hundredth of a second.
    assert 0.3 <= age <= time.perf_counter() - started + 0.02


def test_speed_has_the_waiting_for_examples_and_not_the_first_call():
    speed = Speed()
    speed.count(10, 5.0, 1.0, is_first=True)
    assert speed.examples_per_second is None
    speed.count(90, 2.0, 0.2, is_first=False)
    # 1.8 s for 90 examples, so 0.2 s of the first call's 4 s were for its 10; and 1.2 s of waiting.
    assert speed.first_steady_seconds == pytest.approx(0.2)
    assert speed.examples_per_second == pytest.approx(100 / (1.8 + 0.2 + 1.2))


def test_parts_of_a_run_add_up_to_its_seconds(tmp_path, train_here, small_arguments, monkeypatch):
    monkeypatch.setattr(run, "age_seconds", lambda: 0.0)
    started = time.perf_counter()
    summary = train_here(tmp_path / "run", *small_arguments, "--epochs", "1")
    whole = time.perf_counter() - started
    seconds = summary["seconds"]
    assert 0.9 * whole < sum(seconds.values()) <= whole
    assert tuple(seconds) == PARTS
    assert min(seconds.values()) >= 0
    assert 0 < summary["first_update_seconds"] < whole
    speed = 1077 / (seconds["train"] + seconds["input"])
    # What lies between two calls is training, and no part of a call's speed.
    assert speed <= summary["examples_per_second"] <= 3 * speed


def test_resume_goes_on_counting(copied_run, train_here, small_run):
    before = small_run[1]["seconds"]
    after = train_here(copied_run, "--resume", "--epochs", "3")["seconds"]
    # The first run's last part, after its last checkpoint, is done anew.
    kept = ("import", "data", "build", "compile", "train", "input")
    assert {name for name in kept if after[name] < before[name]} == set()
    assert after["compile"] > before["compile"]


def test_first_update_is_no_measure_of_speed(
    tmp_path, train_here, small_arguments, rows_of, capsys
):
    summary = train_here(tmp_path / "run", *small_arguments, "--steps", "1")
    assert summary["examples_per_second"] is None
    assert summary["seconds"]["compile"] > 0
    assert ("train", "loss", 1) in rows_of(tmp_path / "run")
    assert ("train", "examples_per_second", 1) not in rows_of(tmp_path / "run")
    first, mode = summary["first_update_seconds"], summary["compile"]
    line = f"speed     not measured over 1 step ({mode}), the first update after {first:.1f} s"
    assert line in capsys.readouterr().out


def test_seconds_of_an_older_release_stay_in_the_whole(at):
    saved = json.loads(Path(GOLDEN).read_text(encoding="utf-8"))["metadata"]["memory"]
    memory = RunMemory.of(saved, Clock())
    at(2)
    assert sum(memory.seconds.values()) == pytest.approx(saved["train_seconds"] + 2)
    assert memory.seconds["train"] == saved["step_seconds"]
    again = RunMemory.of(memory.to_dict(), Clock())
    assert again.seconds == memory.seconds
    assert again.speed == memory.speed


def test_seconds_are_told_in_one_line_and_in_a_table():
    seconds = {"import": 3.14, "data": 0.04, "train": 6.82}
    assert time_line(seconds) == "10.0 s: import 3.1, train 6.8"
    assert table(seconds).splitlines()[2:] == [
        "| import | 3.14 | 31% |",
        "| data | 0.04 | 0% |",
        "| train | 6.82 | 68% |",
        "| whole | 10.00 | |",
    ]
    ended = {"examples_per_second": 45522.4, "steps": 2720, "compile": "xla"}
    assert speed_line(ended) == "45,522 examples/s over 2,720 steps (xla)"
