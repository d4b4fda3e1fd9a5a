"""`python -m trainers.launch --workers 2 -- --model mlp`: train in several processes here.

Each worker is `python -m trainers.run` with a TF_CONFIG of free ports on this machine, and the same
command line that runs under Slurm or Kubernetes. Lines are prefixed with the worker's number;
signals go to every worker; when one fails the others are ended.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from types import FrameType
from typing import IO

import configs
from trainers import command_line
from trainers.command import command_parser, parse_command
from trainers.errors import run_main
from trainers.run_folder import default_path

# After one worker has failed, the others find out for themselves; then they are ended.
_GRACE_SECONDS = 20.0


def main(argv: list[str]) -> None:
    """Start the workers and end as the first that fails does."""
    own, _, run_arguments = _split(argv)
    parser = command_parser(
        "launch", "Train with several local processes; what follows -- goes to trainers.run."
    )
    parser.add_argument("--workers", type=int, default=2, help="processes to start")
    arguments = parse_command(parser, own)
    if arguments is None:
        return
    if arguments.workers < 1:
        raise configs.ConfigError(f"--workers is {arguments.workers}; give at least 1")
    code = launch(arguments.workers, _with_run_dir(run_arguments))
    if code:
        sys.stdout.flush()
        os._exit(code)


def _split(argv: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" in argv:
        at = argv.index("--")
        return argv[:at], "--", argv[at + 1 :]
    if "--help" in argv or "-h" in argv:
        return argv, "", []
    raise configs.ConfigError(
        "nothing to run; write `python -m trainers.launch --workers 2 -- --model mlp`"
    )


def _with_run_dir(arguments: list[str]) -> list[str]:
    # Checked once here, so that a mistake gives one line and not one per worker.
    invocation = command_line.parse(arguments)
    if invocation.run_dir or invocation.print_config or invocation.dry_run:
        return arguments
    return [*arguments, "--run-dir", str(default_path(invocation.config.model.name))]


def free_addresses(count: int) -> list[str]:
    """Return addresses of this machine whose ports are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def launch(workers: int, arguments: list[str]) -> int:
    """Run `workers` processes of `trainers.run` to their end; return the first failure's code."""
    addresses = free_addresses(workers)
    processes = [_start(addresses, index, arguments) for index in range(workers)]
    threads = [
        threading.Thread(target=_copy, args=(stream, target, index))
        for index, process in enumerate(processes)
        for stream, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
    ]
    for thread in threads:
        thread.start()

    def forward(number: int, _: FrameType | None) -> None:
        for process in processes:
            if process.poll() is None:
                process.send_signal(number)

    before = {n: signal.signal(n, forward) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        code = _wait(processes)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for process in processes:
            if process.poll() is None:
                process.kill()
    for thread in threads:
        thread.join()
    return code


def _start(addresses: list[str], index: int, arguments: list[str]) -> subprocess.Popen[str]:
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    if len(addresses) > 1:
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": addresses}, "task": task}
        environment["TF_CONFIG"] = json.dumps(config)
    else:
        environment.pop("TF_CONFIG", None)
    return subprocess.Popen(
        [sys.executable, "-m", "trainers.run", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A Ctrl-C in the terminal must reach each worker once: through us.
        start_new_session=True,
    )


def _copy(source: IO[str] | None, target: IO[str], index: int) -> None:
    for line in source or ():
        target.write(f"[{index}] {line}")
        target.flush()


def _wait(processes: list[subprocess.Popen[str]]) -> int:
    first, ends = 0, float("inf")
    while any(process.poll() is None for process in processes):
        failed = [p.returncode for p in processes if p.poll() not in (None, 0)]
        if failed and not first:
            first, ends = failed[0], time.monotonic() + _GRACE_SECONDS
        if time.monotonic() > ends:
            for process in processes:
                if process.poll() is None:
                    process.kill()
        time.sleep(0.05)
    first = first or next((p.returncode for p in processes if p.returncode), 0)
    # A worker ended by a signal has a negative code, which no process can return.
    return 128 - first if first < 0 else first


if __name__ == "__main__":
    run_main(main)
