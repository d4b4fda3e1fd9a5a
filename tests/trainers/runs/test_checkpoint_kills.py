"""Checkpoints whose writer is killed: at any instant, and at every operation on files."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from places import ROOT

from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint

CHILD = """
import sys
import numpy as np
from pathlib import Path
from trainers.runs import checkpoints
assert not {"tensorflow", "keras"} & set(sys.modules)
folder = Path(sys.argv[1])
first = max([step + 1 for step in checkpoints.available(folder)], default=0)
for step in range(first, first + 100_000):
    arrays = {"a": np.full(20_000, step, np.float32)}
    checkpoints.save(folder, checkpoints.Checkpoint(step, arrays, {"best_step": None}), keep=2)
    print(step, flush=True)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def start_saving(folder):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = child.stdout.readline()
    assert first, child.stderr.read()
    return child, int(first)


def test_fault_02_fifty_kills_in_a_save_loop_leave_the_newest_whole(tmp_path, capsys):
    """Seen to fail with files that are written where they will be read."""
    chance, interrupted = random.Random(0), 0
    for _ in range(50):
        child, first = start_saving(tmp_path)
        with child:
            time.sleep(chance.uniform(0, 0.02))
            child.send_signal(signal.SIGKILL)
            # Not `communicate`: it would miss the lines that `readline` had already buffered.
            finished = [first, *map(int, child.stdout.read().split())]
        newest = checkpoints.load_newest(tmp_path)
        # Committed before it was reported, and at most one more was committed and not reported.
        assert finished[-1] <= newest.step <= finished[-1] + 1
        assert newest.arrays["a"].tolist() == [newest.step] * 20_000
        interrupted += any(name.startswith(".") for name in names(tmp_path))
    assert interrupted > 5, "too few kills hit a save to prove anything"
    assert capsys.readouterr().err == ""
    checkpoints.save(tmp_path, Checkpoint(newest.step + 1, {}, {}), keep=2)
    assert len(names(tmp_path)) == 2
    assert all(name.startswith("step-") for name in names(tmp_path))


# For every operation on files that a save makes, a child is killed as that one begins.
AT_EVERY_OPERATION = """
import json, os, shutil, signal, sys
from pathlib import Path
import numpy as np
from trainers.output.files import remove_litter
from trainers.runs import checkpoints
from trainers.runs.checkpoints import Checkpoint

WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.listdir"}
folder, second = Path(sys.argv[1]), int(sys.argv[2])

def save(step, value):
    arrays = {"a": np.full(50, value, np.float32)}
    checkpoints.save(folder, Checkpoint(step, arrays, {"best_step": None}), keep=1)

def killed_at(operation):
    folder.mkdir()
    save(1, 1.0)
    if not os.fork():
        seen = []
        def kill(event, arguments):
            if event in WATCHED:
                seen.append(event)
                if len(seen) > operation:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(kill)
        save(second, 2.0)
        os._exit(0)
    return os.WIFSIGNALED(os.wait()[1])

found, killed = [], True
while killed:
    killed = killed_at(len(found))
    left = sorted(os.listdir(folder))
    remove_litter(folder)
    newest = checkpoints.load_newest(folder)
    found.append((left, newest.step, newest.arrays["a"].tolist(), sorted(os.listdir(folder))))
    shutil.rmtree(folder)
print(json.dumps(found))
"""


@pytest.mark.parametrize("second", [2, 1], ids=["a later step", "the same step again"])
def test_fault_03_kill_at_any_operation_of_a_save_leaves_the_old_or_the_new(tmp_path, second):
    """Seen to fail with the older ones pruned before the rename, or removed to make room."""
    result = subprocess.run(
        [sys.executable, "-c", AT_EVERY_OPERATION, str(tmp_path / "saved"), str(second)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert len(found) > 10
    values = [arrays[0] for _, _, arrays, _ in found]
    # First the old one, from some operation on the new one, and never anything else.
    assert values == sorted(values)
    assert set(values) == {1.0, 2.0}
    for left, step, arrays, after in found:
        assert arrays == [arrays[0]] * 50
        assert step == (1 if arrays[0] == 1.0 else second), left
        assert all(name.startswith("step-") for name in after), after
    if second == 2:
        assert ["step-000000001", "step-000000002"] in [left for left, *_ in found]
    assert found[-1][3] == [f"step-{second:09d}"]
