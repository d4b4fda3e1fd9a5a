"""Start workers of one run as separate processes, and wait for what they do."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from forked import Command, users_environment
from places import ROOT

from trainers.distribution.local_workers import free_addresses
from trainers.runs import checkpoints

WAIT_SECONDS = 120
ARGUMENTS = ["--model", "mlp", "--model.dropout", "0.2", "--model.hidden-units", "8"]
# The rate is momentum's usual one, typed so that no line tells of the recipe's, which is Adam's.
ARGUMENTS += ["--optimizer", "momentum", "--learning-rate", "0.05", "--schedule", "constant"]
ARGUMENTS += ["--batch-size", "32", "--histograms", "false", "--report", "false"]
STEPS_PER_EPOCH = 34
EPOCHS = 12
LONG = [*ARGUMENTS, "--epochs", str(EPOCHS), "--checkpoint-every-steps", "17"]


def handles(process):
    """Whether a process handles SIGTERM itself."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in text.splitlines() if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) & 1 << signal.SIGTERM - 1


class Workers:
    """The processes of one run, each with its own TF_CONFIG; the first is the chief."""

    def __init__(self, *argv, count=2, started=None, folders=None, stderr=None):
        self.addresses = free_addresses(count)
        self.processes = {}
        self._argv, self._folders, self._stderr = argv, folders, stderr or {}
        for index in range(count) if started is None else started:
            self.start(index)

    def start(self, index):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": self.addresses}, "task": task})
        own = ["--run-dir", self._folders[index]] if self._folders else []
        self.processes[index] = Command(
            "trainers.run",
            *self._argv,
            *own,
            env=users_environment(TF_CONFIG=config),
            stderr=self._stderr.get(index),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.close()

    def send(self, index, number):
        self.processes[index].send_signal(number)

    def wait_for(self, condition):
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            for index, process in self.processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{index} ended: {process.communicate()}")
            if time.monotonic() > end:
                raise AssertionError("the workers did not get there in time")
            time.sleep(0.002)

    def wait_for_step(self, run_dir, step):
        self.wait_for(
            lambda: max(checkpoints.available(Path(run_dir) / "checkpoints"), default=-1) >= step
        )

    def wait_for_handlers(self):
        """Until every worker handles SIGTERM itself."""
        self.wait_for(lambda: all(map(handles, self.processes.values())))

    def end(self, index):
        """Wait for a worker's end: its code, what it told, and the seconds it took."""
        began = time.monotonic()
        out, errors = self.processes[index].communicate(timeout=WAIT_SECONDS)
        seconds = time.monotonic() - began
        return self.processes[index].returncode, [*out.splitlines(), *errors.splitlines()], seconds


def errors_of(told):
    """Return the lines that are no progress."""
    return [line for line in told if not line.startswith(("epoch ", "mlp on ", "SIGTERM: "))]


def launched(*argv, workers=2, **changes):
    """Run the launcher to its end."""
    result = subprocess.run(
        [sys.executable, "-m", "trainers.launch", "--workers", str(workers), "--", *map(str, argv)],
        cwd=ROOT,
        env=users_environment(**changes),
        capture_output=True,
        text=True,
        timeout=2 * WAIT_SECONDS,
    )
    return result.returncode, result.stdout.splitlines(), result.stderr.splitlines()


def summary_of(run_dir):
    return json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
