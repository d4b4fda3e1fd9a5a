"""Small runs of several models that last some seconds, to be interrupted and damaged."""

import contextlib
import json
import signal
import time

from forked import Command, users_environment

from trainers.distribution.local_workers import free_addresses
from trainers.runs import checkpoints

WAIT_SECONDS = 180

MLP = ["--model", "mlp", "--model.dropout", "0.2", "--model.hidden-units", "8"]
MLP += ["--optimizer", "momentum", "--learning-rate", "0.05", "--schedule", "constant"]
MLP += ["--batch-size", "32", "--histograms", "false"]


def arguments(text_file):
    """Return the command line of each run by its name; none ends before two checkpoints."""
    return {
        "mlp": [*MLP, "--epochs", "24", "--checkpoint-every-steps", "8"],
        "lstm": [
            *("--model", "lstm", "--model.units", "4", "--histograms", "false"),
            *("--steps", "150", "--checkpoint-every-steps", "5", "--evaluate-every-steps", "50"),
            *("--log-every-steps", "10"),
        ],
        "char_lstm": [
            *("--model", "char_lstm", "--model.units", "8", "--model.dropout", "0.2"),
            *("--dataset", "text", "--data-path", str(text_file), "--dataset.window-steps", "16"),
            *("--batch-size", "8", "--warmup-steps", "10", "--histograms", "false"),
            *("--steps", "1000", "--checkpoint-every-steps", "10", "--evaluate-every-steps", "200"),
        ],
        "policy": [
            *("--model", "policy", "--steps", "40", "--histograms", "false"),
            *("--problem.horizon-steps", "32", "--batch-size", "8"),
            *("--checkpoint-every-steps", "2", "--evaluate-every-steps", "20"),
        ],
        "gan": [
            *("--model", "gan", "--steps", "60", "--histograms", "false"),
            *("--problem.classifier-steps", "40", "--batch-size", "16"),
            *("--checkpoint-every-steps", "4", "--evaluate-every-steps", "30"),
            *("--log-every-steps", "20"),
        ],
    }


def write_text(path):
    """Write a text of some thousand words, the same each time."""
    words = ("the", "weights", "learn", "slowly", "and", "a", "gradient", "never", "rests", "\n")
    text = " ".join(words[(i * i + i // 7) % len(words)] for i in range(4000))
    path.write_text(text, encoding="utf-8")
    return path


def summary_of(run_dir):
    return json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))


def steps_of(run_dir):
    """Return the steps that have a checkpoint, newest first."""
    return checkpoints.available(run_dir / "checkpoints")


class Life:
    """One start of a run: one process, or two workers that share its batches."""

    def __init__(self, *argv, workers=1):
        self._stack = contextlib.ExitStack()
        addresses = free_addresses(workers) if workers > 1 else []
        self.processes = []
        for index in range(workers):
            cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            changes = {"TF_CONFIG": json.dumps(cluster)} if addresses else {}
            process = Command("trainers.run", *argv, env=users_environment(**changes))
            self.processes.append(self._stack.enter_context(process))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def ended_within(self, seconds):
        """Wait so long at most; return whether any process has ended by itself."""
        end = time.monotonic() + seconds
        return self.ended_before(lambda: time.monotonic() >= end)

    def ended_before(self, condition):
        """Wait until something is so; return whether any process has ended by itself before."""
        while not condition():
            if any(process.poll() is not None for process in self.processes):
                return True
            time.sleep(0.001)
        return False

    def kill(self, index):
        """Send SIGKILL to one process."""
        self.processes[index].send_signal(signal.SIGKILL)

    def ends(self):
        """Wait for all processes; return (exit code, standard error) of each."""
        told = [process.communicate(timeout=WAIT_SECONDS)[1] for process in self.processes]
        return [
            (process.returncode, text) for process, text in zip(self.processes, told, strict=True)
        ]
