"""Two hundred short epochs, each validated and saved: memory and handles stay flat."""

import statistics
import time
from pathlib import Path

import pytest
from forked import Command, users_environment
from long_runs import WAIT_SECONDS, arguments, write_text

from trainers.runs import checkpoints

pytestmark = pytest.mark.slow
EPOCHS, WARM = 200, 60
MIB = 1 << 20
# What 140 epochs may add at most: a leak of one state or one epoch's examples would add more.
MOST_GROWTH = 24 * MIB
EVERY = ["--checkpoint-every-steps", "{0}", "--evaluate-every-steps", "{0}"]


def look(pid):
    """Return a process's resident bytes, open files and threads."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    handles = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return int(fields["VmRSS"].split()[0]) * 1024, handles, int(fields["Threads"])


@pytest.mark.parametrize("name", ["mlp", "mlp streamed", "char_lstm"])
def test_soak(name, tmp_path, survived):
    argv = arguments(write_text(tmp_path / "words.txt"))[name.split()[0]]
    epoch = 34 if "mlp" in name else 9
    argv = [*argv, "--epochs" if "mlp" in name else "--steps"]
    argv += [str(EPOCHS if "mlp" in name else EPOCHS * epoch)]
    argv += [word.format(epoch) for word in EVERY] + ["--histograms", "true"]
    if name.endswith("streamed"):
        argv += ["--dataset.max-resident-gib", "0"]
    run_dir, seen = tmp_path / "run", {}
    with Command("trainers.run", *argv, "--run-dir", run_dir, env=users_environment()) as process:
        end = time.monotonic() + 4 * WAIT_SECONDS
        while process.poll() is None and time.monotonic() < end:
            done = max(checkpoints.available(run_dir / "checkpoints"), default=0) // epoch
            if done and done < EPOCHS:
                try:
                    seen[done] = look(process.pid)
                except OSError:
                    break  # it has just ended
            time.sleep(0.02)
        _, told = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 0, told
    late = [seen[epoch] for epoch in sorted(seen) if epoch >= WARM]
    assert len(late) >= 20, sorted(seen)
    tenth = len(late) // 5
    begin, last = late[:tenth], late[-tenth:]
    growth = statistics.median(x[0] for x in last) - statistics.median(x[0] for x in begin)
    handles = max(x[1] for x in last) - max(x[1] for x in begin)
    threads = max(x[2] for x in last) - max(x[2] for x in begin)
    assert growth < MOST_GROWTH, [x[0] // MIB for x in late]
    assert handles <= 2, [x[1] for x in late]
    assert threads <= 1, [x[2] for x in late]
    survived(
        f"{EPOCHS} epochs of `mlp`, resident and streamed, and `char_lstm`, each validated "
        "and saved",
        1,
        {f"MiB more from epoch {WARM} on": round(max(growth, 0) / MIB, 1), "handles more": handles},
    )
