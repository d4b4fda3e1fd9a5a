"""`python -m trainers.tune --model mlp --search "learning_rate=log(1e-4,1)"`: search settings."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import configs
from trainers.assembly.resolve import require_known_data, resolve
from trainers.cli import chosen_recipe, run_arguments
from trainers.cli.exit import run_main
from trainers.cli.extensions import import_flags, taken
from trainers.cli.run_arguments import Invocation
from trainers.distribution.requested import requested_cluster
from trainers.distribution.signals import StopSignals
from trainers.problems.plan import Plan
from trainers.runs.folder import refuse_existing
from trainers.tune import arguments
from trainers.tune.arguments import Wanted
from trainers.tune.space import Space, combinations, space_of
from trainers.tune.study import Setting, is_study, read, write
from trainers.tune.values import plan_of
from zoo.catalogue.extensions import bring
from zoo.process import chatter
from zoo.process.shell import command_line, shown

_TRIALS = 20


def main(argv: list[str]) -> None:
    """Begin a study or go on with one. TensorFlow is imported only to train."""
    wanted = arguments.read(argv)
    if wanted is None:
        return
    with StopSignals() as stop:
        stop.may_leave("stopped before the study began; nothing was written")
        folder, setting, space, plan = _meant(wanted, argv)
        requested = requested_cluster(plan.config)
        if requested is not None:
            raise configs.ConfigError(
                "a study is not for workers of a cluster; start the same command several times on "
                "one machine, or give --processes"
            )
        chatter.expect(plan.config.precision)
        import trainers.cli.quiet  # noqa: F401  (before anything that imports TensorFlow)
        from trainers.distribution.place import place
        from trainers.tune import results
        from trainers.tune.processes import helping
        from trainers.tune.search import search
        from trainers.tune.study import Study

        placement = place(plan.config, stop, shares_batches=plan.shares_batches)
        with placement.scope():
            if setting.monitor == "":
                setting = _measured(setting, plan)
            write(folder, setting)
            imports = plan.config.imports
            goes_on = command_line(
                "python -m trainers.tune", "--study", folder, *import_flags(imports)
            )
            study = Study(folder, setting, space)
            words = f"{shown(folder)}: {setting.trials} trials by {setting.monitor}"
            print(f"study {words}", file=sys.stderr)
            with helping(folder, wanted.processes - 1, imports):
                search(study, stop, placement, goes_on, wanted.timeout_seconds)
        print(results.summary_text(study, results.write(study, wanted.theme)))


def _meant(wanted: Wanted, argv: list[str]) -> tuple[Path, Setting, Space, Plan]:
    """Return the study's folder, what it tries, and the plan that its trials share.

    Raises:
        ConfigError, ModelError, DataError: it cannot be; nothing is written.
    """
    folder = wanted.study
    known = read(folder) if folder is not None and (wanted.resume or is_study(folder)) else None
    if wanted.resume and folder is None:
        raise configs.ConfigError("--resume needs --study FOLDER: the study to go on with")
    rest, imports = taken(wanted.rest)
    if known is not None and not rest and not wanted.searches:
        return _gone_on(folder or Path(), known, wanted, imports)
    invocation = run_arguments.parse(wanted.rest)
    _require_new(invocation)
    for note in invocation.notes:
        print(f"note: {note}", file=sys.stderr)
    config = invocation.config
    space = space_of(wanted.searches, config.model.name, config.optimizer.name)
    setting = _setting(wanted, invocation, argv)
    plan = _require_runnable(wanted, setting, space, invocation)
    if setting.sampler == "grid":
        most = len(combinations(space))
        setting = dataclasses.replace(setting, trials=min(most, wanted.trials or most))
    if known is not None:
        _require_same(known, setting, folder or Path())
        kept = dataclasses.replace(known, trials=wanted.trials or known.trials)
        return folder or Path(), kept, space, plan
    if folder is not None:
        refuse_existing(folder)
    else:
        folder = Path("runs") / f"tune-{config.model.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    return folder, setting, space, plan


def _gone_on(
    folder: Path, known: Setting, wanted: Wanted, imports: list[str]
) -> tuple[Path, Setting, Space, Plan]:
    """Return what a study that is there goes on with."""
    from trainers.cli.extensions import require_brought

    require_brought(known.config.get("imports", ()), imports, f"the study in {shown(folder)}")
    bring(imports)
    config = configs.from_dict(known.config)
    for name, value in (("sampler", wanted.sampler), ("pruner", wanted.pruner)):
        if value is not None and value != getattr(known, name):
            raise configs.ConfigError(
                f"--{name} is {value}, and the study's is {getattr(known, name)}; leave it out, or "
                "begin another study"
            )
    space = space_of(known.searches, config.model.name, config.optimizer.name)
    typed = None if known.typed is None else frozenset(known.typed)
    setting = dataclasses.replace(known, trials=wanted.trials or known.trials)
    return folder, setting, space, resolve(config, typed)


def _require_new(invocation: Invocation) -> None:
    if invocation.print_config:
        raise configs.ConfigError(
            "--print-config is of `python -m trainers.run`; give it the same words but --search"
        )


def _setting(wanted: Wanted, invocation: Invocation, argv: list[str]) -> Setting:
    typed = invocation.typed
    return Setting(
        searches=wanted.searches,
        config=configs.to_dict(invocation.config),
        typed=None if typed is None else sorted(typed),
        sampler=wanted.sampler or "tpe",
        pruner=wanted.pruner or "median",
        seed=invocation.config.seed,
        monitor="",
        higher_is_better=False,
        validations=0,
        command=command_line("python -m trainers.tune", *argv),
        trials=wanted.trials or _TRIALS,
    )


def _require_runnable(
    wanted: Wanted, setting: Setting, space: Space, invocation: Invocation
) -> Plan:
    """Return the plan of all trials, once every value that may be tried is known to be allowed.

    Raises:
        ConfigError, ModelError, DataError: one is not, or it was given as well.
    """
    given = _given(wanted.rest)
    for key, values in space.items():
        if key in given:
            raise configs.ConfigError(
                f"{key} is given, and searched by --search; leave one of them out"
            )
        for value in values.tried:
            try:
                plan_of(setting, {key: value})
            except configs.ConfigError as error:
                raise configs.ConfigError(f"--search {key}: {error}") from error
    plan = resolve(invocation.config, invocation.typed)
    require_known_data(plan)
    return plan


def _given(words: list[str]) -> set[str]:
    """Return the dotted keys that stand in the words of a run."""
    rest, _ = taken(words)
    found = chosen_recipe.peek([chosen_recipe.full(word) for word in rest])
    return {key.replace("-", "_") for key in found} - {"model.name", "optimizer.name"}


def _require_same(known: Setting, now: Setting, folder: Path) -> None:
    """Raise `ConfigError` if a study is asked to go on with something else than it tries."""
    before, after = (configs.flattened(each.config) for each in (known, now))
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    names = ("searches", "sampler", "pruner", "seed")
    changed += [name for name in names if getattr(known, name) != getattr(now, name)]
    if changed:
        raise configs.ConfigError(
            f"{shown(folder)} holds a study with another {', '.join(changed)}; go on with it by "
            f"{command_line('python -m trainers.tune', '--study', folder)}, or give another --study"
        )


def _measured(setting: Setting, plan: Plan) -> Setting:
    """Return the setting with the figure that decides, and how often a trial measures it."""
    from trainers.engine.length import total_steps
    from trainers.timing.clock import Clock
    from trainers.train import prepared

    plan, parts, feed, *_ = prepared(plan, Clock())
    config: Any = plan.config
    monitor = parts.step.monitors[config.best_by == "metric"]
    length = total_steps(config, feed.steps_per_epoch)
    interval = config.evaluate_every_steps or feed.steps_per_epoch
    return dataclasses.replace(
        setting,
        monitor=monitor,
        higher_is_better=monitor in plan.problem.higher_is_better,
        validations=-(-length // interval),
    )


if __name__ == "__main__":
    run_main(main)
