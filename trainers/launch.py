"""`python -m trainers.launch --workers 2 -- --model mlp`: train in several processes here.

Each worker is `python -m trainers.run` with a TF_CONFIG of free ports on this machine, and the same
command line that runs under Slurm or Kubernetes. Lines are prefixed with the worker's number;
signals go to every worker; when one fails the others are ended.
"""

from __future__ import annotations

import os
import sys

import configs
from trainers import run
from trainers.assembly.resolve import require_known_data, require_sharing, resolve
from trainers.cli import run_arguments
from trainers.cli.exit import run_main
from trainers.cli.parser import command_parser, parse_command
from trainers.distribution import cluster
from trainers.distribution.local_workers import launch
from trainers.runs.folder import read_saved_config, refuse_existing


def main(argv: list[str]) -> None:
    """Start the workers and end as the first that fails does."""
    own, passed = _split(argv)
    parser = command_parser(
        "launch",
        "Train with several local processes: python -m trainers.launch --workers 2 -- --model mlp. "
        "What follows -- goes to trainers.run.",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes to start")
    arguments = parse_command(parser, own)
    if arguments is None:
        return
    if arguments.workers < 1:
        raise configs.ConfigError(f"--workers is {arguments.workers}; give at least 1")
    if {"--help", "-h"} & set(passed):
        run.main(passed)
        return
    # Checked once here, so that a mistake gives one line and not one per worker.
    invocation = run_arguments.parse(passed, read_saved_config)
    if invocation.print_config:
        run.main(passed)
        return
    plan = resolve(invocation.config, invocation.typed)
    require_known_data(plan, saved=invocation.resume)
    if arguments.workers > 1:
        cluster.require_own_devices(plan.config)
        require_sharing(plan.config, plan.problem, plan.optimizer, arguments.workers)
    if "--debug" in sys.argv:  # taken away by `run_main`, for us and for the workers
        passed = [*passed, "--debug"]
    if invocation.run_dir and not (invocation.resume or invocation.dry_run):
        refuse_existing(invocation.run_dir)
    worker = [sys.executable, "-m", "trainers.run", *passed]
    code = launch(arguments.workers, worker)
    if code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" in argv:
        at = argv.index("--")
        return argv[:at], argv[at + 1 :]
    if "--help" in argv or "-h" in argv:
        return argv, []
    raise configs.ConfigError(
        "nothing to run; write `python -m trainers.launch --workers 2 -- --model mlp`"
    )


if __name__ == "__main__":
    run_main(main)
