"""What `--seeds`, and `--resume` of a folder of several seeds, ask of `trainers.run`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import configs
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import Invocation
from trainers.distribution.requested import requested_cluster
from trainers.problems.plan import Plan
from trainers.runs.folder import claim, holds_run, new_path, refuse_existing
from trainers.seeds import folder as folders
from trainers.seeds.folder import Sweep, is_sweep, joined


def is_asked(invocation: Invocation) -> bool:
    """Return whether a command line means several seeds.

    Raises:
        ConfigError: several.json in the folder is damaged.
    """
    resumed = invocation.resume and invocation.run_dir is not None
    return bool(invocation.seeds) or (resumed and is_sweep(invocation.run_dir or Path()))


def planned(invocation: Invocation, plan: Plan) -> tuple[Plan, Sweep, bool]:
    """Return the plan of the first seed, the sweep, and whether runs that have ended go on.

    Nothing is written.

    Raises:
        ConfigError: the folder holds something else, or several workers would train.
    """
    if requested_cluster(plan.config) is not None:
        raise configs.ConfigError(
            "--seeds trains in one process, and this is one of several workers; start a run for "
            "each seed, with --seed"
        )
    if not invocation.resume:
        if invocation.run_dir is not None:
            refuse_existing(invocation.run_dir)
        return plan, Sweep(invocation.seeds, configs.to_dict(plan.config), plan.typed), False
    run_dir = invocation.run_dir or Path()
    if holds_run(run_dir):
        raise configs.ConfigError(
            f"{run_dir} holds the run of one seed; leave --seeds out to continue it"
        )
    known = folders.read(run_dir)
    if plan.config.seed != (*invocation.seeds, known.seeds[0])[0]:
        raise configs.ConfigError("--seed is of one run; give --seeds to add some")
    seeds = joined(known.seeds, invocation.seeds)
    config = dataclasses.replace(plan.config, seed=seeds[0])
    now, before = (configs.flattened(each) for each in (configs.to_dict(config), known.config))
    changed = {key for key, value in now.items() if before.get(key) != value}
    typed = None if known.typed is None else known.typed | changed
    plan = resolve(config, typed)
    return plan, Sweep(seeds, configs.to_dict(plan.config), typed), bool(changed)


def new_folder(model: str) -> Path:
    """Make and return the folder of a sweep that was given none, as in runs/mlp-seeds-<time>.

    Raises:
        StorageError: it cannot be made.
    """
    name = f"{model}-seeds"
    return new_path(name, *claim(name))
