"""Random flips, cuts and deletions in a run folder are noticed or harmless, never just taken."""

import collections
import csv
import random
import shutil
import signal

import numpy as np
import pytest
from forked import Command, users_environment
from long_runs import WAIT_SECONDS, Life, arguments, steps_of, summary_of, write_text

import zoo

pytestmark = pytest.mark.slow
SEED = 20_261_126
# What is damaged, and how many times, in a run that was killed, and in one that has ended.
STOPPED = {
    "config.yaml": 24,
    "metrics.csv": 30,
    "vocabulary.json": 16,
    "checkpoints/*/manifest.*": 30,
    "checkpoints/*/state.safetensors": 30,
    "*/events.out.tfevents.*": 30,
}
ENDED = {
    "model.keras": 20,
    "checkpoints/*/*": 8,
    "vocabulary.json": 4,
    "config.yaml": 4,
    "summary.json": 4,
}
# Of these a run needs nothing to go on.
HISTORY = {"metrics.csv", "vocabulary.json", "*/events.out.tfevents.*"}


def damage(path, chance):
    """Flip a bit of a file, cut it, or delete it; return how."""
    how = chance.choice(["flipped", "flipped", "flipped", "cut", "cut", "deleted"])
    content = bytearray(path.read_bytes())
    if how == "deleted" or not content:
        path.unlink()
        return "deleted"
    if how == "cut":
        path.write_bytes(content[: chance.randrange(len(content))])
    else:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    return how


def rows_of(run_dir):
    with (run_dir / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            (row["step"], row["split"], row["name"], row["value"]) for row in csv.DictReader(file)
        ]
    return {row for row in rows if row[2] != "examples_per_second"}


def ended(module, *argv):
    with Command(module, *argv, env=users_environment()) as process:
        out, told = process.communicate(timeout=WAIT_SECONDS)
        return process.returncode, out, told


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run from start to end, and one that was killed in its middle."""
    folder = tmp_path_factory.mktemp("whole")
    argv = arguments(write_text(folder / "words.txt"))["char_lstm"]
    straight, stopped = folder / "straight", folder / "stopped"
    assert ended("trainers.run", *argv, "--run-dir", straight)[0] == 0
    with Life(*argv, "--run-dir", stopped) as life:
        while max(steps_of(stopped), default=0) < 600:
            assert not life.ended_within(0.01)
        life.kill(0)
        assert life.ends()[0][0] == -signal.SIGKILL
    return straight, stopped


def one_line(told):
    """Return the error's line; there is one, and no traceback."""
    lines = [line for line in told.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, told
    assert "Traceback" not in told
    assert "internal error" not in told
    return lines[0]


@pytest.mark.parametrize("pattern", STOPPED)
def test_fault_13_damage_to_a_killed_run(pattern, whole, tmp_path, survived):
    """Seen to fail when the checksum of a manifest or of a history is not compared."""
    straight, stopped = whole
    chance, seen = random.Random(f"{SEED} {pattern}"), collections.Counter()
    expected = summary_of(straight)["final_weights_sha256"]
    for number in range(STOPPED[pattern]):
        run_dir = shutil.copytree(stopped, tmp_path / str(number))
        path = chance.choice(sorted(run_dir.glob(pattern)))
        what = f"{path.relative_to(run_dir)} {damage(path, chance)} ({number})"
        code, _, told = ended("trainers.run", "--run-dir", run_dir, "--resume")
        warned = "warning: " in told
        if code:
            one_line(told)
            assert code in (2, 3, 4, 6), (what, told)
            assert pattern not in HISTORY, (what, told)
            seen["refused"] += 1
        else:
            assert summary_of(run_dir)["final_weights_sha256"] == expected, (what, told)
            if not warned:
                assert rows_of(run_dir) == rows_of(straight), (what, told)
                same = (run_dir / "config.yaml").read_text() == (
                    straight / "config.yaml"
                ).read_text()
                assert same or "config.yaml" in told, (what, told)
            seen["said, and ended in the same bits" if warned else "harmless"] += 1
        shutil.rmtree(run_dir)
    survived(
        "a bit flipped, a cut, a deletion in any file of a killed run, which is then resumed",
        STOPPED[pattern],
        dict(seen) | {"taken for good": 0},
    )


@pytest.mark.parametrize("pattern", ENDED)
def test_fault_13_damage_to_an_ended_run(pattern, whole, tmp_path, survived):
    """Seen to fail when an exported model's own checksums are not looked at."""
    straight, _ = whole
    chance, seen = random.Random(f"{SEED} {pattern}"), collections.Counter()
    weights = [np.array(v) for v in zoo.load_model(straight / "model.keras").variables]
    code, figures, told = ended("trainers.evaluate", straight, "--split", "test")
    assert code == 0, told
    for number in range(ENDED[pattern]):
        run_dir = shutil.copytree(straight, tmp_path / str(number))
        path = chance.choice(sorted(run_dir.glob(pattern)))
        what = f"{path.relative_to(run_dir)} {damage(path, chance)} ({number})"
        if pattern == "model.keras":
            try:
                loaded = zoo.load_model(path)
            except zoo.ModelError:
                seen["refused"] += 1
            else:
                for variable, weight in zip(loaded.variables, weights, strict=True):
                    np.testing.assert_array_equal(np.array(variable), weight, err_msg=what)
                seen["harmless"] += 1
        else:
            code, out, told = ended("trainers.evaluate", run_dir, "--split", "test")
            if code:
                one_line(told)
                assert code in (2, 3, 4, 6), (what, told)
                seen["refused"] += 1
            else:
                assert out.splitlines()[-1] == figures.splitlines()[-1], (what, told)
                seen["harmless"] += 1
        shutil.rmtree(run_dir)
    survived(
        "the same in an ended run, whose model is then opened, or which is evaluated",
        ENDED[pattern],
        dict(seen) | {"taken for good": 0},
    )
